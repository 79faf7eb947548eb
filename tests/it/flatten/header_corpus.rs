//! Headers of real documents of many vendors, against a walk with another reader of namespaces that knows nothing of rows.

use std::collections::BTreeMap;

use ccda_export::{ccda, domain::clinical::HeaderRows};
use quick_xml::{
    events::Event,
    name::{Namespace, ResolveResult},
    reader::NsReader,
};

use crate::corpus_check::bodies;

/// How many elements stand at each path, without numbers; extensions begin with `sdtc:`, what is in neither namespace with `?`.
fn paths(body: &[u8]) -> BTreeMap<String, usize> {
    let mut reader = NsReader::from_reader(body);
    reader.config_mut().check_end_names = false;
    let (mut open, mut counts) = (Vec::<String>::new(), BTreeMap::new());
    let mut buffer = Vec::new();
    loop {
        let (namespace, event) = reader.read_resolved_event_into(&mut buffer).unwrap();
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let local = tag.local_name().into_inner();
                let prefix = match namespace {
                    ResolveResult::Bound(Namespace("urn:hl7-org:v3")) => "",
                    ResolveResult::Bound(Namespace("urn:hl7-org:sdtc")) => "sdtc:",
                    ResolveResult::Unknown(ref prefix) if prefix == "sdtc" => "sdtc:",
                    _ => "?",
                };
                open.push(format!("{prefix}{local}"));
                *counts.entry(open.join("/")).or_default() += 1;
                if matches!(event, Event::Empty(_)) {
                    open.pop();
                }
            }
            Event::End(_) => drop(open.pop()),
            Event::Eof => return counts,
            _ => {}
        }
        buffer.clear();
    }
}

type Held = fn(&HeaderRows) -> usize;

/// What each table should hold, by the paths of the elements that make its rows.
const EXPECTED: &[(&str, Held, &[&str])] = &[
    ("document_patients", |rows| rows.patients.len(), &["recordTarget"]),
    ("patient_ids", |rows| rows.ids.len(), &["recordTarget/patientRole/id"]),
    ("patient_names", |rows| rows.names.len(), &["recordTarget/patientRole/patient/name"]),
    ("patient_addresses", |rows| rows.addresses.len(), &["recordTarget/patientRole/addr"]),
    ("patient_telecoms", |rows| rows.telecoms.len(), &["recordTarget/patientRole/telecom"]),
    (
        "patient_races",
        |rows| rows.races.len(),
        &[
            "recordTarget/patientRole/patient/raceCode",
            "recordTarget/patientRole/patient/sdtc:raceCode",
            "recordTarget/patientRole/patient/ethnicGroupCode",
            "recordTarget/patientRole/patient/sdtc:ethnicGroupCode",
        ],
    ),
    ("patient_languages", |rows| rows.languages.len(), &["recordTarget/patientRole/patient/languageCommunication"]),
    ("patient_guardians", |rows| rows.guardians.len(), &["recordTarget/patientRole/patient/guardian"]),
    (
        "participations",
        |rows| rows.participations.len(),
        &[
            "author",
            "dataEnterer",
            "informant",
            "custodian",
            "informationRecipient",
            "legalAuthenticator",
            "authenticator",
            "participant",
            "documentationOf/serviceEvent/performer",
            "componentOf/encompassingEncounter/responsibleParty",
            "componentOf/encompassingEncounter/encounterParticipant",
        ],
    ),
    (
        "header_acts",
        |rows| rows.acts.len(),
        &[
            "relatedDocument/parentDocument",
            "documentationOf/serviceEvent",
            "componentOf/encompassingEncounter",
            "inFulfillmentOf/order",
            "authorization/consent",
        ],
    ),
];

#[test]
fn every_table_has_as_many_rows_as_a_real_document_has_elements() {
    let Some(bodies) = bodies() else { return };
    let mut totals: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut documents, mut named) = (0, 0);
    for (path, body) in bodies {
        let rows = ccda::flatten(&body).header;
        if ccda::check(&body).is_err() {
            continue;
        }
        documents += 1;
        let counts = paths(&body);
        for (table, held, elements) in EXPECTED {
            let expected: usize = elements.iter().filter_map(|element| counts.get(&format!("ClinicalDocument/{element}"))).sum();
            assert_eq!(held(&rows), expected, "{path}: {table}");
            *totals.entry(table).or_default() += expected;
        }
        named += usize::from(rows.patients.iter().any(|patient| patient.name.family.is_some() && patient.birth_time.iso.is_some()));
        check_paths(&path, &body, &rows);
    }
    eprintln!("{documents} documents: {totals:?}; {named} name a patient and a birth date");
    assert!(documents > 350 && totals.values().all(|total| *total > 0), "{documents} documents, {totals:?}");
    assert!(named * 10 > documents * 9, "{named} of {documents} documents name somebody");
}

/// That rows are found by their paths; one of each kind will do.
fn check_paths(document: &str, body: &[u8], rows: &HeaderRows) {
    let last = [
        rows.patients.last().map(|row| &row.path),
        rows.names.last().map(|row| &row.of.path),
        rows.races.last().map(|row| &row.of.path),
        rows.participations.last().map(|row| &row.path),
        rows.acts.last().map(|row| &row.path),
    ];
    for path in last.into_iter().flatten() {
        let local = path.rsplit(['/', ':']).next().unwrap().split('[').next().unwrap();
        let element = ccda::element_at(body, path).unwrap_or_else(|| panic!("{document}: nothing at {path}"));
        assert!(element[..local.len() + 12].contains(local), "{document}: {path}");
    }
}

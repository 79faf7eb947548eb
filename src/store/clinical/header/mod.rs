//! The tables of what headers say, one a file.

mod document_headers;
mod document_patients;
mod header_acts;
mod participations;
mod patient_addresses;
mod patient_guardians;
mod patient_ids;
mod patient_languages;
mod patient_names;
mod patient_races;
mod patient_telecoms;

use std::sync::OnceLock;

use serde_json::{Value, json};
use sqlx::error::BoxDynError;

use super::{
    lines::{self, FirstSections, Line},
    row::Row,
};
use crate::{
    domain::{
        DocumentId,
        clinical::{
            HeaderRows, Part,
            header::{Address, Name, OfPatient, Telecom},
        },
    },
    store::lines::{Ready, Target},
};

/// In the order of [`rows`], each known with the first row of its table.
static TARGETS: [OnceLock<Target>; 11] = [const { OnceLock::new() }; 11];

/// The lines of each table.
pub(super) type Rows = [Vec<Line>; 11];

/// The statements that write the headers of documents.
pub(super) fn statements(headers: Vec<(DocumentId, Rows)>) -> impl Iterator<Item = Result<Ready, BoxDynError>> {
    let mut of_tables: [Vec<(DocumentId, Line)>; 11] = Default::default();
    for (document, tables) in headers {
        for (all, of_document) in of_tables.iter_mut().zip(tables) {
            all.extend(of_document.into_iter().map(|line| (document, line)));
        }
    }
    let known = of_tables.into_iter().zip(&TARGETS).filter_map(|(lines, target)| target.get().zip(Some(lines)));
    known.flat_map(|(target, lines)| lines::statements(target, lines, FirstSections::default()))
}

pub(super) fn rows(header: &HeaderRows) -> Rows {
    let [documents, acts, participations, patients, ids, names, addresses, telecoms, races, languages, guardians] = &TARGETS;
    [
        lines_of(documents, "document_headers", std::iter::once(document_headers::row(&header.document))),
        lines_of(acts, "header_acts", header.acts.iter().map(header_acts::row)),
        lines_of(participations, "participations", header.participations.iter().map(participations::row)),
        lines_of(patients, "document_patients", header.patients.iter().map(document_patients::row)),
        lines_of(ids, "patient_ids", header.ids.iter().map(patient_ids::row)),
        lines_of(names, "patient_names", header.names.iter().map(patient_names::row)),
        lines_of(addresses, "patient_addresses", header.addresses.iter().map(patient_addresses::row)),
        lines_of(telecoms, "patient_telecoms", header.telecoms.iter().map(patient_telecoms::row)),
        lines_of(races, "patient_races", header.races.iter().map(patient_races::row)),
        lines_of(languages, "patient_languages", header.languages.iter().map(patient_languages::row)),
        lines_of(guardians, "patient_guardians", header.guardians.iter().map(patient_guardians::row)),
    ]
}

/// The cells of rows; the names of their columns make the target and need not wait with them.
fn lines_of(target: &OnceLock<Target>, table: &'static str, rows: impl Iterator<Item = Row>) -> Vec<Line> {
    let line = |row: Row| {
        target.get_or_init(|| row.target(table));
        row.cells.into()
    };
    rows.map(line).collect()
}

/// A line that belongs to a patient.
fn of_patient(of: &OfPatient) -> Row {
    Row::default().set("patient_seq", of.patient_seq).set("seq", of.seq).set("path", &of.path)
}

/// The columns of a person's name that are asked for.
fn with_name(row: Row, name: &Name) -> Row {
    row.set("name", &name.text).set("given", &name.given).set("family", &name.family)
}

/// The columns of an address that are asked for.
fn with_address(row: Row, address: &Address) -> Row {
    row.set("street", &address.street)
        .set("city", &address.city)
        .set("state", &address.state)
        .set("postal_code", &address.postal_code)
        .set("country", &address.country)
}

/// First number to call, and all telecoms, each as an array of use and value.
fn with_telecoms(row: Row, telecoms: &[Telecom]) -> Row {
    let all: Vec<_> = telecoms.iter().map(|telecom| (&telecom.usage, &telecom.value)).collect();
    row.set("phone", telecoms.iter().find_map(Telecom::phone)).list("telecoms", all)
}

/// Each as an object, without what it lacks.
fn parts(parts: &[Part]) -> Vec<Value> {
    let part = |Part { kind, text, qualifier, null_flavor }: &Part| {
        let fields =
            [("part", Some(kind)), ("text", text.as_ref()), ("qualifier", qualifier.as_ref()), ("null_flavor", null_flavor.as_ref())];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))).collect()
    };
    parts.iter().map(|it| Value::Object(part(it))).collect()
}

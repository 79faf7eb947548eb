//! What headers say, as rows in the database: equal to what the generator knows, every column of every table, and gone with their document.

use std::fs;

use ccda_export::synthetic::{Code, Population, chart::Chart};

use crate::harness::{Sandbox, call};

/// All tables of headers.
const TABLES: [&str; 11] = [
    "document_headers",
    "header_acts",
    "participations",
    "document_patients",
    "patient_ids",
    "patient_names",
    "patient_addresses",
    "patient_telecoms",
    "patient_races",
    "patient_languages",
    "patient_guardians",
];

const SEED: u64 = 3;
const PATIENTS: u64 = 12;

fn synthetic() -> Sandbox {
    Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", &PATIENTS.to_string(), "--seed", &SEED.to_string()])
}

/// Asks with one line a patient, and compares the lines with those that the generator's charts give.
async fn compare(sandbox: &Sandbox, sql: &str, expected: impl Fn(&Chart) -> Vec<Vec<String>>) {
    let population = Population::new(SEED);
    let mut lines: Vec<_> = (1..=PATIENTS).flat_map(|number| expected(&population.chart(number))).collect();
    let mut rows = sandbox.ask(sql).await;
    lines.sort();
    rows.sort();
    assert_eq!(rows, lines, "{sql}");
}

fn line<const N: usize>(fields: [&str; N]) -> Vec<String> {
    fields.map(str::to_owned).to_vec()
}

fn code(code: Option<&Code>) -> [&'static str; 3] {
    code.map_or([""; 3], |code| [code.code, code.system.oid(), code.display])
}

#[tokio::test]
async fn rows_of_synthetic_headers_are_what_the_generator_knows() {
    let sandbox = synthetic();
    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_eq!(sandbox.count("SELECT count(*) FROM flatten_issues").await, 0);
    let patients = "SELECT d.mrn_extension, p.given, p.middle, p.family, p.birth_time, p.birth_time_precision, p.birth_time_raw, p.street, p.city, p.state,
        p.postal_code, p.country, p.phone, p.email, p.language, p.provider_org, p.provider_org_id_ext, p.provider_org_phone
        FROM documents d JOIN document_patients p ON p.document_id = d.id";
    compare(&sandbox, patients, |chart| {
        let (person, practice) = (&chart.person, &chart.practice);
        vec![line([
            &person.mrn,
            person.given,
            person.middle.as_deref().unwrap_or_default(),
            person.family,
            &person.birth.to_string(),
            "day",
            &person.birth.format("%Y%m%d").to_string(),
            &person.street,
            person.place.city,
            person.place.state,
            person.place.postal_code,
            "US",
            &person.phone,
            person.email.as_deref().unwrap_or_default(),
            person.language,
            &practice.name,
            &practice.npi,
            &practice.phone,
        ])]
    })
    .await;
    let codes = "SELECT given, family, gender, gender_system, gender_display, race, race_system, race_display, ethnicity, ethnicity_system, ethnicity_display,
        marital, marital_system, marital_display FROM document_patients";
    compare(&sandbox, codes, |chart| {
        let person = &chart.person;
        let coded =
            [code(Some(&person.sex.code())), code(Some(&person.race)), code(Some(&person.ethnicity)), code(person.marital_status.as_ref())];
        vec![[person.given, person.family].into_iter().chain(coded.into_iter().flatten()).map(str::to_owned).collect()]
    })
    .await;
    compare(&sandbox, "SELECT code, display, given, family, phone FROM patient_guardians", |chart| {
        let guardian = chart.person.guardian.iter();
        guardian.map(|it| line([it.relation.code, it.relation.display, it.given, it.family, &it.phone])).collect()
    })
    .await;
    compare(&sandbox, "SELECT role, npi, given, family, organization FROM participations", |chart| {
        let (doctor, practice) = (&chart.practice.clinicians[0], &chart.practice);
        vec![
            line(["author", &doctor.npi, doctor.given, doctor.family, &practice.name]),
            line(["custodian", &practice.npi, "", "", &practice.name]),
            line(["performer", &doctor.npi, doctor.given, doctor.family, ""]),
        ]
    })
    .await;
    let visits = "SELECT visit_id_root, visit_code, substr(visit_start, 1, 10), substr(service_start, 1, 10), confidentiality, language FROM document_headers";
    compare(&sandbox, visits, |chart| {
        let visit = chart.encounters.last().unwrap();
        let (day, born) = (visit.start.date_naive().to_string(), chart.person.birth.to_string());
        vec![line([&visit.id, "AMB", &day, &born, "N", "en-US"])]
    })
    .await;
    // The same from where an analyst looks first.
    compare(&sandbox, "SELECT mrn, given, family, birth_date, sex, race, language, city, phone FROM latest_patients", |chart| {
        let person = &chart.person;
        let birth = person.birth.to_string();
        let (sex, race) = (person.sex.code().code, person.race.display);
        vec![line([&person.mrn, person.given, person.family, &birth, sex, race, person.language, person.place.city, &person.phone])]
    })
    .await;
}

/// A header that says all that a header can; twice, where once a value and once that there is none.
fn rich(mrn: &str) -> String {
    let time = |name: &str| format!("<{name} value=\"20200102\"/>");
    let code = |name: &str| format!("<{name} code=\"c\" codeSystem=\"2.16.840.1.113883.6.1\" displayName=\"words\"/>");
    let both = |name: &str| code(name).replace("/>", " nullFlavor=\"OTH\"/>");
    let period = |name: &str| format!("<{name}><low value=\"2001\" nullFlavor=\"NI\"/><high value=\"2002\" nullFlavor=\"NI\"/></{name}>");
    let id = "<id root=\"1.2\" extension=\"x\" nullFlavor=\"UNK\"/>";
    let address = format!(
        "<addr use=\"HP\" nullFlavor=\"NI\"><streetAddressLine>1 A St</streetAddressLine><city>Lynn</city><state>MA</state><postalCode>01900</postalCode>\
         <country>US</country><county>Essex</county>{}</addr>",
        period("useablePeriod")
    );
    let telecom = format!(
        "<telecom use=\"HP\" value=\"tel:1\" nullFlavor=\"NI\">{}</telecom><telecom value=\"mailto:a@example.com\"/>",
        period("useablePeriod")
    );
    let name = format!(
        "<name use=\"L\" nullFlavor=\"NI\"><prefix>Dr.</prefix><given>Ann</given><given>M.</given><given qualifier=\"CL\">Annie</given><family>B{mrn}</family>\
         <suffix>Jr.</suffix>{}</name>",
        period("validTime")
    );
    let patient = format!(
        "<patient>{name}{}<birthTime value=\"20010203\" nullFlavor=\"NI\"/>{}{}<s:deceasedInd value=\"true\" nullFlavor=\"NI\"/>\
         <s:deceasedTime value=\"2020\" nullFlavor=\"NI\"/>{}<s:raceCode code=\"2\"/>{}\
         <guardian>{id}{}{address}{telecom}<guardianPerson>{name}</guardianPerson><guardianOrganization><name>Home</name></guardianOrganization></guardian>\
         <birthplace><place>{address}</place></birthplace><languageCommunication>{}{}{}<preferenceInd value=\"true\"/></languageCommunication></patient>",
        both("administrativeGenderCode"),
        both("maritalStatusCode"),
        both("religiousAffiliationCode"),
        both("raceCode"),
        both("ethnicGroupCode"),
        both("code"),
        both("languageCode"),
        both("modeCode"),
        both("proficiencyLevelCode"),
    );
    let organization =
        |name: &str| format!("<{name}><id root=\"1.5\" extension=\"o\" nullFlavor=\"UNK\"/><name>Clinic</name>{telecom}{address}</{name}>");
    let entity = format!(
        "<assignedEntity classCode=\"ASSIGNED\"><id root=\"2.16.840.1.113883.4.6\" extension=\"99\"/>{}{address}{telecom}<assignedPerson>{name}</assignedPerson>{}</assignedEntity>",
        both("code"),
        organization("representedOrganization")
    );
    format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:s=\"urn:hl7-org:sdtc\"><templateId root=\"1.1\"/><id root=\"1.2.3\" extension=\"d{mrn}\" nullFlavor=\"UNK\"/>{}\
         <title>T</title><effectiveTime value=\"20260301\" nullFlavor=\"NI\"/>{}{}<setId root=\"1\" extension=\"s\" nullFlavor=\"UNK\"/><versionNumber value=\"2\"/>\
         <recordTarget><patientRole><id root=\"1.2.4\" extension=\"{mrn}\"/><id root=\"2.16.840.1.113883.4.1\" extension=\"***\" nullFlavor=\"MSK\" assigningAuthorityName=\"A\"/>\
         {address}{telecom}{patient}{}</patientRole></recordTarget>\
         <author typeCode=\"AUT\">{}{}{entity}</author><author><assignedAuthor><assignedAuthoringDevice><manufacturerModelName>EHR</manufacturerModelName>\
         <softwareName>v1</softwareName></assignedAuthoringDevice></assignedAuthor></author>\
         <relatedDocument typeCode=\"RPLC\"><parentDocument>{id}<setId root=\"1\" extension=\"s\" nullFlavor=\"UNK\"/>{}</parentDocument></relatedDocument>\
         <documentationOf><serviceEvent classCode=\"PCPR\">{}<statusCode code=\"Completed\"/>{}</serviceEvent></documentationOf>\
         <componentOf><encompassingEncounter>{id}{}{}{}<responsibleParty>{entity}</responsibleParty><location><healthCareFacility><location><name>Ward</name></location>\
         </healthCareFacility></location></encompassingEncounter></componentOf>\
         <component><structuredBody><component><section><title>Plan</title><text>{}</text></section></component></structuredBody></component></ClinicalDocument>",
        both("code"),
        both("confidentialityCode"),
        both("languageCode"),
        organization("providerOrganization"),
        both("functionCode"),
        period("time"),
        time("effectiveTime"),
        both("code"),
        period("effectiveTime"),
        both("code"),
        period("effectiveTime"),
        both("dischargeDispositionCode"),
        code("content"),
    )
}

fn practice() -> (tempfile::TempDir, Sandbox) {
    let files = tempfile::tempdir().unwrap();
    for mrn in ["1", "2"] {
        fs::write(files.path().join(format!("{mrn}.xml")), rich(mrn)).unwrap();
    }
    let sandbox = Sandbox::start(&["--documents", files.path().to_str().unwrap()]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    (files, sandbox)
}

#[tokio::test]
async fn every_column_is_filled_where_a_header_says_everything() {
    let (_files, sandbox) = practice();
    assert_eq!(sandbox.count("SELECT count(*) FROM flatten_issues").await, 0);
    for table in TABLES {
        let columns = sandbox.ask(&format!("SELECT name FROM pragma_table_info('{table}')")).await;
        assert!(columns.len() > 5, "{table}: {columns:?}");
        for column in columns {
            let filled = format!("SELECT count(*) FROM {table} WHERE \"{0}\" IS NOT NULL AND \"{0}\" <> '[]'", column[0]);
            assert!(sandbox.count(&filled).await > 0, "{table}.{} is empty", column[0]);
        }
    }
    let named = sandbox.ask("SELECT name, given, family, middle, birth_time, deceased, phone FROM document_patients WHERE id = 1").await;
    assert_eq!(named.len(), 1);
    assert_eq!(named[0][0], format!("Dr. Ann M. {} Jr.", named[0][2]));
    assert_eq!(named[0][3..], ["M.", "2001-02-03", "1", "1"]);
}

#[tokio::test]
async fn every_row_shows_its_element() {
    let (_files, sandbox) = practice();
    let job = sandbox.job();
    for table in TABLES {
        for row in sandbox.ask(&format!("SELECT id, path FROM {table} ORDER BY id DESC LIMIT 2")).await {
            let at = format!("{table}:{}", row[0]);
            let shown = call(["cat".as_ref(), "--at".as_ref(), at.as_ref(), "--job".as_ref(), job.as_os_str()]);
            assert_eq!(shown.code(), 0, "{shown:#?}");
            let step = row[1].rsplit('/').next().unwrap();
            let element = step.split('[').next().unwrap().replace("sdtc:", "s:");
            assert!(shown.stdout.starts_with(&format!("<{element}")), "{at}: {} at {}", shown.stdout, row[1]);
        }
    }
}

#[tokio::test]
async fn rows_of_a_header_go_with_their_document_and_come_back() {
    let (_files, sandbox) = practice();
    let job = sandbox.job();
    let of = async |document: &str| {
        let mut counts = Vec::new();
        for table in TABLES {
            counts.push(sandbox.count(&format!("SELECT count(*) FROM {table} WHERE document_id = {document}")).await);
        }
        counts
    };
    let before = of("1").await;
    assert!(before.iter().all(|count| *count > 0), "{before:?}");
    let decide = |what: &str| {
        let ended = call(["documents".as_ref(), what.as_ref(), "1".as_ref(), "--job".as_ref(), job.as_os_str()]);
        assert_eq!(ended.code(), 0, "{ended:#?}");
    };
    decide("discard");
    assert_eq!(of("1").await, vec![0; TABLES.len()]);
    decide("accept");
    assert_eq!(of("1").await, before);
    let all = call(["flatten".as_ref(), job.as_os_str(), "--all".as_ref()]);
    assert_eq!((all.code(), of("1").await), (0, before), "made anew, and not once more");
    let patient = sandbox.count("SELECT patient_id FROM documents WHERE id = 1").await.to_string();
    let ended = call(["forget".as_ref(), job.as_os_str(), "--patient".as_ref(), patient.as_ref(), "--yes".as_ref()]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(of("1").await, vec![0; TABLES.len()]);
    assert!(of("2").await.iter().all(|count| *count > 0));
}

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
use sqlx::SqliteConnection;

use super::{lines, row::Row};
use crate::{
    domain::{
        DocumentId,
        clinical::{
            HeaderRows, Part,
            header::{Address, Name, OfPatient, Telecom},
        },
    },
    store::lines::Target,
};

/// In the order of [`rows`], each known with the first row of its table.
static TARGETS: [OnceLock<Target>; 11] = [const { OnceLock::new() }; 11];

/// Each table with its lines.
pub(super) type Rows = [(&'static str, Vec<Row>); 11];

pub(super) async fn insert(connection: &mut SqliteConnection, headers: Vec<(DocumentId, Rows)>) -> sqlx::Result<()> {
    let mut of_tables: [(&'static str, Vec<(DocumentId, Row)>); 11] = Default::default();
    for (document, tables) in headers {
        for ((name, rows), (table, of_document)) in of_tables.iter_mut().zip(tables) {
            *name = table;
            rows.extend(of_document.into_iter().map(|row| (document, row)));
        }
    }
    for ((table, rows), target) in of_tables.into_iter().zip(&TARGETS) {
        let Some((_, first)) = rows.first() else { continue };
        let target = target.get_or_init(|| first.target(table));
        lines::insert(connection, target, rows.into_iter().map(|(document, row)| (document, row.cells)).collect()).await?;
    }
    Ok(())
}

pub(super) fn rows(header: &HeaderRows) -> Rows {
    [
        ("document_headers", vec![document_headers::row(&header.document)]),
        ("header_acts", header.acts.iter().map(header_acts::row).collect()),
        ("participations", header.participations.iter().map(participations::row).collect()),
        ("document_patients", header.patients.iter().map(document_patients::row).collect()),
        ("patient_ids", header.ids.iter().map(patient_ids::row).collect()),
        ("patient_names", header.names.iter().map(patient_names::row).collect()),
        ("patient_addresses", header.addresses.iter().map(patient_addresses::row).collect()),
        ("patient_telecoms", header.telecoms.iter().map(patient_telecoms::row).collect()),
        ("patient_races", header.races.iter().map(patient_races::row).collect()),
        ("patient_languages", header.languages.iter().map(patient_languages::row).collect()),
        ("patient_guardians", header.guardians.iter().map(patient_guardians::row).collect()),
    ]
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

//! The project's own documents: rows are exactly what their generator knows.

mod conditions;
mod encounters;
mod observations;
mod treatment;

use ccda_export::{
    ccda,
    domain::clinical::{Flat, Time},
    synthetic::Population,
};
use chrono::{TimeZone, Utc};

fn flatten(population: &Population, patient: u64) -> Flat {
    let document = population.document(patient, None, 1, Utc.with_ymd_and_hms(2026, 3, 1, 2, 0, 0).unwrap());
    ccda::flatten(document.as_bytes())
}

fn iso(time: &Option<Time>) -> Option<String> {
    time.as_ref().and_then(|time| time.iso.clone())
}

//! Rows of small documents, known by reading these.

mod allergies;
mod authors;
mod encounters;
mod immunizations;
mod measurements;
mod medications;
mod notes;
mod plan_of_treatment;
mod problems;
mod procedures;
mod social_history;
mod unknown;

use crate::{ccda::flatten, domain::clinical::Flat};

/// What a document says whose only section has this code or template, and these entries.
fn flat(section: &str, entries: &str) -> Flat {
    let text = format!(
        "<ClinicalDocument xmlns='urn:hl7-org:v3' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><component><structuredBody><component>\
         <section>{section}<text><table><tr ID='r1'><td>Asthma</td><td>2012</td></tr></table></text>{entries}</section>\
         </component></structuredBody></component></ClinicalDocument>"
    );
    flatten(text.as_bytes())
}

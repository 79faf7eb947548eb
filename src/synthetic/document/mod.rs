//! Says a chart as a Continuity of Care Document of C-CDA R2.1: one file a section, the header, and the shapes that they share. Invents nothing.

mod allergies;
mod encounters;
mod header;
mod immunizations;
mod medications;
mod narrative;
mod notes;
mod plan;
mod problems;
mod procedures;
mod results;
mod section;
mod social;
mod vitals;
mod vocabulary;
mod xml;

use chrono::{DateTime, Utc};
use xml::Element;

use super::{
    chart::Chart,
    dice::{Dice, Topic},
};

/// What is new about a document each time that it is generated.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// UUID of the document.
    pub id: String,
    pub time: DateTime<Utc>,
}

/// The UUID of the document that answers this request.
pub(super) fn id(seed: u64, patient: u64, request: u64, now: DateTime<Utc>) -> String {
    Dice::new(seed, Topic::DocumentId, &[patient, request, now.timestamp_millis().unsigned_abs()]).uuid()
}

/// The whole document, in UTF-8.
pub fn render(chart: &Chart, generation: &Generation) -> String {
    let sections = [
        allergies::section(chart),
        medications::section(chart),
        problems::section(chart),
        procedures::section(chart),
        results::section(chart),
        social::section(chart),
        vitals::section(chart),
        immunizations::section(chart),
        encounters::section(chart),
        plan::section(chart),
        plan::goals_section(chart),
        notes::section(chart),
    ];
    let body = Element::new("structuredBody").children(sections);
    Element::new("ClinicalDocument")
        .with("xmlns", "urn:hl7-org:v3")
        .with("xmlns:sdtc", "urn:hl7-org:sdtc")
        .with("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        .children(header::elements(chart, generation))
        .child(Element::new("component").child(body))
        .into_document()
}

#[cfg(test)]
mod tests;

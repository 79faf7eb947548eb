//! Medications Section: what is and was taken, with timing, dose, route, indication and the directions in words.

use super::{
    narrative::{self, Table},
    problems,
    section::SectionKind,
    vocabulary::{
        Template, act_code, coded, coded_value, day, entry, id, interval, part_id, quantity, related, status, template_id, text_reference,
        typed,
    },
    xml::Element,
};
use crate::synthetic::{
    chart::{Chart, Medication, medications::Drug},
    code::{Code, loinc, snomed},
};

const SECTION: SectionKind = SectionKind {
    templates: &[Template("2.1", Some("2014-06-09")), Template("2.1.1", Some("2014-06-09"))],
    code: loinc("10160-0", "History of Medication use Narrative"),
    title: "Medications",
};

const ACTIVITY: Template = Template("4.16", Some("2014-06-09"));
const PRODUCT: Template = Template("4.23", Some("2014-06-09"));
const INDICATION: Template = Template("4.19", Some("2014-06-09"));
const FREE_TEXT_SIG: Template = Template("4.147", None);
const PRECONDITION: Template = Template("4.25", Some("2014-06-09"));

const DIAGNOSIS: Code = snomed("282291009", "Diagnosis");
const INSTRUCTIONS: Code = loinc("76662-6", "Instructions Medication");
const DRUG: Code = snomed("410942007", "Drug or medicament");
const AS_NEEDED: Code = snomed("225761000", "As required");

/// What is and was taken.
pub(super) fn section(chart: &Chart) -> Element {
    if chart.medications.is_empty() {
        return if chart.window.is_some() { SECTION.without_information() } else { no_known_medications(chart) };
    }
    let mut table = Table::new(&["Medication", "Directions", "Start", "End", "Status"]);
    for (at, medication) in chart.medications.iter().enumerate() {
        let end = medication.end.map(narrative::date).unwrap_or_default();
        let state = if medication.end.is_some() { "Completed" } else { "Active" };
        let start = narrative::date(medication.start);
        table.row_of_cells([
            (Some(row_id(at)), medication.drug.code.display.to_owned()),
            (Some(directions_id(at)), medication.drug.directions.to_owned()),
            (None, start),
            (None, end),
            (None, state.to_owned()),
        ]);
    }
    SECTION.filled(table.into_text(), chart.medications.iter().enumerate().map(|(at, medication)| activity(at, medication)))
}

fn row_id(at: usize) -> String {
    format!("medication-{}", at + 1)
}

fn directions_id(at: usize) -> String {
    format!("directions-{}", at + 1)
}

fn activity(at: usize, medication: &Medication) -> Element {
    let drug = &medication.drug;
    let state = if medication.end.is_some() { "completed" } else { "active" };
    entry("substanceAdministration", "SBADM", "EVN", ACTIVITY)
        .child(id(&medication.id))
        .child(text_reference(&row_id(at)))
        .child(status(state))
        .child(typed(taken(medication), "IVL_TS"))
        .child(frequency(drug))
        .child(coded("routeCode", drug.route))
        .child(quantity("doseQuantity", drug.units.to_string(), None))
        .child(consumable(at, medication))
        .child(related("RSON", indication(medication)))
        .child(related("COMP", free_text_sig(at)))
        .children(drug.as_needed.then(as_needed))
}

/// From the first day to the last; who still takes it has no last day, which `nullFlavor` says because R2.1 wants `high` thought of.
fn taken(medication: &Medication) -> Element {
    match medication.end {
        Some(end) => interval(medication.start, Some(end)),
        None => Element::new("effectiveTime").child(day("low", medication.start)).child(Element::new("high").with("nullFlavor", "NI")),
    }
}

/// Every so many hours; as needed the hours are the shortest pause, which is why the institution may shift the others.
fn frequency(drug: &Drug) -> Element {
    let time = typed(Element::new("effectiveTime"), "PIVL_TS").with("operator", "A");
    let time = if drug.as_needed { time } else { time.with("institutionSpecified", "true") };
    time.child(quantity("period", drug.every_hours.to_string(), Some("h")))
}

fn consumable(at: usize, medication: &Medication) -> Element {
    product(coded("code", medication.drug.code).child(original_text(&row_id(at))))
}

fn product(code: Element) -> Element {
    let material = Element::new("manufacturedMaterial").child(code);
    let product = Element::new("manufacturedProduct").with("classCode", "MANU").child(template_id(PRODUCT)).child(material);
    Element::new("consumable").child(product)
}

fn original_text(target: &str) -> Element {
    Element::new("originalText").child(Element::new("reference").with("value", format!("#{target}")))
}

fn indication(medication: &Medication) -> Element {
    entry("observation", "OBS", "EVN", INDICATION)
        .child(id(&medication.indication_id))
        .child(coded("code", DIAGNOSIS))
        .child(status("completed"))
        .child(problems::diagnosis_value(medication.indication))
}

/// The directions as they were written; C-CDA wants a material in it, and says that it has none.
fn free_text_sig(at: usize) -> Element {
    let none = Element::new("manufacturedLabeledDrug").with("nullFlavor", "NA");
    let consumable = Element::new("consumable").child(Element::new("manufacturedProduct").child(none));
    entry("substanceAdministration", "SBADM", "INT", FREE_TEXT_SIG)
        .child(coded("code", INSTRUCTIONS))
        .child(text_reference(&directions_id(at)))
        .child(consumable)
}

fn as_needed() -> Element {
    let criterion = Element::new("criterion").child(act_code("ASSERTION")).child(coded_value(AS_NEEDED));
    Element::new("precondition").with("typeCode", "PRCN").child(template_id(PRECONDITION)).child(criterion)
}

/// The taking of any drug, negated: the way of HL7's examples.
fn no_known_medications(chart: &Chart) -> Element {
    let any_drug =
        Element::new("code").with("nullFlavor", "OTH").child(original_text("no-known-medications")).child(coded("translation", DRUG));
    let activity = entry("substanceAdministration", "SBADM", "EVN", ACTIVITY)
        .with("negationInd", "true")
        .child(part_id(&chart.practice.mrn_root, format!("{}-no-known-medications", chart.person.mrn)))
        .child(text_reference("no-known-medications"))
        .child(status("active"))
        .child(typed(Element::new("effectiveTime"), "IVL_TS").with("nullFlavor", "NA"))
        .child(Element::new("doseQuantity").with("nullFlavor", "NA"))
        .child(product(any_drug));
    SECTION.filled(narrative::sentence("no-known-medications", "No known medications"), [activity])
}

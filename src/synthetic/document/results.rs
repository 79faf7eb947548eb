//! Results Section: an organizer for each panel, an observation for each test, with reference range and interpretation.

use super::{
    narrative::{self, Table},
    section::SectionKind,
    vocabulary::{Template, coded, coded_value, entry, id, instant, quantity, status, text_reference, typed},
    xml::Element,
};
use crate::synthetic::{
    chart::{
        Chart, Panel,
        results::{Interpretation, Test, Value},
    },
    code::loinc,
};

const SECTION: SectionKind = SectionKind {
    templates: &[Template("2.3", Some("2015-08-01")), Template("2.3.1", Some("2015-08-01"))],
    code: loinc("30954-2", "Relevant diagnostic tests/laboratory data Narrative"),
    title: "Results",
};

const ORGANIZER: Template = Template("4.1", Some("2015-08-01"));
const OBSERVATION: Template = Template("4.2", Some("2015-08-01"));

/// HL7's ObservationInterpretation.
const INTERPRETATION: &str = "2.16.840.1.113883.5.83";

/// What the laboratory found.
pub(super) fn section(chart: &Chart) -> Element {
    if chart.results.is_empty() {
        return SECTION.without_information();
    }
    let mut table = Table::new(&["Taken", "Test", "Value", "Reference range", "Interpretation"]);
    for (order, panel) in chart.results.iter().enumerate() {
        for (at, test) in panel.tests.iter().enumerate() {
            let taken = narrative::date_time(panel.taken);
            let (_, interpretation) = test.interpretation.code();
            table.row(
                row_id(order, at),
                [taken.into(), test.code.display.into(), words(&test.value).into(), range_words(&test.value).into(), interpretation.into()],
            );
        }
    }
    SECTION.filled(table.into_text(), chart.results.iter().enumerate().map(|(order, panel)| organizer(order, panel)))
}

fn row_id(order: usize, at: usize) -> String {
    format!("result-{}-{}", order + 1, at + 1)
}

fn words(value: &Value) -> String {
    match value {
        Value::Quantity { number, unit, .. } => format!("{number} {unit}"),
        Value::Above { limit, unit } => format!(">{limit} {unit}"),
        Value::Coded(code) => code.display.to_owned(),
    }
}

fn range_words(value: &Value) -> String {
    match value {
        Value::Quantity { range: (low, high), unit, .. } => format!("{low} - {high} {unit}"),
        Value::Above { limit, unit } => format!(">{limit} {unit}"),
        Value::Coded(_) => String::new(),
    }
}

fn organizer(order: usize, panel: &Panel) -> Element {
    let observations = panel.tests.iter().enumerate().map(|(at, test)| observation(order, at, panel, test));
    entry("organizer", "BATTERY", "EVN", ORGANIZER)
        .child(id(&panel.id))
        .child(coded("code", panel.code))
        .child(status("completed"))
        .child(Element::new("effectiveTime").child(instant("low", panel.taken)).child(instant("high", panel.taken)))
        .children(observations.map(|observation| Element::new("component").child(observation)))
}

fn observation(order: usize, at: usize, panel: &Panel, test: &Test) -> Element {
    entry("observation", "OBS", "EVN", OBSERVATION)
        .child(id(&test.id))
        .child(coded("code", test.code))
        .child(text_reference(&row_id(order, at)))
        .child(status("completed"))
        .child(instant("effectiveTime", panel.taken))
        .child(value(&test.value))
        .child(interpretation(test.interpretation))
        .children(reference_range(&test.value))
}

fn value(value: &Value) -> Element {
    match value {
        Value::Quantity { number, unit, .. } => typed(quantity("value", number.to_string(), Some(unit)), "PQ"),
        Value::Above { limit, unit } => {
            let low = quantity("low", limit.to_string(), Some(unit)).with("inclusive", "false");
            typed(Element::new("value"), "IVL_PQ").child(low)
        }
        Value::Coded(code) => coded_value(*code),
    }
}

fn interpretation(interpretation: Interpretation) -> Element {
    let (code, words) = interpretation.code();
    Element::new("interpretationCode").with("code", code).with("codeSystem", INTERPRETATION).with("displayName", words)
}

fn reference_range(value: &Value) -> Option<Element> {
    let bounds = match value {
        Value::Quantity { range: (low, high), unit, .. } => {
            vec![quantity("low", low.to_string(), Some(unit)), quantity("high", high.to_string(), Some(unit))]
        }
        Value::Above { limit, unit } => vec![quantity("low", limit.to_string(), Some(unit))],
        Value::Coded(_) => return None,
    };
    let range = Element::new("observationRange").child(typed(Element::new("value"), "IVL_PQ").children(bounds));
    Some(Element::new("referenceRange").child(range))
}

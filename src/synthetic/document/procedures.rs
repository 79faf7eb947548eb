//! Procedures Section: what was done.

use super::{
    narrative::{self, Table},
    section::SectionKind,
    vocabulary::{Template, coded, day, entry, id, status, text_reference},
    xml::Element,
};
use crate::synthetic::{
    chart::{Chart, Procedure},
    code::loinc,
};

const SECTION: SectionKind = SectionKind {
    templates: &[Template("2.7", Some("2014-06-09")), Template("2.7.1", Some("2014-06-09"))],
    code: loinc("47519-4", "History of Procedures Document"),
    title: "Procedures",
};

const PROCEDURE: Template = Template("4.14", Some("2014-06-09"));

/// What was done.
pub(super) fn section(chart: &Chart) -> Element {
    if chart.procedures.is_empty() {
        return SECTION.without_information();
    }
    let mut table = Table::new(&["Procedure", "Date"]);
    for (at, procedure) in chart.procedures.iter().enumerate() {
        table.row(row_id(at), [procedure.code.display.into(), narrative::date(procedure.done).into()]);
    }
    SECTION.filled(table.into_text(), chart.procedures.iter().enumerate().map(|(at, done)| procedure(at, done)))
}

fn row_id(at: usize) -> String {
    format!("procedure-{}", at + 1)
}

fn procedure(at: usize, procedure: &Procedure) -> Element {
    entry("procedure", "PROC", "EVN", PROCEDURE)
        .child(id(&procedure.id))
        .child(coded("code", procedure.code))
        .child(text_reference(&row_id(at)))
        .child(status("completed"))
        .child(day("effectiveTime", procedure.done))
}

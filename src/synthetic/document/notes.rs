//! Notes Section: a note activity for each note, which points to its text and to the encounter that it is about.

use super::{
    header::entry_author,
    narrative,
    section::SectionKind,
    vocabulary::{Template, coded, entry, id, instant, related, status, text_reference},
    xml::Element,
};
use crate::synthetic::{
    chart::{Chart, Note},
    code::{Code, loinc},
};

const SECTION: SectionKind =
    SectionKind { templates: &[Template("2.65", Some("2016-11-01"))], code: loinc("11506-3", "Progress note"), title: "Progress Notes" };

const ACTIVITY: Template = Template("4.202", Some("2016-11-01"));

const NOTE: Code = loinc("34109-9", "Note");

/// The notes.
pub(super) fn section(chart: &Chart) -> Element {
    if chart.notes.is_empty() {
        return SECTION.without_information();
    }
    let items = chart.notes.iter().enumerate().map(|(at, note)| {
        let caption = Element::text("caption", narrative::date_time(note.written));
        Element::new("item").child(caption).child(Element::text("paragraph", note.text.clone()).with("ID", row_id(at)))
    });
    let text = Element::new("text").child(Element::new("list").children(items));
    SECTION.filled(text, chart.notes.iter().enumerate().map(|(at, note)| activity(at, note, chart)))
}

fn row_id(at: usize) -> String {
    format!("note-{}", at + 1)
}

fn activity(at: usize, note: &Note, chart: &Chart) -> Element {
    let encounter = Element::new("encounter").with("classCode", "ENC").with("moodCode", "EVN").child(id(&note.encounter_id));
    entry("act", "ACT", "EVN", ACTIVITY)
        .child(id(&note.id))
        .child(coded("code", NOTE).child(coded("translation", note.kind)))
        .child(text_reference(&row_id(at)))
        .child(status("completed"))
        .child(instant("effectiveTime", note.written))
        .child(entry_author(&chart.practice.clinicians[note.clinician], note.written))
        .child(related("COMP", encounter))
}

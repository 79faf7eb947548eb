//! Social History Section: smoking status and birth sex.

use super::{
    narrative::Table,
    section::SectionKind,
    vocabulary::{Template, coded, coded_value, entry, id, instant, interval, part_id, status, text_reference},
    xml::Element,
};
use crate::synthetic::{
    chart::Chart,
    code::{Code, loinc},
};

const SECTION: SectionKind = SectionKind {
    templates: &[Template("2.17", Some("2015-08-01"))],
    code: loinc("29762-2", "Social history Narrative"),
    title: "Social History",
};

const SMOKING_STATUS: Template = Template("4.78", Some("2014-06-09"));
const BIRTH_SEX: Template = Template("4.200", Some("2016-06-01"));

const SMOKING_STATUS_CODE: Code = loinc("72166-2", "Tobacco smoking status");
const BIRTH_SEX_CODE: Code = loinc("76689-9", "Sex assigned at birth");

/// What is known of the way of life.
pub(super) fn section(chart: &Chart) -> Element {
    let mut table = Table::new(&["Question", "Answer"]);
    table.row("smoking".to_owned(), [SMOKING_STATUS_CODE.display.into(), chart.social.smoking.display.into()]);
    table.row("birth-sex".to_owned(), [BIRTH_SEX_CODE.display.into(), chart.person.sex.code().display.into()]);
    SECTION.filled(table.into_text(), [smoking_status(chart), birth_sex(chart)])
}

fn smoking_status(chart: &Chart) -> Element {
    entry("observation", "OBS", "EVN", SMOKING_STATUS)
        .child(id(&chart.social.smoking_id))
        .child(coded("code", SMOKING_STATUS_CODE))
        .child(text_reference("smoking"))
        .child(status("completed"))
        .child(instant("effectiveTime", chart.social.recorded))
        .child(coded_value(chart.social.smoking))
}

fn birth_sex(chart: &Chart) -> Element {
    entry("observation", "OBS", "EVN", BIRTH_SEX)
        .child(part_id(&chart.practice.mrn_root, format!("{}-birth-sex", chart.person.mrn)))
        .child(coded("code", BIRTH_SEX_CODE))
        .child(text_reference("birth-sex"))
        .child(status("completed"))
        .child(interval(chart.person.birth, None))
        .child(coded_value(chart.person.sex.code()))
}

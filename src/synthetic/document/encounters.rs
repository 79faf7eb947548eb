//! Encounters Section: the visits, with who was seen and the diagnosis of each.

use super::{
    header::known_entity,
    narrative::{self, Table},
    problems,
    section::SectionKind,
    vocabulary::{Template, coded, entry, id, instant, part_id, related, status, text_reference},
    xml::Element,
};
use crate::synthetic::{
    chart::{Chart, Diagnosis, Encounter},
    code::{Code, CodeSystem, loinc},
};

const SECTION: SectionKind = SectionKind {
    templates: &[Template("2.22", Some("2015-08-01")), Template("2.22.1", Some("2015-08-01"))],
    code: loinc("46240-8", "History of Hospitalizations+Outpatient visits Narrative"),
    title: "Encounters",
};

const ACTIVITY: Template = Template("4.49", Some("2015-08-01"));
const DIAGNOSIS: Template = Template("4.80", Some("2015-08-01"));

const DIAGNOSIS_CODE: Code = loinc("29308-4", "Diagnosis");
const AMBULATORY: Code = Code { system: CodeSystem::ActCode, code: "AMB", display: "ambulatory" };

/// The visits.
pub(super) fn section(chart: &Chart) -> Element {
    if chart.encounters.is_empty() {
        return SECTION.without_information();
    }
    let mut table = Table::new(&["Encounter", "Date", "Clinician", "Diagnosis"]);
    for (at, encounter) in chart.encounters.iter().enumerate() {
        let clinician = &chart.practice.clinicians[encounter.clinician];
        let seen_by = format!("{} {}", clinician.given, clinician.family);
        let diagnosis = encounter.diagnosis.map_or("", |diagnosis| diagnosis.snomed.display);
        table.row(
            row_id(at),
            [encounter.kind.display.into(), narrative::date_time(encounter.start).into(), seen_by.into(), diagnosis.into()],
        );
    }
    SECTION.filled(table.into_text(), chart.encounters.iter().enumerate().map(|(at, encounter)| activity(at, encounter, chart)))
}

fn row_id(at: usize) -> String {
    format!("encounter-{}", at + 1)
}

fn activity(at: usize, encounter: &Encounter, chart: &Chart) -> Element {
    let clinician = &chart.practice.clinicians[encounter.clinician];
    let performer = Element::new("performer").with("typeCode", "PRF").child(known_entity(clinician));
    entry("encounter", "ENC", "EVN", ACTIVITY)
        .child(id(&encounter.id))
        .child(coded("code", encounter.kind).child(coded("translation", AMBULATORY)))
        .child(text_reference(&row_id(at)))
        .child(status("completed"))
        .child(Element::new("effectiveTime").child(instant("low", encounter.start)).child(instant("high", encounter.end)))
        .child(performer)
        .children(encounter.diagnosis.map(|diagnosis| related("SUBJ", diagnosis_act(encounter, diagnosis))))
}

fn diagnosis_act(encounter: &Encounter, diagnosis: Diagnosis) -> Element {
    let observation_id = part_id(&encounter.id, "diagnosis");
    let observation = problems::inner_observation(observation_id, diagnosis, encounter.start.date_naive());
    entry("act", "ACT", "EVN", DIAGNOSIS).child(coded("code", DIAGNOSIS_CODE)).child(status("active")).child(related("SUBJ", observation))
}

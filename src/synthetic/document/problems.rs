//! Problem Section: a concern act around each problem observation; SNOMED CT with a translation to ICD-10-CM.

use chrono::NaiveDate;

use super::{
    narrative::{self, Table},
    section::SectionKind,
    vocabulary::{Template, coded, coded_value, concern_code, entry, id, interval, part_id, related, status, text_reference},
    xml::Element,
};
use crate::synthetic::{
    chart::{Chart, Diagnosis, Problem},
    code::{Code, loinc, snomed},
};

const SECTION: SectionKind = SectionKind {
    templates: &[Template("2.5", Some("2015-08-01")), Template("2.5.1", Some("2015-08-01"))],
    code: loinc("11450-4", "Problem list - Reported"),
    title: "Problems",
};

const CONCERN: Template = Template("4.3", Some("2015-08-01"));
const OBSERVATION: Template = Template("4.4", Some("2015-08-01"));
const STATUS: Template = Template("4.6", None);

const PROBLEM: Code = snomed("55607006", "Problem");
const PROBLEM_LOINC: Code = loinc("75326-9", "Problem");
const ACTIVE: Code = snomed("55561003", "Active");
const RESOLVED: Code = snomed("413322009", "Resolved");
const STATUS_CODE: Code = loinc("33999-4", "Status");

/// The problem list.
pub(super) fn section(chart: &Chart) -> Element {
    if chart.problems.is_empty() {
        return if chart.window.is_some() { SECTION.without_information() } else { no_known_problems(chart) };
    }
    let mut table = Table::new(&["Problem", "ICD-10-CM", "Onset", "Resolved", "Status"]);
    for (at, problem) in chart.problems.iter().enumerate() {
        let resolved = problem.resolved.map(narrative::date).unwrap_or_default();
        let state = if problem.resolved.is_some() { RESOLVED } else { ACTIVE };
        let Diagnosis { snomed, icd10 } = problem.diagnosis;
        let onset = narrative::date(problem.onset);
        table.row(row_id(at), [snomed.display.into(), icd10.code.into(), onset.into(), resolved.into(), state.display.into()]);
    }
    SECTION.filled(table.into_text(), chart.problems.iter().enumerate().map(|(at, problem)| concern(at, problem)))
}

fn row_id(at: usize) -> String {
    format!("problem-{}", at + 1)
}

fn concern(at: usize, problem: &Problem) -> Element {
    let state = if problem.resolved.is_some() { "completed" } else { "active" };
    concern_act(id(&problem.concern_id), state, interval(problem.onset, problem.resolved), observation(at, problem))
}

fn concern_act(id: Element, state: &'static str, time: Element, observation: Element) -> Element {
    let act = entry("act", "ACT", "EVN", CONCERN).child(id).child(concern_code()).child(status(state));
    act.child(time).child(related("SUBJ", observation))
}

fn observation(at: usize, problem: &Problem) -> Element {
    let state = if problem.resolved.is_some() { RESOLVED } else { ACTIVE };
    entry("observation", "OBS", "EVN", OBSERVATION)
        .child(id(&problem.id))
        .child(problem_code())
        .child(text_reference(&row_id(at)))
        .child(status("completed"))
        .child(interval(problem.onset, problem.resolved))
        .child(diagnosis_value(problem.diagnosis))
        .child(related("REFR", status_observation(state)))
}

/// `value` with a diagnosis in both terminologies.
pub(super) fn diagnosis_value(diagnosis: Diagnosis) -> Element {
    coded_value(diagnosis.snomed).child(coded("translation", diagnosis.icd10))
}

fn status_observation(state: Code) -> Element {
    entry("observation", "OBS", "EVN", STATUS).child(coded("code", STATUS_CODE)).child(status("completed")).child(coded_value(state))
}

/// A diagnosis as an observation inside of another entry, as encounters have it.
pub(super) fn inner_observation(id: Element, diagnosis: Diagnosis, day: NaiveDate) -> Element {
    entry("observation", "OBS", "EVN", OBSERVATION)
        .child(id)
        .child(problem_code())
        .child(status("completed"))
        .child(interval(day, None))
        .child(diagnosis_value(diagnosis))
}

/// Said as C-CDA wants it said: the observation of a problem, negated.
fn no_known_problems(chart: &Chart) -> Element {
    let since = || interval(chart.last_written().date_naive(), None);
    let part = |part: &str| part_id(&chart.practice.mrn_root, format!("{}-{part}", chart.person.mrn));
    let observation = entry("observation", "OBS", "EVN", OBSERVATION)
        .with("negationInd", "true")
        .child(part("no-known-problems"))
        .child(problem_code())
        .child(text_reference("no-known-problems"))
        .child(status("completed"))
        .child(since())
        .child(coded_value(PROBLEM));
    let act = concern_act(part("problems-concern"), "active", since(), observation);
    SECTION.filled(narrative::sentence("no-known-problems", "No known problems"), [act])
}

fn problem_code() -> Element {
    coded("code", PROBLEM).child(coded("translation", PROBLEM_LOINC))
}

//! Problems: a row for each problem observation (2.16.840.1.113883.10.20.22.4.4), in whichever section or statement it stands.
//!
//! Three things are told of a problem and must not be mixed up: whether somebody is still concerned (the act around it), whether it is active (an
//! observation within it), and since when until when it lasted (its own time). The observation's own status is always "completed" and means nothing.

use super::{Statement, facts, placeholders::says_none, related, related_by, template, value_of};
use crate::{
    ccda::{element::Element, narratives::Narratives, values},
    domain::clinical::{
        Assertion, Coded, Problem,
        code_system::{ICD_9_CM, ICD_10_CM, SNOMED_CT},
    },
};

const OBSERVATION: &str = template!("4.4");
const CONCERN: &str = template!("4.3");
const STATUS: &str = template!("4.6");
const SEVERITY: &str = template!("4.8");
const AGE: &str = template!("4.31");
const DATE_OF_DIAGNOSIS: &str = template!("4.502");

const PREFERRED: [&str; 3] = [SNOMED_CT, ICD_10_CM, ICD_9_CM];

/// Statuses of what goes on: active, recurrence, relapse.
const GOING_ON: [&str; 3] = ["55561003", "246455001", "263855007"];

/// What a negated observation says when nothing is known: Problem, Disease. Without negation they name no problem, and its text may.
const ANY_PROBLEM: [&str; 2] = ["55607006", "64572001"];
/// What R1.1 documents say without negation: no current problems or disability; no known problems.
const NO_PROBLEMS: [&str; 2] = ["160245001", "1157052001"];

pub(super) fn takes(statement: &Statement) -> bool {
    statement.element.is("observation") && statement.element.has_template(OBSERVATION)
}

pub(super) fn read(statement: &Statement, seq: u32, narratives: &mut Narratives) -> Problem {
    let element = statement.element;
    let mut coded = |element: Option<Element>, preferred: &[&str]| {
        element.map(|element| values::coded(element, preferred, narratives)).unwrap_or_default()
    };
    let code = coded(element.child("value"), &PREFERRED);
    let category = coded(element.child("code"), &[SNOMED_CT]);
    let problem_status = coded(value_of(related_by(element, STATUS)), &[SNOMED_CT]);
    let severity = coded(value_of(related_by(element, SEVERITY)), &[SNOMED_CT]);
    let body_site = coded(element.child("targetSiteCode"), &[SNOMED_CT]);
    let concern = statement.parent().filter(|parent| parent.has_template(CONCERN));
    let age =
        related(element).map(|(_, statement)| statement).find(|statement| statement.has_template(AGE)).and_then(|age| age.child("value"));
    let diagnosis = related_by(element, DATE_OF_DIAGNOSIS).and_then(|act| act.child("effectiveTime"));
    let mut entry = facts::of(statement, "problems", OBSERVATION, code, seq, narratives);
    if !entry.negated && entry.code.original_text.is_none() && is_unnamed(&entry.code) {
        entry.code.original_text = entry.text.clone();
    }
    entry.assertion = assertion(&entry.code, entry.negated);
    let goes_on = problem_status.preferred().and_then(|status| status.code.as_deref()).is_some_and(|code| GOING_ON.contains(&code));
    let has_end = entry.times.end.as_ref().is_some_and(|end| end.iso.is_some()) || entry.times.end_null_flavor.as_deref() == Some("UNK");
    Problem {
        entry,
        category,
        concern_status: concern.and_then(facts::status),
        concern: concern.and_then(|act| act.child("effectiveTime")).map(values::times).unwrap_or_default(),
        status_conflict: goes_on && has_end,
        problem_status,
        severity,
        body_site,
        onset_age: age.and_then(|age| age.attribute("value")).map(str::to_owned),
        onset_age_unit: age.and_then(|age| age.attribute("unit")).map(str::to_owned),
        diagnosis_date: diagnosis.and_then(|time| values::time(time).or_else(|| values::times(time).start)),
    }
}

fn is_one_of(code: &Coded, codes: &[&str]) -> bool {
    code.preferred().and_then(|code| code.code.as_deref()).is_some_and(|code| codes.contains(&code))
}

/// Whether no code says which problem it is.
fn is_unnamed(code: &Coded) -> bool {
    code.chosen.is_none() || is_one_of(code, &ANY_PROBLEM)
}

/// Negated without a code it is a placeholder: some vendors fill empty sections with those.
fn assertion(code: &Coded, negated: bool) -> Assertion {
    match negated {
        _ if is_one_of(code, &NO_PROBLEMS) => Assertion::NoKnown,
        true if is_one_of(code, &ANY_PROBLEM) => Assertion::NoKnown,
        true if code.chosen.is_some() || code.original_text.is_some() => Assertion::Absent,
        true => Assertion::NoInformation,
        false if is_unnamed(code) => in_words(code),
        false => Assertion::Present,
    }
}

/// What words say where no code names the problem: which one it is, or, as some fill empty sections, that there is none to tell.
fn in_words(code: &Coded) -> Assertion {
    let name = || code.codes.iter().find_map(|code| code.display.as_deref());
    // The name of a code for any problem names none.
    let words = code.original_text.as_deref().or_else(|| name().filter(|name| code.chosen.is_none() || says_none(name)));
    match words {
        Some(words) if says_none(words) && words.to_lowercase().starts_with("no known") => Assertion::NoKnown,
        Some(words) if !says_none(words) => Assertion::Present,
        _ => Assertion::NoInformation,
    }
}

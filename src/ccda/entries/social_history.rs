//! Social history: a row for each observation of its section, whether or not an organizer holds it and whatever its template; and for each observation
//! with one of its templates elsewhere.
//!
//! What it is about is told by the template: in R1.1 the code of a smoking status is "assertion". Of the general template the question's code tells.

use super::{Statement, facts, quantity::value, template};
use crate::{
    ccda::{element::Element, narratives::Narratives, values},
    domain::clinical::{
        Assertion, Code, Entry, SocialObservation, Value,
        code_system::{LOINC, SNOMED_CT},
    },
};

/// An observation about anything.
const GENERAL: &str = template!("4.38");
/// R3 and later: smoking status, tobacco use and how much, in one template.
const SMOKING_OR_TOBACCO: &str = template!("4.511");
/// Scales and their items stand in the sections of several domains; those of this section are its own.
const SCALES: [(&str, &str); 2] = [(template!("4.69"), "assessment_scale"), (template!("4.86"), "assessment_item")];

/// Template, LOINC code of its question where there is one, and what it is about.
#[rustfmt::skip]
const KINDS: [(&str, Option<&str>, &str); 18] = [
    (template!("4.78"), Some("72166-2"), "smoking_status"),
    (template!("4.85"), Some("11367-0"), "tobacco_use"),
    (template!("4.200"), Some("76689-9"), "birth_sex"),
    (template!("4.507"), Some("46098-0"), "sex"),
    ("2.16.840.1.113883.10.20.34.3.45", Some("76691-5"), "gender_identity"),
    (template!("4.501"), Some("76690-7"), "sexual_orientation"),
    ("2.16.840.1.113883.10.20.15.3.8", Some("82810-3"), "pregnancy"),
    ("2.16.840.1.113883.10.20.15.3.1", Some("11778-8"), "estimated_delivery_date"),
    (template!("4.281"), Some("86645-9"), "pregnancy_intention"),
    (template!("4.503"), Some("11341-5"), "occupation"),
    (template!("4.504"), Some("86188-0"), "industry"),
    (template!("4.506"), Some("95370-3"), "tribal_affiliation"),
    (template!("4.505"), Some("89571-4"), "disability"),
    (template!("4.72"), None, "caregiver"),
    (template!("4.109"), Some("75274-1"), "home_environment"),
    (template!("4.111"), Some("75281-6"), "culture_and_religion"),
    ("2.16.840.1.113883.10.15.2", Some("90778-2"), "pronouns"),
    (template!("4.514"), None, "interpreter_needed"),
];

/// ActCode: the answer says it all.
const NO_QUESTION: &str = "ASSERTION";
/// SNOMED CT for a smoking status that nobody knows.
const UNKNOWN_IF_EVER_SMOKED: &str = "266927001";

pub(super) fn takes(statement: &Statement) -> bool {
    let element = statement.element;
    let is_of_the_section = || {
        statement.is_placed_in("social_history")
            || (statement.is_in("social_history") && SCALES.iter().any(|(root, _)| element.has_template(root)))
    };
    element.is("observation") && (has_template(element) || is_of_the_section())
}

/// Whether it has one of the templates of social history.
pub(super) fn has_template(element: Element) -> bool {
    [GENERAL, SMOKING_OR_TOBACCO].iter().any(|root| element.has_template(root)) || KINDS.iter().any(|(root, ..)| element.has_template(root))
}

pub(super) fn read(statement: &Statement, seq: u32, narratives: &mut Narratives) -> SocialObservation {
    let element = statement.element;
    let code = element.child("code").map(|code| values::coded(code, &[LOINC, SNOMED_CT], narratives)).unwrap_or_default();
    let answer = element.child("value");
    let value = answer.map(|answer| value(answer, narratives)).unwrap_or_default();
    let mut entry = facts::of(statement, "social_history", template(element), code, seq, narratives);
    entry.assertion = assertion(&entry, answer.is_some(), &value);
    SocialObservation { kind: kind(element, &entry), value, entry }
}

/// The template that tells most.
fn template(element: Element) -> &'static str {
    let known = KINDS.iter().map(|(root, ..)| *root).chain([SMOKING_OR_TOBACCO]).chain(SCALES.map(|(root, _)| root));
    known.chain([GENERAL]).find(|root| element.has_template(root)).unwrap_or(GENERAL)
}

fn kind(element: Element, entry: &Entry) -> &'static str {
    let is_loinc = |code: &Code| code.system.is_none() || code.system_name == Some(LOINC);
    let asks = |loinc: &str| entry.code.codes.iter().any(|code| is_loinc(code) && code.code.as_deref() == Some(loinc));
    let by_template = KINDS.iter().find(|(root, ..)| element.has_template(root));
    let by_code = || KINDS.iter().find(|(_, loinc, _)| loinc.is_some_and(asks));
    if let Some((.., kind)) = by_template.or_else(by_code) {
        return kind;
    }
    if element.has_template(SMOKING_OR_TOBACCO) {
        return "tobacco_use";
    }
    SCALES.iter().find(|(root, _)| element.has_template(root)).map_or("social_history", |(_, kind)| kind)
}

/// A question without an answer says nothing, negated or not; but some systems have no values, and what they know is in the code or in the text.
fn assertion(entry: &Entry, is_answered: bool, value: &Value) -> Assertion {
    let says = |text: Option<&str>| text.is_some_and(|text| text.contains(char::is_alphanumeric));
    let is_unknown = || value.code.preferred().is_some_and(|code| code.code.as_deref() == Some(UNKNOWN_IF_EVER_SMOKED));
    let asks_nothing = || entry.code.preferred().is_some_and(|code| code.code.as_deref() == Some(NO_QUESTION));
    let says_so_itself = || says(entry.text.as_deref()) || (says(entry.code.display()) && !asks_nothing());
    match (entry.negated, says(value.text.as_deref())) {
        (true, true) if is_unknown() => Assertion::NoInformation,
        (true, true) => Assertion::Absent,
        (false, true) => Assertion::Present,
        (false, false) if !is_answered && says_so_itself() => Assertion::Present,
        _ => Assertion::NoInformation,
    }
}

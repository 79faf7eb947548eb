//! Allergies and intolerances: a row for each observation of one (2.16.840.1.113883.10.20.22.4.7, or the measure's 2.16.840.1.113883.10.20.24.3.90).
//!
//! That no allergies are known is said in several ways, and each of them is a row that says so and never an allergy.

use super::{Statement, facts, related, related_by, template, value_of};
use crate::{
    ccda::{element::Element, narratives::Narratives, values},
    domain::clinical::{
        Allergy, Assertion, Coded, Reaction,
        code_system::{MED_RT, NDF_RT, RXNORM, SNOMED_CT, UNII},
    },
};

const OBSERVATION: &str = template!("4.7");
const OF_A_MEASURE: &str = "2.16.840.1.113883.10.20.24.3.90";
const CONCERN: &str = template!("4.30");
const REACTION: &str = template!("4.9");
const SEVERITY: &str = template!("4.8");
const STATUS: &str = template!("4.28");
const CRITICALITY: &str = template!("4.145");

const ALLERGENS: [&str; 5] = [RXNORM, UNII, SNOMED_CT, MED_RT, NDF_RT];

/// Codes that say by themselves that none is known: no known allergy (the second one is retired), drug allergy, food allergy.
const NONE_KNOWN: [(&str, Assertion); 4] = [
    ("716186003", Assertion::NoKnown),
    ("160244002", Assertion::NoKnown),
    ("409137002", Assertion::NoKnownDrug),
    ("429625007", Assertion::NoKnownFood),
];
/// Allergens that stand for all of their kind, so that their negation says that none is known: substance, drug or medicament, food.
const ANY_ALLERGEN: [(&str, Option<Assertion>); 3] =
    [("105590001", None), ("410942007", Some(Assertion::NoKnownDrug)), ("255620007", Some(Assertion::NoKnownFood))];
/// Kinds of allergy whose negation without an allergen says so of that kind.
const KINDS: [(&str, Assertion); 2] = [("416098002", Assertion::NoKnownDrug), ("414285001", Assertion::NoKnownFood)];

pub(super) fn takes(statement: &Statement) -> bool {
    let element = statement.element;
    element.is("observation") && (element.has_template(OBSERVATION) || element.has_template(OF_A_MEASURE))
}

pub(super) fn read(statement: &Statement, seq: u32, narratives: &mut Narratives) -> Allergy {
    let element = statement.element;
    let mut code = allergen(element, narratives);
    let mut coded = |element: Option<Element>| element.map(|element| values::coded(element, &[SNOMED_CT], narratives)).unwrap_or_default();
    let kind = coded(element.child("value"));
    if code.display().is_none() && !facts::is_negated(element) {
        code.original_text = allergen_in_kind(&kind);
    }
    let allergy_status = coded(value_of(related_by(element, STATUS)));
    let criticality = coded(value_of(related_by(element, CRITICALITY)));
    let own_severity = coded(value_of(related_by(element, SEVERITY)));
    let concern = statement.parent().filter(|parent| parent.has_template(CONCERN));
    let reactions: Vec<_> =
        related(element).filter(|(_, related)| related.has_template(REACTION)).map(|(_, it)| reaction(it, narratives)).collect();
    let (severity, severity_of) = severity(own_severity, &reactions);
    let template = if element.has_template(OBSERVATION) { OBSERVATION } else { OF_A_MEASURE };
    let mut entry = facts::of(statement, "allergies", template, code, seq, narratives);
    entry.assertion = if facts::is_void(element) && entry.code.chosen.is_none() {
        Assertion::NoInformation
    } else {
        assertion(&entry.code, &kind, entry.negated, entry.text.is_some() || !reactions.is_empty())
    };
    Allergy {
        entry,
        kind,
        concern_status: concern.and_then(facts::status),
        concern: concern.and_then(|act| act.child("effectiveTime")).map(values::times).unwrap_or_default(),
        allergy_status,
        criticality,
        severity,
        severity_of,
        reactions,
    }
}

/// The participant that is consumed: its code, else its name.
fn allergen(element: Element, narratives: &mut Narratives) -> Coded {
    let consumed = element.children("participant").find(|participant| participant.attribute("typeCode") == Some("CSM"));
    let Some(entity) = consumed.and_then(|participant| participant.at("participantRole/playingEntity")) else { return Coded::default() };
    let mut code = entity.child("code").map(|code| values::coded(code, &ALLERGENS, narratives)).unwrap_or_default();
    code.original_text = code.original_text.or_else(|| entity.child("name").and_then(Element::text));
    code
}

/// Some name the allergen nowhere but in the words of the kind, in place of a name of that.
fn allergen_in_kind(kind: &Coded) -> Option<String> {
    let has_name = kind.codes.iter().any(|code| code.display.is_some());
    kind.original_text.clone().filter(|_| !has_name)
}

fn reaction(observation: Element, narratives: &mut Narratives) -> Reaction {
    let mut coded = |element: Option<Element>| element.map(|element| values::coded(element, &[SNOMED_CT], narratives)).unwrap_or_default();
    let (mut code, severity) = (coded(observation.child("value")), coded(value_of(related_by(observation, SEVERITY))));
    if code.display().is_none() {
        code.original_text = observation.child("text").and_then(|text| values::text_of(text, narratives).0);
    }
    Reaction { code, severity, times: observation.child("effectiveTime").map(values::times).unwrap_or_default() }
}

/// R1.1 puts it on the allergy, R2.1 on the reaction.
fn severity(own: Coded, reactions: &[Reaction]) -> (Coded, Option<&'static str>) {
    if own.says_something() {
        return (own, Some("allergy"));
    }
    match reactions.iter().map(|reaction| &reaction.severity).find(|severity| severity.says_something()) {
        Some(severity) => (severity.clone(), Some("reaction")),
        None => (own, None),
    }
}

fn assertion(allergen: &Coded, kind: &Coded, negated: bool, says_more: bool) -> Assertion {
    let code = |coded: &Coded| coded.preferred().and_then(|code| code.code.clone());
    let said = [code(allergen), code(kind)];
    let none_known = NONE_KNOWN.iter().find(|(none, _)| said.iter().any(|code| code.as_deref() == Some(none)));
    let any = ANY_ALLERGEN.iter().find(|(any, _)| said[0].as_deref() == Some(any));
    match (none_known, negated) {
        (Some((_, assertion)), _) => *assertion,
        (None, true) if any.is_none() && allergen.says_something() => Assertion::NotAllergicTo,
        (None, true) => match (any, said[1].as_deref()) {
            (Some((_, Some(assertion))), _) => *assertion,
            (_, Some(kind)) => KINDS.iter().find(|(known, _)| *known == kind).map_or(Assertion::NoKnown, |(_, assertion)| *assertion),
            (Some(_), None) => Assertion::NoKnown,
            // Negated, and every code of it is missing: a placeholder for an empty section.
            (None, None) => Assertion::NoInformation,
        },
        (None, false) if allergen.says_something() || says_more => Assertion::Present,
        (None, false) => Assertion::NoInformation,
    }
}

//! Immunizations: a row for each immunization activity (2.16.840.1.113883.10.20.22.4.52) wherever it stands, and for each administration that is an entry
//! of the immunizations section, template or not. What is planned belongs to the plan.

use super::{Statement, facts, related, related_by, template};
use crate::{
    ccda::{element::Element, narratives::Narratives, values},
    domain::clinical::{
        Assertion, Coded, Immunization,
        code_system::{CVX, NCI_THESAURUS, NDC, RXNORM, SNOMED_CT},
    },
};

const ACTIVITY: &str = template!("4.52");
/// Administrations that are no immunizations: directions in words, planned ones.
const OTHERS: [&str; 3] = [template!("4.147"), template!("4.42"), template!("4.120")];
const NOT_GIVEN: &str = template!("4.53");
const OF_A_SERIES: &str = template!("4.118");
const REACTION: &str = template!("4.9");

const VACCINES: [&str; 3] = [CVX, NDC, RXNORM];
/// LOINC for "reason": R5 asks by it and answers in the value.
const REASON: &str = "71798-3";
/// CVX for "no vaccine administered": it fills a place in a message.
const NO_VACCINE: &str = "998";
/// SNOMED CT for vaccine (an older and a newer code) and for drug or medicament: negated, no immunizations are known.
const ANY_VACCINE: [&str; 3] = ["71181003", "787859002", "410942007"];

pub(super) fn takes(statement: &Statement) -> bool {
    let element = statement.element;
    let is_other = || OTHERS.iter().any(|other| element.has_template(other));
    element.is("substanceAdministration")
        && (element.has_template(ACTIVITY) || (statement.is_in("immunizations") && statement.around.is_empty() && !is_other()))
}

pub(super) fn read(statement: &Statement, seq: u32, narratives: &mut Narratives) -> Immunization {
    let element = statement.element;
    let material = element.at("consumable/manufacturedProduct/manufacturedMaterial");
    let code = facts::material(material, &VACCINES, narratives);
    let mut coded = |element: Option<Element>, preferred: &[&str]| {
        element.map(|element| values::coded(element, preferred, narratives)).unwrap_or_default()
    };
    let not_given_reason = coded(related_by(element, NOT_GIVEN).and_then(reason), &[]);
    let route = coded(element.child("routeCode"), &[NCI_THESAURUS, SNOMED_CT]);
    let site = coded(element.child("approachSiteCode"), &[SNOMED_CT]);
    let reactions = related(element)
        .filter(|(_, related)| related.has_template(REACTION))
        .map(|(_, reaction)| coded(reaction.child("value"), &[SNOMED_CT]))
        .collect();
    let mut entry = facts::of(statement, "immunizations", ACTIVITY, code, seq, narratives);
    entry.assertion = assertion(&entry.code, entry.negated, not_given_reason.says_something());
    let attribute = |path: &str, name: &str| element.at(path).and_then(|found| found.attribute(name)).map(str::to_owned);
    let name = |path: &str| element.at(path).and_then(Element::text);
    Immunization {
        entry,
        not_given_reason,
        lot: material.and_then(|material| material.child("lotNumberText")).and_then(Element::text),
        manufacturer: name("consumable/manufacturedProduct/manufacturerOrganization/name"),
        manufacturer_code: attribute("consumable/manufacturedProduct/manufacturerOrganization/standardIndustryClassCode", "code"),
        dose_number: attribute("repeatNumber", "value"),
        series: series(element),
        dose: attribute("doseQuantity", "value"),
        dose_unit: attribute("doseQuantity", "unit"),
        route,
        site,
        performer_name: facts::person(element, "performer/assignedEntity/assignedPerson/name"),
        performer_organization: name("performer/assignedEntity/representedOrganization/name"),
        reactions,
    }
}

/// Why it was not given: the observation's code, where that does not only ask.
fn reason<'s, 'a>(observation: Element<'s, 'a>) -> Option<Element<'s, 'a>> {
    let code = observation.child("code").filter(|code| code.attribute("code").is_some_and(|code| code != REASON));
    code.or_else(|| observation.child("value")).or_else(|| observation.child("code"))
}

/// The place in a series stands on the way to the act that tells of the series.
fn series(element: Element) -> Option<String> {
    let is_of_one = |relation: &Element| relation.child("act").is_some_and(|act| act.has_template(OF_A_SERIES));
    let relation = element.children("entryRelationship").find(is_of_one)?;
    relation.child("sequenceNumber")?.attribute("value").map(str::to_owned)
}

fn assertion(vaccine: &Coded, negated: bool, has_reason: bool) -> Assertion {
    let is = |known: &str| vaccine.preferred().is_some_and(|code| code.code.as_deref() == Some(known));
    match negated {
        // Negated without a code it is a placeholder for an empty section, and nobody refused anything.
        _ if is(NO_VACCINE) => Assertion::NoInformation,
        // With a reason, somebody refused all of them.
        true if !has_reason && ANY_VACCINE.iter().any(|any| is(any)) => Assertion::NoKnown,
        true if vaccine.chosen.is_some() => Assertion::Refused,
        true => Assertion::NoInformation,
        false if vaccine.says_something() => Assertion::Present,
        false => Assertion::NoInformation,
    }
}

//! Medications: a row for each medication activity (2.16.840.1.113883.10.20.22.4.16) wherever it stands, and for each administration that is an entry of
//! the medications section, template or not. The directions in words are an administration within it and no row; what is planned belongs to the plan.

use serde_json::json;

use super::{Statement, facts, related, related_by, template};
use crate::{
    ccda::{element::Element, narratives::Narratives, values},
    domain::clinical::{
        Assertion, Coded, Medication, Supply, Times, Timing,
        code_system::{NCI_THESAURUS, NDC, RXNORM, SNOMED_CT},
    },
};

const ACTIVITY: &str = template!("4.16");
/// Administrations that are no medications: directions in words, planned ones, immunizations.
const OTHERS: [&str; 4] = [template!("4.147"), template!("4.42"), template!("4.52"), template!("4.120")];
const INDICATION: &str = template!("4.19");
const SIG: &str = template!("4.147");
const INSTRUCTION: &str = template!("4.20");
const SUPPLY_ORDER: &str = template!("4.17");
const DISPENSE: &str = template!("4.18");

/// Drug or medicament: negated, no medications are known. And the codes that say so by themselves.
const ANY_DRUG: [&str; 2] = ["410942007", "373873005"];
const NO_DRUGS: [&str; 2] = ["787481004", "182849000"];

pub(super) fn takes(statement: &Statement) -> bool {
    let element = statement.element;
    let is_other = || OTHERS.iter().any(|other| element.has_template(other));
    element.is("substanceAdministration")
        && (element.has_template(ACTIVITY) || (statement.is_in("medications") && statement.around.is_empty() && !is_other()))
}

pub(super) fn read(statement: &Statement, seq: u32, narratives: &mut Narratives) -> Medication {
    let element = statement.element;
    let material = element.at("consumable/manufacturedProduct/manufacturedMaterial");
    let code = facts::material(material, &[RXNORM, NDC], narratives);
    let mut coded = |element: Option<Element>, preferred: &[&str]| {
        element.map(|element| values::coded(element, preferred, narratives)).unwrap_or_default()
    };
    let route = coded(element.child("routeCode"), &[NCI_THESAURUS, SNOMED_CT]);
    let site = coded(element.child("approachSiteCode"), &[SNOMED_CT]);
    let form = coded(element.child("administrationUnitCode"), &[NCI_THESAURUS]);
    let as_needed_reason = coded(element.at("precondition/criterion/value"), &[SNOMED_CT]);
    let indications = related(element)
        .filter(|(_, related)| related.has_template(INDICATION))
        .map(|(_, it)| coded(it.child("value"), &[SNOMED_CT]))
        .collect();
    let mut entry = facts::of(statement, "medications", ACTIVITY, code, seq, narratives);
    entry.times = when(element);
    entry.assertion = assertion(&entry.code, element.child("code").and_then(|code| code.attribute("code")), entry.negated);
    let mut text = |root| related_by(element, root).and_then(|act| act.child("text")).and_then(|text| values::text_of(text, narratives).0);
    let (sig, instructions) = (text(SIG).or_else(|| entry.text.clone()), text(INSTRUCTION));
    let quantity = |name: &str| element.child(name);
    let [dose, rate] = [quantity("doseQuantity"), quantity("rateQuantity")];
    let manufacturer = element.at("consumable/manufacturedProduct/manufacturerOrganization/name").and_then(Element::text);
    Medication {
        entry,
        timing: timing(element),
        dose: dose.and_then(|dose| number(dose, "low")),
        dose_max: dose.and_then(|dose| dose.child("high")).and_then(|high| attribute(high, "value")),
        dose_unit: dose.and_then(unit),
        rate: rate.and_then(|rate| number(rate, "low")),
        rate_unit: rate.and_then(unit),
        max_dose: quantity("maxDoseQuantity").and_then(ratio),
        route,
        site,
        form,
        as_needed: element.child("precondition").is_some(),
        as_needed_reason,
        indications,
        sig,
        instructions,
        manufacturer,
        supply: supply(element),
    }
}

/// From when to when: the first time that is an interval or a moment. Their order and types vary, so children decide.
pub(super) fn when(element: Element) -> Times {
    let is_interval = |time: &Element| !matches!(time.xsi_type(), Some("PIVL_TS" | "EIVL_TS"));
    element.children("effectiveTime").filter(is_interval).map(values::times).find(|times| *times != Times::default()).unwrap_or_default()
}

fn timing(element: Element) -> Timing {
    let of = |kind: &'static str| element.children("effectiveTime").find(move |time| time.xsi_type() == Some(kind));
    let (periodic, event) = (of("PIVL_TS"), of("EIVL_TS"));
    let period = periodic.and_then(|time| time.child("period"));
    let offset = event.and_then(|time| time.child("offset")).and_then(|offset| offset.child("low").or(Some(offset)));
    Timing {
        period: period.and_then(|period| number(period, "low")),
        period_max: period.and_then(|period| period.child("high")).and_then(|high| attribute(high, "value")),
        period_unit: period.and_then(unit),
        institution_specified: periodic.and_then(|time| time.attribute("institutionSpecified")).map(|flag| flag == "true"),
        event: event.and_then(|time| time.child("event")).and_then(|event| attribute(event, "code")),
        offset: offset.and_then(|offset| Some(format!("{} {}", offset.attribute("value")?, offset.attribute("unit").unwrap_or_default()))),
        raw: serde_json::Value::Array(element.children("effectiveTime").map(raw).collect()).to_string(),
    }
}

/// One `effectiveTime` with all that it says.
fn raw(time: Element) -> serde_json::Value {
    let of = |name: &str| {
        time.child(name).map(|child| child.attribute("value").or_else(|| child.attribute("code")).or_else(|| child.attribute("nullFlavor")))
    };
    let period = time.child("period").and_then(|period| period.attribute("unit"));
    json!({
        "type": time.xsi_type(), "operator": time.attribute("operator"), "value": time.attribute("value"), "low": of("low"), "high": of("high"),
        "center": of("center"), "width": of("width"), "period": of("period"), "period_unit": period, "event": of("event"),
        "institution_specified": time.attribute("institutionSpecified"), "null_flavor": time.attribute("nullFlavor"),
    })
}

fn supply(element: Element) -> Supply {
    let (order, dispense) = (related_by(element, SUPPLY_ORDER), related_by(element, DISPENSE));
    let either = |name: &str| order.and_then(|order| order.child(name)).or_else(|| dispense.and_then(|dispense| dispense.child(name)));
    let time = |supply: Option<Element>| supply.and_then(|supply| supply.child("effectiveTime")).map(values::times).unwrap_or_default();
    let dispensed = time(dispense);
    Supply {
        repeats: either("repeatNumber").and_then(|number| attribute(number, "value")),
        quantity: either("quantity").and_then(|quantity| attribute(quantity, "value")),
        quantity_unit: either("quantity").and_then(|quantity| attribute(quantity, "unit")),
        end: time(order).end,
        dispensed: dispensed.time.or(dispensed.start),
    }
}

/// A quantity's own value, else that of its lower end.
fn number(quantity: Element, low: &str) -> Option<String> {
    attribute(quantity, "value").or_else(|| attribute(quantity.child(low)?, "value"))
}

/// A quantity's unit, or that of one of its ends.
fn unit(quantity: Element) -> Option<String> {
    let of_end = |end: &str| quantity.child(end).and_then(|end| attribute(end, "unit"));
    attribute(quantity, "unit").or_else(|| of_end("low")).or_else(|| of_end("high"))
}

fn ratio(ratio: Element) -> Option<String> {
    let part = |name: &str| {
        let part = ratio.child(name)?;
        Some(format!("{} {}", part.attribute("value")?, part.attribute("unit").unwrap_or_default()).trim_end().to_owned())
    };
    Some(format!("{} in {}", part("numerator")?, part("denominator")?))
}

fn attribute(element: Element, name: &str) -> Option<String> {
    element.attribute(name).map(str::to_owned)
}

/// `act` is the administration's own code: some say there that there is none.
fn assertion(drug: &Coded, act: Option<&str>, negated: bool) -> Assertion {
    let has = |codes: &[&str]| drug.codes.iter().any(|code| code.code.as_deref().is_some_and(|code| codes.contains(&code)));
    match negated {
        _ if has(&NO_DRUGS) || act.is_some_and(|act| NO_DRUGS.contains(&act)) => Assertion::NoKnown,
        true if has(&ANY_DRUG) => Assertion::NoKnown,
        true if drug.chosen.is_some() => Assertion::Absent,
        true => Assertion::NoInformation,
        false if drug.says_something() => Assertion::Present,
        false => Assertion::NoInformation,
    }
}

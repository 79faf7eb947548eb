//! Results and vital signs: a row for each observation of their sections, whether or not an organizer holds it and whatever its template; and for each
//! observation with their template (2.16.840.1.113883.10.20.22.4.2, .27) elsewhere. An organizer of results is a row of its own.

use super::{Statement, facts, placeholders::is_coded, quantity::value, template};
use crate::{
    ccda::{element::Element, narratives::Narratives, values},
    domain::clinical::{
        Assertion, Measurement, Panel, ReferenceRange, Value,
        code_system::{LOINC, SNOMED_CT},
    },
};

const RESULT: &str = template!("4.2");
const VITAL_SIGN: &str = template!("4.27");
const PANEL: &str = template!("4.1");

pub(super) fn takes_result(statement: &Statement) -> bool {
    is_placed_in(statement, "results") || (has(statement, RESULT) && !is_placed_in(statement, "vital_signs"))
}

pub(super) fn takes_vital_sign(statement: &Statement) -> bool {
    is_placed_in(statement, "vital_signs") || (has(statement, VITAL_SIGN) && !is_placed_in(statement, "results"))
}

pub(super) fn takes_panel(statement: &Statement) -> bool {
    statement.element.is("organizer") && (statement.is_in("results") || statement.element.has_template(PANEL))
}

fn has(statement: &Statement, root: &str) -> bool {
    statement.element.is("observation") && statement.element.has_template(root)
}

/// Whether it is a measurement because of its place.
pub(super) fn is_placed(statement: &Statement) -> bool {
    is_placed_in(statement, "results") || is_placed_in(statement, "vital_signs")
}

/// Whether it is an observation of this section itself: an entry, or in organizers alone.
fn is_placed_in(statement: &Statement, domain: &str) -> bool {
    statement.element.is("observation") && statement.is_placed_in(domain)
}

pub(super) fn read_result(statement: &Statement, seq: u32, narratives: &mut Narratives) -> Measurement {
    read(statement, "results", RESULT, seq, narratives)
}

pub(super) fn read_vital_sign(statement: &Statement, seq: u32, narratives: &mut Narratives) -> Measurement {
    read(statement, "vital_signs", VITAL_SIGN, seq, narratives)
}

pub(super) fn read_panel(statement: &Statement, seq: u32, narratives: &mut Narratives) -> Panel {
    let element = statement.element;
    let code = element.child("code").map(|code| values::coded(code, &[LOINC, SNOMED_CT], narratives)).unwrap_or_default();
    let specimen = specimen(element).map(|code| values::coded(code, &[SNOMED_CT], narratives)).unwrap_or_default();
    Panel { entry: facts::of(statement, "results", PANEL, code, seq, narratives), specimen }
}

fn read(statement: &Statement, domain: &str, template: &str, seq: u32, narratives: &mut Narratives) -> Measurement {
    let element = statement.element;
    let mut coded = |element: Option<Element>, preferred: &[&str]| {
        element.map(|element| values::coded(element, preferred, narratives)).unwrap_or_default()
    };
    let code = coded(element.child("code"), &[LOINC, SNOMED_CT]);
    let interpretation = coded(element.child("interpretationCode"), &[]);
    let organizer = statement.parent().filter(|parent| parent.is("organizer"));
    let specimen = coded(specimen(element).or_else(|| organizer.and_then(specimen)), &[SNOMED_CT]);
    let (method, body_site) = (coded(element.child("methodCode"), &[SNOMED_CT]), coded(element.child("targetSiteCode"), &[SNOMED_CT]));
    let value = element.child("value").map(|element| value(element, narratives)).unwrap_or_default();
    let reference = reference(element, narratives);
    let mut entry = facts::of(statement, domain, template, code, seq, narratives);
    let is_named = is_coded(&entry.code) || entry.code.original_text.is_some();
    entry.assertion = assertion(entry.negated, is_named && !facts::is_void(element), &value);
    let organization = element.at("performer/assignedEntity/representedOrganization/name").and_then(Element::text);
    let performer = organization.or_else(|| facts::person(element, "performer/assignedEntity/assignedPerson/name"));
    let panel = organizer.and_then(|organizer| organizer.child("effectiveTime")).map(values::times).unwrap_or_default();
    let has_time = entry.times.time.is_some() || entry.times.start.is_some();
    Measurement {
        panel_time: panel.time.or(panel.start).filter(|_| !has_time),
        value,
        interpretation,
        reference,
        specimen,
        method,
        body_site,
        performer,
        entry,
    }
}

fn specimen<'s, 'a>(element: Element<'s, 'a>) -> Option<Element<'s, 'a>> {
    element.at("specimen/specimenRole/specimenPlayingEntity/code")
}

/// The range that is said to be normal, else the first without an interpretation, else the first.
fn reference(element: Element, narratives: &mut Narratives) -> ReferenceRange {
    let ranges = || element.children("referenceRange").filter_map(|range| range.child("observationRange"));
    let of = |code: Option<&str>| ranges().find(|range| range.child("interpretationCode").and_then(|it| it.attribute("code")) == code);
    let Some(range) = of(Some("N")).or_else(|| of(None)).or_else(|| ranges().next()) else { return ReferenceRange::default() };
    let end = |end: &str, name: &str| {
        range.child("value").and_then(|value| value.child(end)).and_then(|end| end.attribute(name)).map(str::to_owned)
    };
    ReferenceRange {
        low: end("low", "value"),
        high: end("high", "value"),
        unit: end("low", "unit").or_else(|| end("high", "unit")),
        text: range.child("text").and_then(|text| values::text_of(text, narratives).0).or_else(|| limit_in_words(range, narratives)),
    }
}

/// A range whose value has no ends: a text such as "Negative", a code, a single quantity.
fn limit_in_words(range: Element, narratives: &mut Narratives) -> Option<String> {
    let limit = range.child("value").filter(|value| value.child("low").is_none() && value.child("high").is_none())?;
    value(limit, narratives).text
}

/// Negated without a value it is a placeholder, and so is one without a value whose code or that itself is null; one that was ordered and has no value yet
/// is present all the same.
fn assertion(negated: bool, is_named: bool, value: &Value) -> Assertion {
    let has_value = value.text.is_some();
    match (negated, is_named, has_value) {
        (true, _, true) => Assertion::Absent,
        (true, _, false) | (false, false, false) => Assertion::NoInformation,
        (false, ..) => Assertion::Present,
    }
}

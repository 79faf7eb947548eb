//! The shapes that recur all over a C-CDA document: template ids, codes, times, values. Sources: CDA R2 data types, C-CDA R2.1.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use super::xml::Element;
use crate::synthetic::code::Code;

/// The arc under which nearly all templates of C-CDA stand.
const TEMPLATES: &str = "2.16.840.1.113883.10.20.22";

/// A template of C-CDA: the end of its identifier, as `4.4` for a problem observation, and the date of its version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Template(pub &'static str, pub Option<&'static str>);

/// `templateId`, with the version as its extension where the template has one.
pub(super) fn template_id(template: Template) -> Element {
    let Template(suffix, version) = template;
    let id = Element::new("templateId").with("root", format!("{TEMPLATES}.{suffix}"));
    match version {
        Some(version) => id.with("extension", version),
        None => id,
    }
}

/// An entry's element with its class, mood and template.
pub(super) fn entry(name: &'static str, class: &'static str, mood: &'static str, template: Template) -> Element {
    Element::new(name).with("classCode", class).with("moodCode", mood).child(template_id(template))
}

/// `id` that is a UUID of its own.
pub(super) fn id(uuid: &str) -> Element {
    Element::new("id").with("root", uuid.to_owned())
}

/// `id` of something that belongs to what `owner` identifies and has no identifier of its own.
pub(super) fn part_id(owner: &str, part: impl Into<Cow<'static, str>>) -> Element {
    id(owner).with("extension", part)
}

/// An element of the data type CD or CE.
pub(super) fn coded(name: &'static str, code: Code) -> Element {
    Element::new(name).with("code", code.code).with("codeSystem", code.system.oid()).with("displayName", code.display)
}

/// `code` with one of HL7's ActCodes, which say what an act of C-CDA is.
pub(super) fn act_code(code: &'static str) -> Element {
    Element::new("code").with("code", code).with("codeSystem", "2.16.840.1.113883.5.4")
}

/// `value` of the data type CD.
pub(super) fn coded_value(code: Code) -> Element {
    typed(coded("value", code), "CD")
}

/// A physical quantity; a unit of UCUM, or none for a count.
pub(super) fn quantity(name: &'static str, number: String, unit: Option<&'static str>) -> Element {
    let element = Element::new(name).with("value", number);
    match unit {
        Some(unit) => element.with("unit", unit),
        None => element,
    }
}

/// The same element with its data type said.
pub(super) fn typed(element: Element, data_type: &'static str) -> Element {
    element.with("xsi:type", data_type)
}

/// `statusCode`.
pub(super) fn status(code: &'static str) -> Element {
    Element::new("statusCode").with("code", code)
}

/// `text` that points to the narrative.
pub(super) fn text_reference(target: &str) -> Element {
    Element::new("text").child(Element::new("reference").with("value", format!("#{target}")))
}

/// A point in time to the day.
pub(super) fn day(name: &'static str, day: NaiveDate) -> Element {
    Element::new(name).with("value", day.format("%Y%m%d").to_string())
}

/// A point in time to the second; the offset is always said.
pub(super) fn instant(name: &'static str, instant: DateTime<Utc>) -> Element {
    Element::new(name).with("value", instant.format("%Y%m%d%H%M%S+0000").to_string())
}

/// `effectiveTime` from a day to another, or without an end.
pub(super) fn interval(start: NaiveDate, end: Option<NaiveDate>) -> Element {
    Element::new("effectiveTime").child(day("low", start)).children(end.map(|end| day("high", end)))
}

/// `entryRelationship` around another entry.
pub(super) fn related(kind: &'static str, entry: Element) -> Element {
    Element::new("entryRelationship").with("typeCode", kind).child(entry)
}

/// The same, where the inner entry speaks of the outer one and not the other way round.
pub(super) fn related_inversely(kind: &'static str, entry: Element) -> Element {
    Element::new("entryRelationship").with("typeCode", kind).with("inversionInd", "true").child(entry)
}

/// `code` of a concern act: the only one that C-CDA allows there, of HL7's ActClass.
pub(super) fn concern_code() -> Element {
    Element::new("code").with("code", "CONC").with("codeSystem", "2.16.840.1.113883.5.6")
}

//! HL7's data types as they stand in entries: times, codes, identifiers and texts (data types R1). What is written is kept, what is missing stays missing.

use super::{
    element::Element,
    narratives::Narratives,
    timestamp::{Precision, Timestamp},
};
use crate::domain::clinical::{Code, Coded, Id, Time, Times};

/// A TS: its `value`, or what a vendor wrote into `nullFlavor` instead.
pub(super) fn time(element: &Element) -> Option<Time> {
    if let Some(raw) = element.attribute("value") {
        let read = Timestamp::parse(raw).ok();
        let precision = read.as_ref().map(|time| precision(time.precision));
        return Some(Time { raw: raw.to_owned(), iso: read.map(|time| time.iso), precision });
    }
    // Seen: nullFlavor="20120119000000".
    let raw = element.attribute("nullFlavor").filter(|flavor| flavor.starts_with(|c: char| c.is_ascii_digit()))?;
    let read = Timestamp::parse(raw).ok()?;
    Some(Time { raw: raw.to_owned(), precision: Some(precision(read.precision)), iso: Some(read.iso) })
}

fn precision(precision: Precision) -> &'static str {
    match precision {
        Precision::Year => "year",
        Precision::Month => "month",
        Precision::Day => "day",
        Precision::Hour => "hour",
        Precision::Minute => "minute",
        Precision::Second => "second",
        Precision::Fraction => "fraction",
    }
}

/// An IVL_TS, or a TS: decided by its children and not by its type, which is often missing or wrong.
pub(super) fn times(element: &Element) -> Times {
    let of = |name| element.child(name).and_then(time);
    let end_null_flavor = element.child("high").filter(|high| time(high).is_none()).and_then(|high| high.attribute("nullFlavor"));
    Times {
        start: of("low"),
        end: of("high"),
        end_null_flavor: end_null_flavor.map(str::to_owned),
        time: time(element).or_else(|| of("center")),
    }
}

/// A CD, CE or CO with its translations. The row carries the first one of the systems that are preferred, in this order, else the first that has a code.
pub(super) fn coded(element: &Element, preferred: &[&str], narratives: &mut Narratives) -> Coded {
    let mut codes = Vec::new();
    collect(element, &mut codes);
    let has_code = |code: &Code| code.code.is_some();
    let of = |system: &&str| codes.iter().position(|code| has_code(code) && code.system.as_deref() == Some(*system));
    let chosen = preferred.iter().find_map(of).or_else(|| codes.iter().position(has_code));
    Coded {
        chosen,
        original_text: element.child("originalText").and_then(|text| text_of(text, narratives).0),
        null_flavor: element.attribute("nullFlavor").map(str::to_owned),
        codes,
    }
}

/// So many translations are kept.
const MOST_CODES: usize = 64;

/// Itself, then its translations, those of translations too.
fn collect(element: &Element, codes: &mut Vec<Code>) {
    if codes.len() == MOST_CODES {
        return;
    }
    let text = |name| element.attribute(name).filter(|value| *value != "null").map(str::to_owned);
    codes.push(Code { code: text("code"), system: text("codeSystem"), display: text("displayName"), null_flavor: text("nullFlavor") });
    element.children("translation").for_each(|translation| collect(translation, codes));
}

pub(super) fn ids(element: &Element) -> Vec<Id> {
    let id = |id: &Element| Id {
        root: id.attribute("root").map(str::to_owned),
        extension: id.attribute("extension").map(str::to_owned),
        null_flavor: id.attribute("nullFlavor").map(str::to_owned),
    };
    element.children("id").map(id).collect()
}

/// A text that may stand inline, in the narrative, or both: inline first. With it comes the ID that it points to.
pub(super) fn text_of(element: &Element, narratives: &mut Narratives) -> (Option<String>, Option<String>) {
    let value = element.child("reference").and_then(|reference| reference.attribute("value"));
    let id = value.map(|value| value.strip_prefix('#').unwrap_or(value));
    let text = element.text().or_else(|| id.and_then(|id| narratives.get(id)));
    // Some write the text itself where a pointer belongs.
    let literal = || value.filter(|value| !value.starts_with('#') && value.contains(' ')).map(str::to_owned);
    (text.or_else(literal), id.map(str::to_owned))
}

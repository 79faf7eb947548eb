//! A measured value in the types that occur: quantities, intervals, numbers, codes, times and texts. Numbers stay as they were written.

use crate::{
    ccda::{element::Element, narratives::Narratives, values},
    domain::clinical::{Time, Value},
};

/// Reads `value`, by its type where it has one.
pub(super) fn value(element: Element, narratives: &mut Narratives) -> Value {
    let kind = element.xsi_type().map(str::to_owned);
    let null_flavor = element.attribute("nullFlavor").map(str::to_owned);
    let read = match kind.as_deref() {
        Some("CD" | "CE" | "CO" | "CV" | "CS") => coded(element, narratives),
        Some("IVL_PQ" | "IVL_INT" | "IVL_REAL") => interval(element),
        Some("ST" | "ED") => text(element, narratives),
        Some("RTO" | "RTO_PQ_PQ") => ratio(element),
        Some("TS" | "IVL_TS") => time(element),
        _ if element.child("low").is_some() || element.child("high").is_some() => interval(element),
        _ if element.attribute("value").is_some() => quantity(element),
        _ if element.attribute("code").is_some() => coded(element, narratives),
        // A number with a unit of the vendor's own stands in a translation.
        _ => match element.child("translation").filter(|translation| translation.attribute("value").is_some()) {
            Some(translation) => quantity(translation),
            None => text(element, narratives),
        },
    };
    Value { kind, null_flavor, ..read }
}

fn quantity(element: Element) -> Value {
    let number = element.attribute("value").map(str::to_owned);
    // A foreign unit is named, not coded.
    let unit = element.attribute("unit").map(str::to_owned).or_else(|| element.child("originalText").and_then(Element::text));
    let text = number.as_ref().map(|number| joined(number, unit.as_deref()));
    let is_number = number.as_ref().is_some_and(|number| number.parse::<f64>().is_ok());
    Value { text, number: number.filter(|_| is_number), unit, ..Value::default() }
}

/// With one end only, the number is a limit.
fn interval(element: Element) -> Value {
    let end = |name: &str| element.child(name).filter(|end| end.attribute("value").is_some());
    let includes = |end: Element| end.attribute("inclusive") != Some("false");
    match (end("low"), end("high")) {
        (Some(low), Some(high)) => {
            let (low, high) = (quantity(low), quantity(high));
            let text = low.text.as_ref().zip(high.text.as_ref()).map(|(low, high)| format!("{low} to {high}"));
            Value { text, number: low.number, number_high: high.number, unit: low.unit.or(high.unit), ..Value::default() }
        }
        (Some(low), None) => limited(if includes(low) { ">=" } else { ">" }, quantity(low)),
        (None, Some(high)) => limited(if includes(high) { "<=" } else { "<" }, quantity(high)),
        (None, None) => quantity(element),
    }
}

fn limited(comparator: &'static str, value: Value) -> Value {
    let text = value.text.map(|text| format!("{comparator} {text}"));
    Value { text, comparator: Some(comparator), ..value }
}

fn coded(element: Element, narratives: &mut Narratives) -> Value {
    let code = values::coded(element, &[], narratives);
    let text = code.original_text.as_deref().or(code.display()).or(code.preferred().and_then(|code| code.code.as_deref()));
    Value { text: text.map(str::to_owned), code, ..Value::default() }
}

/// A text is a number only where all of it is one, or a limit: `<0.5`, not `1:80`.
fn text(element: Element, narratives: &mut Narratives) -> Value {
    let (text, _) = values::text_of(element, narratives);
    let text = text.or_else(|| element.attribute("value").map(str::to_owned));
    let (comparator, rest) = text.as_deref().map_or((None, ""), split_comparator);
    let number = Some(rest.trim()).filter(|rest| is_plain_number(rest)).map(str::to_owned);
    Value { comparator: comparator.filter(|_| number.is_some()), number, text, ..Value::default() }
}

fn split_comparator(text: &str) -> (Option<&'static str>, &str) {
    for comparator in ["<=", ">=", "<", ">"] {
        if let Some(rest) = text.strip_prefix(comparator) {
            return (Some(comparator), rest);
        }
    }
    (None, text)
}

/// Digits, a sign and a point: neither `1e5` nor `inf`.
fn is_plain_number(text: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    text.contains(|c: char| c.is_ascii_digit()) && text.chars().all(is_digit) && text.parse::<f64>().is_ok()
}

fn ratio(element: Element) -> Value {
    let part = |name: &str| element.child(name).and_then(|part| quantity(part).text);
    let text = part("numerator").zip(part("denominator")).map(|(numerator, denominator)| format!("{numerator} / {denominator}"));
    Value { text, ..Value::default() }
}

/// A date, or from when to when: as ISO text, for it is no number.
fn time(element: Element) -> Value {
    let times = values::times(element);
    let iso = |time: Option<Time>| time.and_then(|time| time.iso.or(time.raw));
    let (start, end) = (iso(times.start), iso(times.end));
    let interval = match (start, end) {
        (Some(start), Some(end)) => Some(format!("{start} to {end}")),
        (start, None) => start.map(|start| format!("from {start}")),
        (None, end) => end.map(|end| format!("to {end}")),
    };
    Value { text: iso(times.time).or(interval), ..Value::default() }
}

fn joined(number: &str, unit: Option<&str>) -> String {
    unit.map_or_else(|| number.to_owned(), |unit| format!("{number} {unit}"))
}

//! Times, codes and texts of entries, as these need them: [`data_types`] reads each of them, here they are put together with their translations and with
//! what the narrative says. What is written is kept, what is missing stays missing.

use super::{data_types, element::Element, encapsulated, narratives::Narratives};
use crate::domain::clinical::{Code, Coded, Time, Times};

/// A time, where one is written.
pub(super) fn time(element: Element) -> Option<Time> {
    Some(data_types::time(Some(element))).filter(|time| time.raw.is_some())
}

/// An IVL_TS, or a TS: decided by its children and not by its type, which is often missing or wrong.
pub(super) fn times(element: Element) -> Times {
    let of = |name| element.child(name).and_then(time);
    let end_null_flavor = element.child("high").filter(|high| time(*high).is_none()).and_then(|high| high.attribute("nullFlavor"));
    Times {
        start: of("low"),
        end: of("high"),
        end_null_flavor: end_null_flavor.map(str::to_owned),
        time: time(element).or_else(|| of("center")),
    }
}

/// A CD, CE or CO with its translations. The row carries the first one of the systems that are preferred, by their usual names and in this order, else the
/// first that has a code.
pub(super) fn coded(element: Element, preferred: &[&str], narratives: &mut Narratives) -> Coded {
    let mut codes = Vec::new();
    collect(element, &mut codes);
    let has_code = |code: &Code| code.code.is_some();
    let of = |system: &&str| codes.iter().position(|code| has_code(code) && code.system_name == Some(*system));
    let chosen = preferred.iter().find_map(of).or_else(|| codes.iter().position(has_code));
    Coded {
        chosen,
        original_text: original_text(element, narratives),
        null_flavor: element.attribute("nullFlavor").map(str::to_owned),
        codes,
    }
}

/// What the clinician saw: some write it on a translation.
fn original_text(element: Element, narratives: &mut Narratives) -> Option<String> {
    let own = element.child("originalText").and_then(|text| text_of(text, narratives).0);
    own.or_else(|| element.children("translation").filter_map(|it| it.child("originalText")).find_map(|text| text_of(text, narratives).0))
}

/// So many translations are kept.
const MOST_CODES: usize = 64;

/// Itself, then its translations, those of translations too.
fn collect(element: Element, codes: &mut Vec<Code>) {
    if codes.len() == MOST_CODES {
        return;
    }
    codes.push(data_types::own_code(element));
    element.children("translation").for_each(|translation| collect(translation, codes));
}

/// A text that may stand inline, in the narrative, or both: inline first, unless that is bytes. With it comes the ID that it points to.
pub(super) fn text_of(element: Element, narratives: &mut Narratives) -> (Option<String>, Option<String>) {
    let value = element.child("reference").and_then(|reference| reference.attribute("value"));
    let id = value.map(|value| value.strip_prefix('#').unwrap_or(value));
    let inline = if encapsulated::is_encapsulated(element) { None } else { element.text() };
    let text = inline.or_else(|| id.and_then(|id| narratives.get(id)));
    // Some write the text itself where a pointer belongs.
    let literal = || value.filter(|value| !value.starts_with('#') && is_words(value)).map(str::to_owned);
    (text.or_else(literal), id.map(str::to_owned))
}

/// Whether it is words and no pointer, file or address: it has blanks, or is a single word such as `Oral` or `EUROPEAN`, and not `PtrToText`.
fn is_words(value: &str) -> bool {
    let is_word = || !value.is_empty() && value.chars().all(char::is_alphabetic);
    let changes_case = || value.chars().zip(value.chars().skip(1)).any(|(before, after)| before.is_lowercase() && after.is_uppercase());
    value.contains(' ') || (is_word() && !changes_case())
}

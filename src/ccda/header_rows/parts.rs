//! Parts of names and addresses, and which of several values is the one to show.

use super::super::{
    data_types::ids,
    element::{Content, Element},
};
use crate::domain::clinical::{InstanceId, Part};

/// The elements of a name or an address that say something, in order; without the times for which it holds.
pub(super) fn parts(element: Element) -> Vec<Part> {
    let said = element.elements().filter(|part| !matches!(part.local(), "validTime" | "useablePeriod" | "delimiter"));
    let part = |part: Element| Part {
        kind: part.local().to_owned(),
        text: part.text(),
        qualifier: part.attribute("qualifier").map(str::to_owned),
        null_flavor: part.attribute("nullFlavor").map(str::to_owned),
    };
    said.map(part).collect()
}

/// The text of all parts of a kind that `are_meant`, between blanks or what else is given.
pub(super) fn joined(parts: &[Part], kind: &str, between: &str, are_meant: impl Fn(&Part) -> bool) -> Option<String> {
    let meant = parts.iter().filter(|part| part.kind == kind && are_meant(part));
    let mut texts = meant.filter_map(|part| part.text.as_deref());
    let first = texts.next()?.to_owned();
    Some(texts.fold(first, |joined, text| joined + between + text))
}

/// All that an element says: its own text and that of each child, between commas.
pub(super) fn in_one_line(element: Element) -> Option<String> {
    let mut pieces = Vec::new();
    for content in element.content() {
        let piece = match content {
            Content::Text(text) => Some(text.split_whitespace().collect::<Vec<_>>().join(" ")),
            Content::Element(child) => child.text(),
        };
        pieces.extend(piece.filter(|piece| !piece.is_empty()));
    }
    (!pieces.is_empty()).then(|| pieces.join(", "))
}

/// The first identifier that says something, else the first.
pub(super) fn first_telling(ids: &[InstanceId]) -> InstanceId {
    let telling = ids.iter().find(|id| id.null_flavor.is_none() && id.root.is_some());
    telling.or(ids.first()).cloned().unwrap_or_default()
}

/// All identifiers of an element, where there is one.
pub(super) fn ids_of(element: Option<Element>) -> Vec<InstanceId> {
    element.map(ids).unwrap_or_default()
}

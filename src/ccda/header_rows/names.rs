//! Names of persons: their parts, and the one that somebody goes by.

use super::super::{data_types::interval, element::Element};
use super::parts::{joined, parts};
use crate::domain::clinical::{Part, header::Name};

pub(in crate::ccda) fn name(element: Option<Element>) -> Name {
    let Some(element) = element else { return Name::default() };
    let parts = parts(element);
    let all = |_: &Part| true;
    let mut given = parts.iter().filter(|part| part.kind == "given" && !is(part, "CL")).filter_map(|part| part.text.as_deref());
    let first = given.next().map(str::to_owned).or_else(|| joined(&parts, "given", " ", all));
    let middle = given.collect::<Vec<_>>().join(" ");
    let mut name = Name {
        text: None,
        prefix: joined(&parts, "prefix", " ", all),
        given: first,
        middle: Some(middle).filter(|middle| !middle.is_empty()),
        family: joined(&parts, "family", " ", |part| !is(part, "BR")).or_else(|| joined(&parts, "family", " ", all)),
        suffix: joined(&parts, "suffix", " ", all),
        call_me: joined(&parts, "given", " ", |part| is(part, "CL")),
        usage: element.attribute("use").map(str::to_owned),
        parts,
        period: interval(element.at("validTime")),
        null_flavor: element.attribute("nullFlavor").map(str::to_owned),
    };
    let spoken = [&name.prefix, &name.given, &name.middle, &name.family, &name.suffix].map(Option::as_deref);
    let spoken = spoken.into_iter().flatten().collect::<Vec<_>>().join(" ");
    name.text = Some(spoken).filter(|spoken| !spoken.is_empty()).or_else(|| element.text());
    name
}

/// A name in one line.
pub(super) fn text(element: Option<Element>) -> Option<String> {
    name(element).text
}

/// Which of a patient's names is the current legal one: the first that is legal and has no end, else the first that says something.
pub(super) fn current(names: &[Name]) -> usize {
    let legal = names.iter().position(|name| name.is_legal_now() && name.text.is_some());
    legal.or_else(|| names.iter().position(|name| name.text.is_some())).unwrap_or(0)
}

fn is(part: &Part, qualifier: &str) -> bool {
    part.qualifier.as_deref().is_some_and(|list| list.split_whitespace().any(|word| word == qualifier))
}

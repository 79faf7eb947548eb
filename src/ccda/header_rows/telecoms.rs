//! Telephone numbers, mail addresses, web pages.

use super::super::{data_types::interval, element::Element};
use crate::domain::clinical::header::Telecom;

pub(super) fn telecom(element: Element) -> Telecom {
    let value = element.attribute("value");
    let (scheme, number) = value.map(split).unwrap_or_default();
    Telecom {
        value: value.map(str::to_owned),
        scheme,
        number,
        usage: element.attribute("use").map(str::to_owned),
        period: interval(element.at("useablePeriod")),
        null_flavor: element.attribute("nullFlavor").map(str::to_owned),
    }
}

/// All of an element's.
pub(super) fn telecoms(element: Option<Element>) -> Vec<Telecom> {
    element.map(|element| element.children("telecom").map(telecom).collect()).unwrap_or_default()
}

/// A scheme is of letters and ends at a colon (RFC 3986, 3.1); what follows may be empty.
fn split(value: &str) -> (Option<String>, Option<String>) {
    let schemed = value.split_once(':').filter(|(scheme, _)| !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphabetic()));
    let (scheme, number) = match schemed {
        Some((scheme, number)) => (Some(scheme.to_ascii_lowercase()), number.trim()),
        None => (None, value),
    };
    (scheme, Some(number.to_owned()).filter(|number| !number.is_empty()))
}

//! Postal addresses.

use super::super::{data_types::interval, element::Element};
use super::parts::{in_one_line, joined, parts};
use crate::domain::clinical::header::Address;

pub(in crate::ccda) fn address(element: Option<Element>) -> Address {
    let Some(element) = element else { return Address::default() };
    let parts = parts(element);
    let of = |kind| joined(&parts, kind, ", ", |_| true);
    let house = || Some([of("houseNumber"), of("streetName")].into_iter().flatten().collect::<Vec<_>>().join(" "));
    Address {
        text: in_one_line(element),
        street: of("streetAddressLine").or_else(|| house().filter(|house| !house.is_empty())),
        city: of("city"),
        state: of("state"),
        postal_code: of("postalCode"),
        country: of("country"),
        county: of("county"),
        usage: element.attribute("use").map(str::to_owned),
        period: interval(element.at("useablePeriod")),
        null_flavor: element.attribute("nullFlavor").map(str::to_owned),
        parts,
    }
}

//! An immunization: a row for each that was given, and for each that was not and why.

use super::{Coded, Entry};

/// One immunization activity. The entry's code is the vaccine; its time is when it was given, or would have been.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Immunization {
    pub entry: Entry,
    /// Why it was not given.
    pub not_given_reason: Coded,
    pub lot: Option<String>,
    pub manufacturer: Option<String>,
    /// The manufacturer's MVX code.
    pub manufacturer_code: Option<String>,
    /// Which dose it is.
    pub dose_number: Option<String>,
    /// Its place in a series of administrations.
    pub series: Option<String>,
    /// How much was given, as written.
    pub dose: Option<String>,
    pub dose_unit: Option<String>,
    pub route: Coded,
    pub site: Coded,
    pub performer_name: Option<String>,
    pub performer_organization: Option<String>,
    pub reactions: Vec<Coded>,
}

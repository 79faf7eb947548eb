//! A postal address.

use super::{
    super::{Interval, Part},
    OfPatient,
};

/// An address, with the parts that are asked for in fields of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// All of it in one line; one that is bare text as it stands.
    pub text: Option<String>,
    /// All its lines.
    pub street: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub county: Option<String>,
    /// A list of `HP` primary home, `WP` work, `TMP`, `BAD` …, as written.
    pub usage: Option<String>,
    pub parts: Vec<Part>,
    pub period: Interval,
    pub null_flavor: Option<String>,
}

/// One address of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientAddress {
    pub of: OfPatient,
    pub address: Address,
}

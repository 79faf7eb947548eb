//! A telephone number, a mail address, a web page.

use super::{super::Interval, OfPatient};

/// A telecommunication address (TEL).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Telecom {
    /// As written.
    pub value: Option<String>,
    /// `tel`, `mailto`, `fax` …; `None` where none is written.
    pub scheme: Option<String>,
    /// The value without its scheme.
    pub number: Option<String>,
    /// A list of `HP` primary home, `WP` work, `MC` mobile …, as written.
    pub usage: Option<String>,
    pub period: Interval,
    pub null_flavor: Option<String>,
}

impl Telecom {
    /// The number, where one can call it.
    pub fn phone(&self) -> Option<&str> {
        let is_number = |number: &&str| number.contains(|c: char| c.is_ascii_digit()) && !number.contains('@');
        match self.scheme.as_deref() {
            Some("tel") => self.number.as_deref(),
            None => self.number.as_deref().filter(is_number),
            Some(_) => None,
        }
    }

    /// The mail address.
    pub fn email(&self) -> Option<&str> {
        match self.scheme.as_deref() {
            Some("mailto") => self.number.as_deref(),
            None => self.number.as_deref().filter(|address| address.contains('@')),
            Some(_) => None,
        }
    }
}

/// One telecom of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientTelecom {
    pub of: OfPatient,
    pub telecom: Telecom,
}

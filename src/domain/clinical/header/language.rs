//! A language of a patient.

use super::{super::Code, OfPatient};

/// One `languageCommunication`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientLanguage {
    pub of: OfPatient,
    /// A tag as written: en, eng, en-US.
    pub code: Code,
    /// Spoken, written, signed; received or expressed.
    pub mode: Code,
    pub proficiency: Code,
    pub preferred: Option<bool>,
}

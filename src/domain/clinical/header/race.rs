//! A race or an ethnic group of a patient.

use super::{super::Code, OfPatient};

/// One of them: the first of its kind is CDA's, further ones are extensions (`sdtc:raceCode`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientRace {
    pub of: OfPatient,
    pub kind: RaceKind,
    pub code: Code,
}

crate::domain::words! {
    /// What the code is about.
    pub enum RaceKind {
        Race = "race",
        Ethnicity = "ethnicity",
    }
}

//! `patient_races`

use super::{Row, of_patient};
use crate::domain::clinical::header::PatientRace;

pub(super) fn row(PatientRace { of, kind, code }: &PatientRace) -> Row {
    of_patient(of).set("kind", kind.as_str()).code("code", code)
}

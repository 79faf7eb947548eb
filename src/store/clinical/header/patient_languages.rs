//! `patient_languages`

use super::{Row, of_patient};
use crate::domain::clinical::header::PatientLanguage;

pub(super) fn row(language: &PatientLanguage) -> Row {
    of_patient(&language.of)
        .code("code", &language.code)
        .code("mode", &language.mode)
        .code("proficiency", &language.proficiency)
        .set("preferred", language.preferred)
}

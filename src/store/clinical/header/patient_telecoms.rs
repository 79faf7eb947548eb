//! `patient_telecoms`

use super::{Row, of_patient};
use crate::domain::clinical::header::PatientTelecom;

pub(super) fn row(PatientTelecom { of, telecom }: &PatientTelecom) -> Row {
    of_patient(of)
        .set("use", &telecom.usage)
        .set("value", &telecom.value)
        .set("scheme", &telecom.scheme)
        .set("number", &telecom.number)
        .interval("start", "end", &telecom.period)
        .set("null_flavor", &telecom.null_flavor)
}

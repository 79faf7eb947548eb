//! `patient_names`

use super::{Row, of_patient, parts};
use crate::domain::clinical::header::PatientName;

pub(super) fn row(PatientName { of, is_current, name }: &PatientName) -> Row {
    of_patient(of)
        .set("is_current", is_current)
        .set("use", &name.usage)
        .set("name", &name.text)
        .set("prefix", &name.prefix)
        .set("given", &name.given)
        .set("middle", &name.middle)
        .set("family", &name.family)
        .set("suffix", &name.suffix)
        .set("call_me", &name.call_me)
        .list("parts", parts(&name.parts))
        .interval("start", "end", &name.period)
        .set("null_flavor", &name.null_flavor)
}

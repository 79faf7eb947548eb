//! `patient_addresses`

use super::{Row, of_patient, parts, with_address};
use crate::domain::clinical::header::PatientAddress;

pub(super) fn row(PatientAddress { of, address }: &PatientAddress) -> Row {
    with_address(of_patient(of).set("use", &address.usage).set("text", &address.text), address)
        .set("county", &address.county)
        .list("parts", parts(&address.parts))
        .interval("start", "end", &address.period)
        .set("null_flavor", &address.null_flavor)
}

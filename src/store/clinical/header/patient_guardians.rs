//! `patient_guardians`

use super::{Row, of_patient, with_address, with_name, with_telecoms};
use crate::domain::clinical::header::PatientGuardian;

pub(super) fn row(guardian: &PatientGuardian) -> Row {
    let row = of_patient(&guardian.of).ids("ids", &guardian.ids).code("code", &guardian.code);
    let row = with_name(row, &guardian.name).set("organization", &guardian.organization);
    with_address(with_telecoms(row, &guardian.telecoms), &guardian.address)
}

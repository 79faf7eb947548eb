//! `patient_ids`

use super::{Row, of_patient};
use crate::domain::clinical::header::PatientId;

pub(super) fn row(PatientId { of, id, root_name }: &PatientId) -> Row {
    of_patient(of)
        .set("root", &id.root)
        .set("root_name", root_name)
        .set("ext", &id.extension)
        .set("authority", &id.authority)
        .set("null_flavor", &id.null_flavor)
}

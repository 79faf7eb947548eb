//! An identifier of a patient.

use super::{super::InstanceId, OfPatient};

/// One `id` of a patient's role. None says that it is the medical record number: its root tells who assigned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientId {
    pub of: OfPatient,
    pub id: InstanceId,
    /// What numbers of this root are, where everybody knows: SSN, NPI, Medicare.
    pub root_name: Option<&'static str>,
}

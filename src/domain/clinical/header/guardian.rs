//! A guardian of a patient.

use super::{
    super::{Code, InstanceId},
    Address, Name, OfPatient, Telecom,
};

/// A person, or an organisation, who is a patient's guardian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientGuardian {
    pub of: OfPatient,
    pub ids: Vec<InstanceId>,
    /// The relation, such as MTH.
    pub code: Code,
    pub name: Name,
    pub organization: Option<String>,
    pub telecoms: Vec<Telecom>,
    pub address: Address,
}

//! A patient as one document names them.

use super::super::{Code, InstanceId, Time};
use super::{Address, Name};

/// One `recordTarget`. Of what may stand there more often it has the one that counts, and all are in tables of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentPatient {
    /// Its place among the document's, from 1 on.
    pub seq: u32,
    pub path: String,
    /// The legal name that has no end, else the first one that says something.
    pub name: Name,
    pub birth_time: Time,
    pub deceased: Option<bool>,
    pub deceased_null_flavor: Option<String>,
    pub deceased_time: Time,
    /// Administrative: M, F, UN.
    pub gender: Code,
    pub race: Code,
    pub ethnicity: Code,
    /// The preferred one, else the first.
    pub language: Code,
    pub marital: Code,
    pub religion: Code,
    pub birthplace: Address,
    /// The first one that says something.
    pub address: Address,
    /// The first number to call, without `tel:`.
    pub phone: Option<String>,
    pub email: Option<String>,
    pub provider_organization: Option<String>,
    pub provider_organization_id: InstanceId,
    pub provider_organization_phone: Option<String>,
}

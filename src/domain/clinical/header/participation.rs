//! Who took part in a document, or in an act of its header.

use super::super::{Code, InstanceId, Interval};
use super::{Address, Name, Telecom};

/// One part that somebody took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participation {
    pub seq: u32,
    pub path: String,
    pub role: Role,
    /// `@typeCode`, such as IND.
    pub type_code: Option<String>,
    /// `@classCode` of a related or associated entity: NOK next of kin, ECON emergency contact, PRS personal relationship …
    pub class: Option<String>,
    /// What they did in it, such as PCP.
    pub function: Code,
    pub period: Interval,
    /// All of them; of a custodian those of the organisation.
    pub ids: Vec<InstanceId>,
    /// Occupation, or relation to the patient.
    pub code: Code,
    pub name: Name,
    /// A device's model, where no person but a device is meant.
    pub device: Option<String>,
    pub software: Option<String>,
    pub organization: Option<String>,
    pub organization_ids: Vec<InstanceId>,
    pub telecoms: Vec<Telecom>,
    pub address: Address,
}

crate::domain::words! {
    /// How somebody took part.
    pub enum Role {
        Author = "author",
        DataEnterer = "data_enterer",
        Informant = "informant",
        Custodian = "custodian",
        InformationRecipient = "information_recipient",
        LegalAuthenticator = "legal_authenticator",
        Authenticator = "authenticator",
        /// Whoever else has to do with the patient: emergency contacts, next of kin, insurance.
        Participant = "participant",
        /// Of a service event: primary care and other providers.
        Performer = "performer",
        /// For the encompassing encounter.
        ResponsibleParty = "responsible_party",
        /// In the encompassing encounter.
        EncounterParticipant = "encounter_participant",
    }
}

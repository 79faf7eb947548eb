//! What a header says: the document itself, its patients, who took part, and the acts that it tells of.

mod act;
mod address;
mod document;
mod guardian;
mod id;
mod language;
mod name;
mod participation;
mod patient;
mod race;
mod telecom;

pub use act::{ActKind, HeaderAct};
pub use address::{Address, PatientAddress};
pub use document::DocumentHeader;
pub use guardian::PatientGuardian;
pub use id::PatientId;
pub use language::PatientLanguage;
pub use name::{Name, PatientName};
pub use participation::{Participation, Role};
pub use patient::DocumentPatient;
pub use race::{PatientRace, RaceKind};
pub use telecom::{PatientTelecom, Telecom};

/// The rows of one header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderRows {
    pub document: DocumentHeader,
    pub acts: Vec<HeaderAct>,
    pub participations: Vec<Participation>,
    pub patients: Vec<DocumentPatient>,
    pub ids: Vec<PatientId>,
    pub names: Vec<PatientName>,
    pub addresses: Vec<PatientAddress>,
    pub telecoms: Vec<PatientTelecom>,
    pub races: Vec<PatientRace>,
    pub languages: Vec<PatientLanguage>,
    pub guardians: Vec<PatientGuardian>,
}

/// Where a row stands that belongs to one of the document's patients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfPatient {
    /// The patient's place among the document's.
    pub patient_seq: u32,
    /// The row's place among those of its kind in the document, from 1 on.
    pub seq: u32,
    pub path: String,
}

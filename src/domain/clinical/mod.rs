//! What documents say, as rows: one type a file, each a line of a clinical table. Texts are as they were written, cut of the blanks around them.

mod allergy;
mod billing_codes;
pub mod code_system;
mod content_digest;
mod encounter;
mod entry;
pub mod header;
mod immunization;
mod location;
mod measurement;
mod medication;
mod note;
mod performer;
mod planned_item;
mod problem;
mod procedure;
mod section;
mod social_history;
mod unknown_entry;
mod values;

pub use allergy::{Allergy, Reaction};
pub use billing_codes::BillingCodes;
pub use content_digest::{ContentDigest, Digest};
pub use encounter::Encounter;
pub use entry::{Assertion, Author, Entry};
pub use header::HeaderRows;
pub use immunization::Immunization;
pub use location::Location;
pub use measurement::{Measurement, Panel, ReferenceRange, Value};
pub use medication::{Medication, Supply, Timing};
pub use note::Note;
pub use performer::Performer;
pub use planned_item::PlannedItem;
pub use problem::Problem;
pub use procedure::{Device, Procedure, ProcedureKind};
pub use section::Section;
pub use social_history::SocialObservation;
pub use unknown_entry::UnknownEntry;
pub use values::{Code, Coded, InstanceId, Interval, Part, Time, Times};

/// The rows of one document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flat {
    /// The version of the rules that made them.
    pub rules: u32,
    /// `None` of what could not be read at all.
    pub digest: Option<ContentDigest>,
    pub header: HeaderRows,
    pub sections: Vec<Section>,
    pub problems: Vec<Problem>,
    pub medications: Vec<Medication>,
    pub allergies: Vec<Allergy>,
    pub immunizations: Vec<Immunization>,
    pub panels: Vec<Panel>,
    pub results: Vec<Measurement>,
    pub vital_signs: Vec<Measurement>,
    pub procedures: Vec<Procedure>,
    pub encounters: Vec<Encounter>,
    pub plan_of_treatment: Vec<PlannedItem>,
    pub social_history: Vec<SocialObservation>,
    pub notes: Vec<Note>,
    /// What no table took.
    pub unknown_entries: Vec<UnknownEntry>,
    pub issues: Vec<Issue>,
}

/// What could not be read as it was meant. The rest of the document was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Where, as a path from the root.
    pub path: String,
    pub reason: IssueReason,
}

crate::domain::words! {
    /// Why something could not be read.
    pub enum IssueReason {
        /// More elements in one piece than any chart has: the rest of that piece is left out.
        TooLarge = "too_large",
        /// Sections within sections within sections, deeper than any chart: those below are left out.
        TooDeep = "too_deep",
        /// More elements of a kind than any header has: this one and those after it are left out.
        TooMany = "too_many",
    }
}

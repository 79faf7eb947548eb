//! An encounter: a row for each visit, stay or contact.

use super::{BillingCodes, Coded, Entry, Location, Performer};

/// One encounter activity. The entry's code is its type; its times are from when to when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encounter {
    pub entry: Entry,
    /// AMB, IMP, EMER …: ActEncounterCode, in whichever place it stands.
    pub class: Option<String>,
    pub billing: BillingCodes,
    /// Where the patient went.
    pub disposition: Coded,
    pub performers: Vec<Performer>,
    pub location: Location,
    /// Names of the problem observations within it; each of them is a row of problems.
    pub diagnoses: Vec<String>,
    /// Why the patient came.
    pub indications: Vec<Coded>,
}

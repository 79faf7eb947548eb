//! An allergy or intolerance: a row for each observation of one, wherever it stands.

use super::{Coded, Entry, Times};

/// One allergy observation. The entry's code is the allergen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allergy {
    pub entry: Entry,
    /// What kind of reaction tendency it is: allergy to a drug, intolerance of food …
    pub kind: Coded,
    pub concern_status: Option<String>,
    pub concern: Times,
    /// Active, inactive, resolved, as a statement of its own.
    pub allergy_status: Coded,
    pub criticality: Coded,
    pub severity: Coded,
    /// What that severity is of: `allergy` (R1.1) or `reaction` (R2.1).
    pub severity_of: Option<&'static str>,
    pub reactions: Vec<Reaction>,
}

/// A reaction that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reaction {
    pub code: Coded,
    pub severity: Coded,
    pub times: Times,
}

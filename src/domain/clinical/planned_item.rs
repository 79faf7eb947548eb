//! An item of the plan of treatment: a row for each statement of what is to be done.

use super::{Coded, Entry, Time, Value};

/// One planned statement. The entry's code is what is planned, of a medication or an immunization the material.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlannedItem {
    pub entry: Entry,
    /// `encounter`, `procedure`, `medication` …
    pub kind: &'static str,
    /// When it is to be done, or from when on.
    pub planned_for: Option<Time>,
    pub priority: Coded,
    /// Who is to do it, or whom the patient is referred to.
    pub performer_name: Option<String>,
    pub performer_organization: Option<String>,
    pub location: Option<String>,
    pub reasons: Vec<Coded>,
    pub instructions: Option<String>,
    /// What an observation with a value says beside its code: some write the plan there in words.
    pub value: Value,
    /// Numbers as they are written.
    pub dose: Option<String>,
    pub dose_unit: Option<String>,
    pub route: Coded,
    /// Of a supply.
    pub quantity: Option<String>,
    pub quantity_unit: Option<String>,
}

//! A medication: a row for each medication activity, what is taken and what was ordered.

use super::{Coded, Entry, Time};

/// One medication activity. The entry's code is the drug; its times are from when to when it is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Medication {
    pub entry: Entry,
    pub timing: Timing,
    /// Numbers as they are written.
    pub dose: Option<String>,
    pub dose_max: Option<String>,
    pub dose_unit: Option<String>,
    pub rate: Option<String>,
    pub rate_unit: Option<String>,
    /// `4 {tablet} in 1 d`.
    pub max_dose: Option<String>,
    pub route: Coded,
    pub site: Coded,
    pub form: Coded,
    /// Whether it is taken only under a condition, and which.
    pub as_needed: bool,
    pub as_needed_reason: Coded,
    pub indications: Vec<Coded>,
    /// The directions as they were written.
    pub sig: Option<String>,
    pub instructions: Option<String>,
    pub manufacturer: Option<String>,
    pub supply: Supply,
}

/// How often it is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timing {
    pub period: Option<String>,
    pub period_max: Option<String>,
    pub period_unit: Option<String>,
    /// Whether the institution chooses the hours: every 6 h then means 4 times a day.
    pub institution_specified: Option<bool>,
    /// HS, AC, PCM …
    pub event: Option<String>,
    pub offset: Option<String>,
    /// Every `effectiveTime` of it, a JSON array.
    pub raw: String,
}

/// What was ordered and given out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Supply {
    /// Counts all fills.
    pub repeats: Option<String>,
    pub quantity: Option<String>,
    pub quantity_unit: Option<String>,
    pub end: Option<Time>,
    pub dispensed: Option<Time>,
}

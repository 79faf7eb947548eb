//! A problem: a row for each problem observation, wherever it stands.

use super::{Coded, Entry, Time, Times};

/// One problem observation. The entry's code is what the problem is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    pub entry: Entry,
    /// What kind of statement it is: a diagnosis, a symptom, a finding …
    pub category: Coded,
    /// Whether somebody is still concerned: the status of the act around it, and since when until when. It says nothing about the disease.
    pub concern_status: Option<String>,
    pub concern: Times,
    /// Active, inactive, resolved … as a statement of its own.
    pub problem_status: Coded,
    /// It is called active, and has an end.
    pub status_conflict: bool,
    pub severity: Coded,
    pub body_site: Coded,
    pub onset_age: Option<String>,
    pub onset_age_unit: Option<String>,
    pub diagnosis_date: Option<Time>,
}

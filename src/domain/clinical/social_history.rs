//! Social history: a row for each observation about who somebody is and how they live.

use super::{Entry, Value};

/// One observation of social history. The entry's code is the question, the value its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SocialObservation {
    pub entry: Entry,
    /// What it is about, whatever its code: `smoking_status`, `birth_sex` …, else `social_history`.
    pub kind: &'static str,
    pub value: Value,
}

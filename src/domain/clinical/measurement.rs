//! A measurement: a laboratory result or a vital sign, a row for each observation; and the panel that holds several of them.

use super::{Coded, Entry, Time};

/// One observation with its value. The entry's code is what was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measurement {
    pub entry: Entry,
    /// When the organizer around it says that it was, where the observation itself has no time.
    pub panel_time: Option<Time>,
    pub value: Value,
    pub interpretation: Coded,
    pub reference: ReferenceRange,
    pub specimen: Coded,
    pub method: Coded,
    pub body_site: Coded,
    /// Who measured it.
    pub performer: Option<String>,
}

/// What was measured, as a number where it is one, and always as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Value {
    /// `xsi:type`: PQ, CD, ST …
    pub kind: Option<String>,
    pub text: Option<String>,
    /// As written; whoever stores it makes it a number.
    pub number: Option<String>,
    /// The upper end of an interval with both ends.
    pub number_high: Option<String>,
    /// `<`, `<=`, `>` or `>=`: the number is only a limit.
    pub comparator: Option<&'static str>,
    /// As written; mostly UCUM.
    pub unit: Option<String>,
    pub code: Coded,
    pub null_flavor: Option<String>,
}

/// What is usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferenceRange {
    pub low: Option<String>,
    pub high: Option<String>,
    pub unit: Option<String>,
    pub text: Option<String>,
}

/// An organizer of results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Panel {
    pub entry: Entry,
    pub specimen: Coded,
}

//! What is written of a job's runs, as far as it decides whether an occurrence is due.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A run of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastRun {
    pub started_at: DateTime<Utc>,
    /// `None` of a run that died: nobody knows when.
    pub end: Option<RunEnding>,
}

/// How a run ended in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunEnding {
    pub at: DateTime<Utc>,
    /// Its exit code asks for another run.
    pub asks_for_another: bool,
}

/// The books of one occurrence, as of one moment, at which nobody else could write them. Whoever started a run, cron or another scheduler, it counts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    /// When the first run of the occurrence started.
    pub first_started_at: Option<DateTime<Utc>>,
    /// The newest run of the occurrence.
    pub newest: Option<PastRun>,
    /// A run of another occurrence that was going on when this one fell due.
    pub over: Option<PastRun>,
    /// The newest earlier occurrence that has a run.
    pub previous: Option<DateTime<Utc>>,
}

impl PastRun {
    /// Whether it was going on at this time, as far as its books are to be believed: no run lasts longer than `longest`, but a clock that jumped
    /// may have written so.
    pub(super) fn was_going_on(&self, at: DateTime<Utc>, longest: Duration) -> bool {
        self.end.is_some_and(|end| self.started_at <= at && at < end.at && end.at <= later(self.started_at, longest))
    }
}

/// So much later, or at the end of time.
pub(super) fn later(at: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(by).ok().and_then(|by| at.checked_add_signed(by)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

//! What to do about a job at one moment. Pure: whoever asks holds the job's database, so that two who ask never get the same run.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    Timetable,
    books::{Books, PastRun, later},
    timetable::{TRY_AGAIN, Turn},
};

/// How much longer than its deadline a run may have lasted by the books: its grace, its closing, a machine that was busy.
const ALLOWANCE: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A run of the occurrence begins now.
    Run {
        occurrence: DateTime<Utc>,
        /// From now on: for another run of an occurrence, what is left of the first one's.
        deadline: Duration,
    },
    /// Nothing is due before `until`, which is in the future.
    Wait { until: DateTime<Utc>, why: Waiting },
}

/// Why nothing is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// The occurrence is put off for its random delay.
    Delayed,
    /// Its newest run asks for another, which is put off for a while.
    Again,
    /// It has its run, and asks for no other, or there is no time left for one.
    Done,
    /// It fell due while a run of an earlier one was going on.
    Skipped,
    /// It was missed, and is not made up for.
    Left,
}

impl Turn {
    /// What to do now, with what the books say of this turn's occurrence.
    pub fn decide(&self, books: &Books) -> Decision {
        if self.is_left {
            return self.wait_for_next(Waiting::Left);
        }
        if let Some(newest) = &books.newest {
            return self.after(newest, books.first_started_at.unwrap_or(newest.started_at));
        }
        if self.now < self.starts_at {
            return Decision::Wait { until: self.starts_at, why: Waiting::Delayed };
        }
        if books.over.is_some_and(|over| over.was_going_on(self.occurrence, longest(self.deadline))) {
            return self.wait_for_next(Waiting::Skipped);
        }
        Decision::Run { occurrence: self.occurrence, deadline: self.deadline }
    }

    /// After a run of this occurrence.
    fn after(&self, newest: &PastRun, first_started_at: DateTime<Utc>) -> Decision {
        let Some(at) = self.another_at(newest) else { return self.wait_for_next(Waiting::Done) };
        // A clock that was ahead then must not give more time than there is.
        let ends_at = later(first_started_at.min(self.now), self.deadline);
        if at >= ends_at || at >= self.next {
            self.wait_for_next(Waiting::Done)
        } else if at > self.now {
            Decision::Wait { until: at, why: Waiting::Again }
        } else {
            Decision::Run { occurrence: self.occurrence, deadline: (ends_at - self.now).to_std().unwrap_or_default() }
        }
    }

    /// When the run asks for another one; never before now.
    fn another_at(&self, newest: &PastRun) -> Option<DateTime<Utc>> {
        let since = match newest.end {
            Some(end) if !end.asks_for_another => return None,
            Some(end) => end.at,
            // Nobody knows when it died; the wait is there so that what kills every run at once does not do so without a pause.
            None => newest.started_at,
        };
        // What the books date in the future was written by a clock that was ahead: how long ago it was is unknown, and it is over.
        Some(if since > self.now { self.now } else { later(since, TRY_AGAIN).max(self.now) })
    }

    fn wait_for_next(&self, why: Waiting) -> Decision {
        Decision::Wait { until: self.next_starts_at, why }
    }
}

impl Timetable {
    /// What to do now that this run of an occurrence is over, with the books as they were before it.
    pub fn decide_after(&self, occurrence: DateTime<Utc>, before: &Books, run: PastRun, now: DateTime<Utc>) -> Decision {
        let Some(turn) = self.turn(now) else {
            return Decision::Wait { until: self.next_start(now), why: Waiting::Done };
        };
        if turn.occurrence == occurrence {
            let first_started_at = before.first_started_at.or(Some(run.started_at));
            return turn.decide(&Books { first_started_at, newest: Some(run), ..*before });
        }
        turn.decide(&Books { over: Some(run), ..Books::default() })
    }

    /// The occurrences that fell due while this run of one was going on: they are skipped.
    pub fn skipped(&self, occurrence: DateTime<Utc>, run: &PastRun) -> Vec<DateTime<Utc>> {
        let Some(end) = run.end else { return Vec::new() };
        self.between(occurrence, end.at).filter(|at| run.was_going_on(*at, longest(self.deadline))).collect()
    }
}

fn longest(deadline: Duration) -> Duration {
    deadline.saturating_add(ALLOWANCE)
}

#[cfg(test)]
mod tests;

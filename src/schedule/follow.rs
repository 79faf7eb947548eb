//! The loop of one job: asleep until something may be due, a visit, asleep again. What a visit is, and the clock, come in as arguments.

use std::{future::ready, time::Duration};

use chrono::{DateTime, Utc};

use crate::clock::Clock;

/// A machine that sleeps does not count the time that passes, and a wall clock may be set: so often it is looked at.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// What came of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit<E> {
    /// Nothing is due before.
    pub until: DateTime<Utc>,
    /// How the run of the visit ended, if there was one.
    pub ended: Option<E>,
}

/// Visits the job at `first`, and from then on whenever the last visit said, until `stopping` returns.
///
/// A visit that is under way then is not cut off: it has to see to its end itself. With what its run came to, this returns; asleep, with nothing.
pub async fn follow<E>(
    first: DateTime<Utc>,
    clock: &Clock,
    stopping: impl AsyncFn(),
    mut visit: impl AsyncFnMut() -> Visit<E>,
) -> Option<E> {
    let mut until = first;
    loop {
        if !sleep_until(until, clock, &stopping).await {
            return None;
        }
        let visit = visit().await;
        let is_stopping = tokio::select! {
            biased;
            () = stopping() => true,
            () = ready(()) => false,
        };
        if is_stopping {
            return visit.ended;
        }
        until = visit.until;
    }
}

/// Whether the time came, and not the end.
async fn sleep_until(until: DateTime<Utc>, clock: &Clock, stopping: &impl AsyncFn()) -> bool {
    let asleep_since = clock.now();
    loop {
        let now = clock.now();
        // A clock that was set back may stand before other occurrences than the one that was waited for. Whether they had their runs, the books say.
        if now >= until || now < asleep_since {
            return true;
        }
        let step = (until - now).to_std().unwrap_or_default().min(LONGEST_SLEEP);
        tokio::select! {
            biased;
            () = stopping() => return false,
            () = clock.sleep(step) => {}
        }
    }
}

#[cfg(test)]
mod tests;

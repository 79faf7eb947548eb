//! When the occurrences of a job start, as its own keys say.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    Schedule,
    books::{Books, later},
};

/// Until another run of an occurrence, and until another look after one that failed.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(15 * 60);

/// What decides about a job beside what its runs came to.
#[derive(Debug, Clone)]
pub struct Timetable {
    pub schedule: Schedule,
    /// Each occurrence starts after a random part of it, before the next one in any case.
    pub random_delay: Duration,
    /// What the runs of an occurrence may take together, from the start of the first.
    pub deadline: Duration,
    /// For the random part alone: with one seed an occurrence always starts at the same time.
    pub seed: u64,
    /// Occurrences up to this time are left: what was missed when it was said that it should be.
    pub left_until: Option<DateTime<Utc>>,
}

/// One moment on a timetable: the occurrence that it lies in, and the one after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub now: DateTime<Utc>,
    /// The newest that is not in the future.
    pub occurrence: DateTime<Utc>,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// The first in the future.
    pub next: DateTime<Utc>,
    /// When that one starts.
    pub next_starts_at: DateTime<Utc>,
    pub(super) deadline: Duration,
    pub(super) is_left: bool,
}

impl Timetable {
    /// Where `now` stands; `None` before the first occurrence since 1970.
    pub fn turn(&self, now: DateTime<Utc>) -> Option<Turn> {
        let occurrence = self.schedule.latest(now)?;
        let mut upcoming = self.schedule.upcoming(now);
        // A schedule ends with the year 2100: after it, nothing is due any more.
        let mut coming = || upcoming.next().unwrap_or(DateTime::<Utc>::MAX_UTC);
        let (next, after_next) = (coming(), coming());
        Some(Turn {
            now,
            occurrence,
            starts_at: self.start(occurrence, next),
            next,
            next_starts_at: self.start(next, after_next),
            deadline: self.deadline,
            is_left: self.left_until.is_some_and(|until| occurrence <= until),
        })
    }

    /// When the first occurrence after `now` starts.
    pub fn next_start(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut upcoming = self.schedule.upcoming(now);
        let mut coming = || upcoming.next().unwrap_or(DateTime::<Utc>::MAX_UTC);
        let (next, after_next) = (coming(), coming());
        self.start(next, after_next)
    }

    /// When to look again after a look that failed: in a while, and at the next occurrence at the latest.
    pub fn try_again(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        later(now, TRY_AGAIN).min(self.next_start(now))
    }

    /// How many occurrences, this turn's included, have had neither a run nor an earlier look at them: 1 where nothing was missed. Counts to 1,000.
    pub fn without_a_run(&self, turn: &Turn, books: &Books, looked_at: Option<DateTime<Utc>>) -> usize {
        let after = books.previous.max(looked_at);
        after.map_or(1, |after| self.between(after.min(turn.occurrence), turn.occurrence).take(1_000).count().max(1))
    }

    /// The occurrences after the one time and up to the other.
    pub fn between(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        self.schedule.upcoming(after).take_while(move |at| *at <= until)
    }

    fn start(&self, occurrence: DateTime<Utc>, next: DateTime<Utc>) -> DateTime<Utc> {
        let longest = self.random_delay.min((next - occurrence).to_std().unwrap_or_default());
        // A part below one of the way to the next one ends before it.
        let part = fastrand::Rng::with_seed(self.seed ^ occurrence.timestamp().unsigned_abs()).f64();
        later(occurrence, Duration::from_millis(longest.mul_f64(part).as_millis().try_into().unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_occurrence_starts_within_its_delay_and_before_the_next_and_always_at_the_same_time(
            seed: u64, seconds in 946_684_800i64..2_000_000_000, delay in 0u64..100_000, hourly: bool,
        ) {
            let schedule = Schedule::parse(if hourly { "@hourly" } else { "30 2 * * 1-5" }, Tz::America__New_York).unwrap();
            let delay = Duration::from_secs(delay);
            let timetable = Timetable { schedule, random_delay: delay, deadline: Duration::from_secs(60), seed, left_until: None };
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let turn = timetable.turn(now).unwrap();
            prop_assert!(turn.occurrence <= turn.starts_at && turn.starts_at <= later(turn.occurrence, delay) && turn.starts_at < turn.next);
            prop_assert!(turn.occurrence <= now && now < turn.next);
            prop_assert_eq!(turn.next_starts_at, timetable.next_start(now));
            prop_assert_eq!(timetable.turn(turn.next).unwrap().starts_at, turn.next_starts_at);
            let again = timetable.try_again(now);
            prop_assert!(now < again && again <= later(now, TRY_AGAIN) && again <= turn.next_starts_at);
        }
    }

    #[test]
    fn delays_are_spread_over_the_whole_of_it() {
        let schedule = Schedule::parse("@daily", Tz::UTC).unwrap();
        let (random_delay, deadline) = (Duration::from_secs(3600), Duration::from_secs(60));
        let now = DateTime::from_timestamp(1_764_036_900, 0).unwrap();
        let delays: Vec<i64> = (0..200)
            .map(|seed| Timetable { schedule: schedule.clone(), random_delay, deadline, seed, left_until: None }.turn(now).unwrap())
            .map(|turn| (turn.starts_at - turn.occurrence).num_minutes())
            .collect();
        assert!(delays.iter().any(|minutes| *minutes < 6) && delays.iter().any(|minutes| *minutes >= 54), "{delays:?}");
    }
}

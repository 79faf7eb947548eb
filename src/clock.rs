//! The one clock: nothing else in the exporter reads the time or sleeps.
//!
//! Due dates are wall time, rates and token lives are monotonic time: a wall clock that jumps must not move them. Only the I/O timeouts of the
//! HTTP client are not ours: those are real time under any clock.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// Milliseconds since the Unix epoch, UTC: how every instant stands in the database.
pub type Millis = i64;

/// The system's clock, or one that tests move by hand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System { start: Instant },
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    start: DateTime<Utc>,
    /// How far the wall clock was moved apart from the monotonic one, in milliseconds.
    skew: Mutex<i64>,
    elapsed: watch::Sender<Duration>,
    /// Who sleeps until when: so many at each time.
    sleepers: Mutex<BTreeMap<Duration, usize>>,
}

/// Somebody who sleeps on a manual clock, until he goes on or is dropped.
struct Sleeper<'a>(&'a Manual, Duration);

impl Clock {
    /// The operating system's clock.
    pub fn system() -> Self {
        Self(Source::System { start: Instant::now() })
    }

    /// A clock that stands at `start` until [`advance`](Self::advance) moves it.
    pub fn manual(start: DateTime<Utc>) -> Self {
        let elapsed = watch::Sender::new(Duration::ZERO);
        Self(Source::Manual(Arc::new(Manual { start, skew: Mutex::new(0), elapsed, sleepers: Mutex::default() })))
    }

    /// Wall time.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System { .. } => Utc::now(),
            Source::Manual(manual) => {
                let skew = *manual.skew.lock().unwrap_or_else(PoisonError::into_inner);
                manual.start + *manual.elapsed.borrow() + chrono::Duration::milliseconds(skew)
            }
        }
    }

    /// Wall time as it stands in the database.
    pub fn now_ms(&self) -> Millis {
        self.now().timestamp_millis()
    }

    /// Time since this clock was made, which never goes back.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System { start } => start.elapsed(),
            Source::Manual(manual) => *manual.elapsed.borrow(),
        }
    }

    /// Returns when so much monotonic time has passed.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Source::System { .. } => tokio::time::sleep(duration).await,
            Source::Manual(manual) => {
                let mut elapsed = manual.elapsed.subscribe();
                let until = elapsed.borrow().saturating_add(duration);
                let _sleeper = Sleeper::new(manual, until);
                // The sender lives in `manual`, which we hold: waiting cannot fail.
                let _ = elapsed.wait_for(|now| *now >= until).await;
            }
        }
    }

    /// Moves a manual clock forward and wakes who slept until then. A system clock is not moved.
    pub fn advance(&self, duration: Duration) {
        if let Source::Manual(manual) = &self.0 {
            manual.elapsed.send_modify(|elapsed| *elapsed += duration);
        }
    }

    /// When, on the monotonic time of a manual clock, the first of its sleepers wakes. A time that has come is of one who has not gone on yet. `None`
    /// where nobody sleeps, and of a system clock.
    pub fn next_wake(&self) -> Option<Duration> {
        match &self.0 {
            Source::System { .. } => None,
            Source::Manual(manual) => manual.sleepers().keys().next().copied(),
        }
    }

    /// Moves the wall time of a manual clock alone, as an administrator or NTP does.
    pub fn jump(&self, milliseconds: i64) {
        if let Source::Manual(manual) = &self.0 {
            *manual.skew.lock().unwrap_or_else(PoisonError::into_inner) += milliseconds;
        }
    }
}

impl Manual {
    fn sleepers(&self) -> MutexGuard<'_, BTreeMap<Duration, usize>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Sleeper<'a> {
    fn new(manual: &'a Manual, until: Duration) -> Self {
        *manual.sleepers().entry(until).or_default() += 1;
        Self(manual, until)
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        let mut sleepers = self.0.sleepers();
        let last = sleepers.get_mut(&self.1).is_none_or(|count| {
            *count -= 1;
            *count == 0
        });
        if last {
            sleepers.remove(&self.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_its_sleepers_when_it_is_moved() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(3600)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(3600));
        sleeper.await.unwrap();
        assert_eq!(clock.now_ms(), 3_600_000);
    }

    #[tokio::test]
    async fn a_manual_clock_knows_when_the_first_sleeper_wakes_and_forgets_who_was_dropped() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        assert_eq!(clock.next_wake(), None);
        let sleep = |seconds| {
            let clock = clock.clone();
            tokio::spawn(async move { clock.sleep(Duration::from_secs(seconds)).await })
        };
        let (long, short) = (sleep(9), sleep(2));
        tokio::task::yield_now().await;
        assert_eq!(clock.next_wake(), Some(Duration::from_secs(2)));
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.next_wake(), Some(Duration::from_secs(2)), "its time has come, and it has not gone on yet");
        short.await.unwrap();
        assert_eq!(clock.next_wake(), Some(Duration::from_secs(9)));
        long.abort();
        assert!(long.await.is_err());
        assert_eq!(clock.next_wake(), None);
    }

    #[test]
    fn a_jump_of_the_wall_leaves_elapsed_time_alone() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        clock.jump(-5_000);
        assert_eq!((clock.now_ms(), clock.elapsed()), (-5_000, Duration::ZERO));
    }
}

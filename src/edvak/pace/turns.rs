//! When the next request may go out: the generic cell rate algorithm (ITU-T I.371), over a rate that may change and pauses that the server asks
//! for. Pure: the time comes in.
//!
//! Of our own and no crate's, because the rate changes while turns are owed: a limiter that is made anew forgets what it has just given.

use std::time::Duration;

use super::throttle::{Change, Throttle};

/// Slower than one turn in a day is one turn in a day; the settings refuse a rate of 0 before it comes here.
const SLOWEST: f64 = 1.0 / 86_400.0;

/// Turns of one limit.
#[derive(Debug)]
pub(super) struct Turns {
    throttle: Throttle,
    burst: u32,
    /// When the next turn would be, had none ever been given early.
    next: Duration,
    paused_until: Duration,
}

impl Turns {
    pub fn new(per_second: f64, burst: u32) -> Self {
        let throttle = Throttle::new(per_second.max(SLOWEST));
        Self { throttle, burst: burst.max(1), next: Duration::ZERO, paused_until: Duration::ZERO }
    }

    pub fn per_second(&self) -> f64 {
        self.throttle.per_second()
    }

    /// A turn now, or the time until there is one.
    pub fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let early = self.interval() * (self.burst - 1);
        let earliest = self.next.saturating_sub(early).max(self.paused_until);
        if now < earliest {
            return Err(earliest - now);
        }
        // Who woke a moment late has not lost it: the next turn is where it would have been, or rates would be obeyed and never reached.
        let interval = self.interval();
        let on_time = if now < self.next + interval { self.next } else { now };
        self.next = on_time + interval;
        Ok(())
    }

    /// The server asks for fewer requests. What a quiet time had saved up for a burst is gone with the halving.
    pub fn slow(&mut self, now: Duration) -> Option<Change> {
        let change = self.throttle.slow(now)?;
        self.next = self.next.max(now + self.interval() * self.burst);
        Some(change)
    }

    /// Gives back of the rate what the quiet until `now` has earned.
    pub fn climb(&mut self, now: Duration) -> Option<Change> {
        self.throttle.climb(now)
    }

    /// No turn before `until`; true when that is news.
    pub fn pause(&mut self, until: Duration) -> bool {
        let later = until > self.paused_until;
        self.paused_until = self.paused_until.max(until);
        later
    }

    /// When a pause ends; a time that has passed when there is none.
    pub fn paused_until(&self) -> Duration {
        self.paused_until
    }

    fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.per_second().max(SLOWEST / 10.0)).max(Duration::from_nanos(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_burst_and_then_one_each_interval() {
        let mut turns = Turns::new(2.0, 3);
        assert!((0..3).all(|_| turns.take(at(0)).is_ok()));
        assert_eq!(turns.take(at(0)), Err(at(500)));
        assert_eq!(turns.take(at(400)), Err(at(100)));
        assert!(turns.take(at(500)).is_ok());
        assert!(turns.take(at(501)).is_err());
    }

    #[test]
    fn turns_taken_a_moment_late_still_come_to_the_whole_rate() {
        let mut turns = Turns::new(50.0, 1);
        // Woken every 7 ms, where a turn is due every 20.
        let given = (0..60_000).step_by(7).filter(|now| turns.take(at(*now)).is_ok()).count();
        assert!((49 * 60..=50 * 60 + 1).contains(&given), "{given}");
    }

    #[test]
    fn a_halved_rate_gives_no_burst_and_half_as_many() {
        let mut turns = Turns::new(2.0, 5);
        assert!(turns.slow(at(60_000)).is_some());
        assert_eq!(turns.take(at(60_000)), Err(at(1_000)));
        assert!(turns.take(at(61_000)).is_ok());
        assert_eq!(turns.take(at(61_000)), Err(at(1_000)));
    }

    #[test]
    fn a_pause_holds_whatever_is_saved_up_and_the_longer_one_counts() {
        let mut turns = Turns::new(2.0, 5);
        assert!(turns.pause(at(30_000)));
        assert!(!turns.pause(at(10_000)));
        assert_eq!(turns.take(at(12_000)), Err(at(18_000)));
        assert!(turns.take(at(30_000)).is_ok());
    }

    #[test]
    fn the_slowest_rate_and_the_largest_burst_overflow_nothing() {
        let mut turns = Turns::new(0.0, u32::MAX);
        assert!(turns.take(at(0)).is_ok());
        turns.slow(at(0));
        assert!(turns.take(at(0)).is_err());
    }
}

//! When the next request may go out: governor's cell rate algorithm, over a rate that may change and pauses that the server asks for. Pure: the
//! time comes in.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};

use super::throttle::{Change, Throttle};

/// Slower than one turn in a day is one turn in a day; the settings refuse a rate of 0 before it comes here.
const SLOWEST: f64 = 1.0 / 86_400.0;

/// Turns of one limit.
#[derive(Debug)]
pub(super) struct Turns {
    throttle: Throttle,
    burst: NonZeroU32,
    limiter: Limiter,
    time: Told,
    /// When the next turn will be, as the last who came too early was told.
    promised: Option<Duration>,
    paused_until: Duration,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, Told, NoOpMiddleware<Duration>>;

/// The time as the limiter is told it, in nanoseconds: it asks a clock, and ours comes in as an argument.
#[derive(Debug, Clone, Default)]
struct Told(Arc<AtomicU64>);

impl Clock for Told {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Relaxed))
    }
}

impl Told {
    fn tell(&self, now: Duration) {
        self.0.store(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}

impl Turns {
    pub fn new(per_second: f64, burst: u32) -> Self {
        let throttle = Throttle::new(per_second.max(SLOWEST));
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let time = Told::default();
        let limiter = limiter(&throttle, burst, &time);
        Self { throttle, burst, limiter, time, promised: None, paused_until: Duration::ZERO }
    }

    pub fn per_second(&self) -> f64 {
        self.throttle.per_second()
    }

    /// A turn now, or the time until there is one.
    pub fn take(&mut self, now: Duration) -> Result<(), Duration> {
        if now < self.paused_until {
            return Err(self.paused_until - now);
        }
        // Who woke a moment late has not lost it: the turn is where it was promised, or rates would be obeyed and never reached.
        let on_time = self.promised.filter(|at| *at <= now && now < *at + interval(&self.throttle));
        self.time.tell(on_time.unwrap_or(now));
        match self.limiter.check() {
            Ok(()) => {
                self.promised = None;
                Ok(())
            }
            Err(early) => {
                let wait = early.wait_time_from(now).max(Duration::from_nanos(1));
                self.promised = Some(now + wait);
                Err(wait)
            }
        }
    }

    /// The server asks for fewer requests. What a quiet time had saved up for a burst is gone with the halving.
    pub fn slow(&mut self, now: Duration) -> Option<Change> {
        let change = self.throttle.slow(now)?;
        self.begin_anew(now);
        Some(change)
    }

    /// Gives back of the rate what the quiet until `now` has earned.
    pub fn climb(&mut self, now: Duration) -> Option<Change> {
        let change = self.throttle.climb(now)?;
        self.begin_anew(now);
        Some(change)
    }

    /// A limiter at the present rate that has given its burst already, so that a change of the rate is never a gift.
    fn begin_anew(&mut self, now: Duration) {
        self.time.tell(now);
        self.limiter = limiter(&self.throttle, self.burst, &self.time);
        self.promised = None;
        // The whole burst fits in a new limiter by definition, so this cannot fail.
        let _ = self.limiter.check_n(fitting(self.burst, interval(&self.throttle)));
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
}

fn limiter(throttle: &Throttle, burst: NonZeroU32, time: &Told) -> Limiter {
    let interval = interval(throttle);
    let quota = Quota::with_period(interval).expect("an interval of at least a nanosecond is a period");
    RateLimiter::direct_with_clock(quota.allow_burst(fitting(burst, interval)), time.clone())
}

/// As much of the burst as governor can count: it multiplies by the interval, in nanoseconds of 64 bits.
fn fitting(burst: NonZeroU32, interval: Duration) -> NonZeroU32 {
    let most = u128::from(u64::MAX / 4) / interval.as_nanos().max(1);
    NonZeroU32::new(u32::try_from(most).unwrap_or(u32::MAX)).map_or(NonZeroU32::MIN, |most| burst.min(most))
}

/// Time between two turns in the long run.
fn interval(throttle: &Throttle) -> Duration {
    Duration::from_secs_f64(1.0 / throttle.per_second().max(SLOWEST / 10.0)).max(Duration::from_nanos(1))
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

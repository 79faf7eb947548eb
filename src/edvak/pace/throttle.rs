//! A rate that is halved when the server asks for fewer requests, and that climbs back by itself. Pure: the time comes in.

use std::time::Duration;

/// Between two halvings at least this long passes, and so much quiet gives a step back.
const PERIOD: Duration = Duration::from_secs(10);
/// What one step gives back, and what is never taken away, as a part of the configured rate.
const TENTH: f64 = 0.1;

/// A rate and what has been taken from it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Throttle {
    configured: f64,
    current: f64,
    halved_at: Option<Duration>,
    /// When the server last complained, or a step was last given back.
    quiet_since: Duration,
}

/// A rate that has changed, in requests per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Change {
    pub from: f64,
    pub to: f64,
}

impl Throttle {
    /// The configured rate; `per_second` is more than 0.
    pub fn new(per_second: f64) -> Self {
        Self { configured: per_second, current: per_second, halved_at: None, quiet_since: Duration::ZERO }
    }

    /// Requests per second at present.
    pub fn per_second(&self) -> f64 {
        self.current
    }

    /// The server asks for fewer requests. Of the many answers that say so at once only the first halves the rate; all of them keep it low.
    pub fn slow(&mut self, now: Duration) -> Option<Change> {
        self.quiet_since = now;
        if self.halved_at.is_some_and(|at| now < at + PERIOD) {
            return None;
        }
        self.halved_at = Some(now);
        self.set((self.current / 2.0).max(self.configured * TENTH))
    }

    /// Gives back what the quiet until `now` has earned.
    pub fn climb(&mut self, now: Duration) -> Option<Change> {
        let steps = u32::try_from(now.saturating_sub(self.quiet_since).as_secs() / PERIOD.as_secs()).unwrap_or(u32::MAX);
        if steps == 0 || self.current == self.configured {
            return None;
        }
        self.quiet_since += PERIOD.saturating_mul(steps);
        self.set(self.current + self.configured * TENTH * f64::from(steps))
    }

    fn set(&mut self, to: f64) -> Option<Change> {
        let from = self.current;
        // A thousandth short of the whole is what adding up tenths leaves.
        self.current = if to > self.configured * 0.999 { self.configured } else { to };
        (self.current != from).then_some(Change { from, to: self.current })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn forty_complaints_at_once_halve_the_rate_once() {
        let mut throttle = Throttle::new(5.0);
        assert_eq!(throttle.slow(at(3)), Some(Change { from: 5.0, to: 2.5 }));
        assert!((0..39).all(|_| throttle.slow(at(4)).is_none()));
        assert_eq!(throttle.per_second(), 2.5);
        assert_eq!(throttle.slow(at(13)), Some(Change { from: 2.5, to: 1.25 }));
    }

    #[test]
    fn each_ten_seconds_of_quiet_give_a_tenth_back() {
        let mut throttle = Throttle::new(10.0);
        throttle.slow(at(0));
        assert_eq!(throttle.climb(at(9)), None);
        assert_eq!(throttle.climb(at(10)), Some(Change { from: 5.0, to: 6.0 }));
        assert_eq!(throttle.climb(at(19)), None);
        assert_eq!(throttle.climb(at(40)), Some(Change { from: 6.0, to: 9.0 }));
        assert_eq!(throttle.climb(at(50)).unwrap().to, 10.0);
        assert_eq!(throttle.climb(at(5_000)), None);
    }

    #[test]
    fn a_complaint_that_does_not_halve_still_puts_the_climb_off() {
        let mut throttle = Throttle::new(10.0);
        throttle.slow(at(0));
        throttle.slow(at(9));
        assert_eq!(throttle.climb(at(18)), None);
        assert!(throttle.climb(at(19)).is_some());
    }

    proptest! {
        #[test]
        fn the_rate_stays_between_a_tenth_and_the_whole_and_comes_back(
            configured in 0.001f64..500.0, steps in prop::collection::vec((0u64..25, any::<bool>()), 0..100),
        ) {
            let mut throttle = Throttle::new(configured);
            let mut now = Duration::ZERO;
            for (seconds, complaint) in steps {
                now += at(seconds);
                throttle.climb(now);
                if complaint { throttle.slow(now); }
                prop_assert!(throttle.per_second() >= configured * 0.0999 && throttle.per_second() <= configured);
            }
            throttle.climb(now + at(100));
            prop_assert_eq!(throttle.per_second(), configured);
        }
    }
}

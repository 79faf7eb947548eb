//! Hours of the local day in which a tenant may be asked.

use std::time::Duration;

use chrono::NaiveTime;

/// From the first time to the second, which is not included; over midnight when it starts later than it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyHours {
    pub from: NaiveTime,
    pub to: NaiveTime,
}

impl DailyHours {
    /// Whether the local time `at` lies in these hours.
    pub fn contain(self, at: NaiveTime) -> bool {
        if self.from <= self.to { self.from <= at && at < self.to } else { at >= self.from || at < self.to }
    }

    /// Time from the local time `at` until these hours begin; nothing within them. Whoever sleeps so long looks again: clocks may change in between.
    pub fn until(self, at: NaiveTime) -> Duration {
        if self.contain(at) {
            return Duration::ZERO;
        }
        let seconds = (self.from - at).num_seconds().rem_euclid(24 * 3600);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_may_lie_over_midnight() {
        let time = |text: &str| text.parse::<NaiveTime>().unwrap();
        let night = DailyHours { from: time("22:00:00"), to: time("06:00:00") };
        assert!(night.contain(time("23:30:00")) && night.contain(time("05:59:59")));
        assert!(!night.contain(time("06:00:00")) && !night.contain(time("12:00:00")));
        assert_eq!(night.until(time("06:00:00")), Duration::from_secs(16 * 3600));
        assert_eq!(night.until(time("21:59:58")), Duration::from_secs(2));
        let morning = DailyHours { from: time("05:00:00"), to: time("07:00:00") };
        assert_eq!((morning.until(time("23:00:00")), morning.until(time("05:00:00"))), (Duration::from_secs(6 * 3600), Duration::ZERO));
    }
}

//! Hours of the local day in which a tenant may be asked.

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
    }
}

//! The date range that a document is asked for, and how a job cuts the calendar into such ranges.

use chrono::{Datelike, Days, Months, NaiveDate};

/// An inclusive range of dates, in the tenant's time zone. `None` in its place means the whole chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window {
    pub start: NaiveDate,
    pub end: NaiveDate,
}

impl Window {
    /// Whether every date of `other` is one of ours.
    pub fn covers(self, other: Window) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The `end_date` to ask for: one day more, because the contract leaves open whether it is inclusive, at most `today`.
    pub fn requested_end(self, today: NaiveDate) -> NaiveDate {
        let one_more = self.end.checked_add_days(Days::new(1)).unwrap_or(self.end);
        one_more.min(today.max(self.start))
    }
}

/// The unit into which a fixed range is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowUnit {
    Day,
    Week,
    Month,
    Year,
}

/// Which windows a job asks for at an occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowPolicy {
    /// The whole chart, without dates.
    Everything,
    /// The last so many days, today included; at least 1.
    LastDays(u32),
    /// A fixed inclusive range, cut into units of the calendar, or whole.
    Range { from: NaiveDate, to: NaiveDate, every: Option<WindowUnit> },
}

impl WindowPolicy {
    /// The windows to ask for when today is `today`, oldest first; `None` stands for the whole chart. Dates after today are not asked for.
    pub fn windows(&self, today: NaiveDate) -> Vec<Option<Window>> {
        match *self {
            Self::Everything => vec![None],
            Self::LastDays(days) => {
                let back = Days::new(u64::from(days.saturating_sub(1)));
                let start = today.checked_sub_days(back).unwrap_or(NaiveDate::MIN);
                vec![Some(Window { start, end: today })]
            }
            Self::Range { from, to, every } => partition(from, to.min(today), every).into_iter().map(Some).collect(),
        }
    }
}

/// Cuts the inclusive range at the boundaries of `every`, without overlap or hole; empty when it ends before it starts.
fn partition(from: NaiveDate, to: NaiveDate, every: Option<WindowUnit>) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut start = from;
    while start <= to {
        let next = match every {
            None => None,
            Some(unit) => first_of_next(unit, start),
        };
        let end = next.and_then(|day| day.pred_opt()).map_or(to, |end| end.min(to));
        windows.push(Window { start, end });
        match end.succ_opt() {
            Some(day) => start = day,
            None => break,
        }
    }
    windows
}

/// The first day of the unit after the one that `day` lies in; weeks begin on Monday (ISO 8601).
fn first_of_next(unit: WindowUnit, day: NaiveDate) -> Option<NaiveDate> {
    match unit {
        WindowUnit::Day => day.succ_opt(),
        WindowUnit::Week => day.checked_add_days(Days::new(7 - u64::from(day.weekday().num_days_from_monday()))),
        WindowUnit::Month => day.with_day(1)?.checked_add_months(Months::new(1)),
        WindowUnit::Year => NaiveDate::from_ymd_opt(day.year() + 1, 1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn last_days_end_today() {
        let windows = WindowPolicy::LastDays(3).windows(date("2026-03-01"));
        assert_eq!(windows, [Some(Window { start: date("2026-02-27"), end: date("2026-03-01") })]);
    }

    #[test]
    fn months_begin_on_the_first_and_leap_days_are_in_them() {
        let policy = WindowPolicy::Range { from: date("2024-01-15"), to: date("2024-03-02"), every: Some(WindowUnit::Month) };
        let ends: Vec<_> = policy.windows(date("2026-01-01")).into_iter().flatten().map(|w| w.end.to_string()).collect();
        assert_eq!(ends, ["2024-01-31", "2024-02-29", "2024-03-02"]);
    }

    #[test]
    fn the_requested_end_is_a_day_more_but_never_tomorrow() {
        let window = Window { start: date("2026-01-01"), end: date("2026-01-31") };
        assert_eq!(window.requested_end(date("2026-06-01")), date("2026-02-01"));
        assert_eq!(window.requested_end(date("2026-01-31")), date("2026-01-31"));
    }

    proptest! {
        #[test]
        fn windows_partition_the_dates(start in 0i64..40_000, length in 0i64..2_000, unit in 0usize..5) {
            let from = date("1950-01-01") + chrono::Duration::days(start);
            let to = from + chrono::Duration::days(length);
            let every = [None, Some(WindowUnit::Day), Some(WindowUnit::Week), Some(WindowUnit::Month), Some(WindowUnit::Year)][unit];
            let windows = partition(from, to, every);
            prop_assert_eq!(windows.first().unwrap().start, from);
            prop_assert_eq!(windows.last().unwrap().end, to);
            for pair in windows.windows(2) {
                prop_assert_eq!(pair[0].end.succ_opt().unwrap(), pair[1].start);
            }
        }
    }
}

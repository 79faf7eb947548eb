//! A range of dates cut into windows at the boundaries of the calendar, without overlap or hole: for ten years of history there is a rule and no list.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::{Window, words};

words! {
    /// The unit of the calendar into which a range is cut; weeks begin on Monday (ISO 8601).
    pub enum WindowUnit {
        Day = "day",
        Week = "week",
        Month = "month",
        Year = "year",
    }
}

words! {
    /// Which window of a range comes first.
    pub enum Order {
        NewestFirst = "newest_first",
        OldestFirst = "oldest_first",
    }
}

/// An inclusive range of dates and the unit into which it is cut; without one it is a single window. Empty when it ends before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub every: Option<WindowUnit>,
}

impl Cut {
    /// The first window in this order.
    pub fn first(self, order: Order) -> Option<Window> {
        let day = match order {
            Order::NewestFirst => self.to,
            Order::OldestFirst => self.from,
        };
        self.around(day)
    }

    /// The window that follows `window` in this order. It need be none of ours: the range may have grown since it was one.
    pub fn next(self, order: Order, window: Window) -> Option<Window> {
        let day = match order {
            Order::NewestFirst => window.start.pred_opt()?.min(self.to),
            Order::OldestFirst => window.end.succ_opt()?.max(self.from),
        };
        self.around(day)
    }

    /// All windows in this order.
    pub fn windows(self, order: Order) -> impl Iterator<Item = Window> {
        std::iter::successors(self.first(order), move |window| self.next(order, *window))
    }

    /// The window in which a day lies.
    fn around(self, day: NaiveDate) -> Option<Window> {
        if day < self.from || self.to < day {
            return None;
        }
        let (first, last) = self.every.map_or((None, None), |unit| (unit.first_day(day), unit.last_day(day)));
        // At the ends of all calendars a unit may have no first or last day; then the range ends there too.
        Some(Window { start: first.map_or(self.from, |first| first.max(self.from)), end: last.map_or(self.to, |last| last.min(self.to)) })
    }
}

impl WindowUnit {
    fn first_day(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))),
            Self::Month => day.with_day(1),
            Self::Year => day.with_ordinal(1),
        }
    }

    fn last_day(self, day: NaiveDate) -> Option<NaiveDate> {
        let first = self.first_day(day)?;
        let next = match self {
            Self::Day => first.succ_opt(),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
            Self::Year => first.checked_add_months(Months::new(12)),
        };
        next?.pred_opt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UNITS: [Option<WindowUnit>; 5] =
        [None, Some(WindowUnit::Day), Some(WindowUnit::Week), Some(WindowUnit::Month), Some(WindowUnit::Year)];

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn cut(from: &str, to: &str, every: WindowUnit) -> Cut {
        Cut { from: date(from), to: date(to), every: Some(every) }
    }

    fn told(windows: impl Iterator<Item = Window>) -> Vec<String> {
        windows.map(|window| format!("{} {}", window.start, window.end)).collect()
    }

    #[test]
    fn months_begin_on_the_first_and_leap_days_are_in_them() {
        let months = cut("2024-01-15", "2024-03-02", WindowUnit::Month);
        let expected = ["2024-03-01 2024-03-02", "2024-02-01 2024-02-29", "2024-01-15 2024-01-31"];
        assert_eq!(told(months.windows(Order::NewestFirst)), expected);
    }

    #[test]
    fn ten_years_of_months_are_132_windows_and_a_leap_year_has_366_days() {
        assert_eq!(cut("2015-01-01", "2025-12-31", WindowUnit::Month).windows(Order::NewestFirst).count(), 132);
        assert_eq!(cut("2024-01-01", "2024-12-31", WindowUnit::Day).windows(Order::NewestFirst).count(), 366);
        assert_eq!(cut("2023-01-01", "2023-12-31", WindowUnit::Day).windows(Order::NewestFirst).count(), 365);
        assert_eq!(cut("2015-01-01", "2025-12-31", WindowUnit::Year).windows(Order::NewestFirst).count(), 11);
    }

    #[test]
    fn weeks_begin_on_monday() {
        let weeks = cut("2026-01-01", "2026-01-13", WindowUnit::Week);
        let expected = ["2026-01-01 2026-01-04", "2026-01-05 2026-01-11", "2026-01-12 2026-01-13"];
        assert_eq!(told(weeks.windows(Order::OldestFirst)), expected);
    }

    #[test]
    fn a_range_of_one_day_is_one_window_and_a_range_that_ends_before_it_starts_is_none() {
        for every in UNITS {
            let day = Cut { from: date("2024-02-29"), to: date("2024-02-29"), every };
            assert_eq!(told(day.windows(Order::NewestFirst)), ["2024-02-29 2024-02-29"]);
            let none = Cut { to: date("2024-02-28"), ..day };
            assert_eq!(none.windows(Order::NewestFirst).count() + none.windows(Order::OldestFirst).count(), 0);
        }
    }

    #[test]
    fn a_range_that_grew_goes_on_without_a_hole() {
        let yesterday = cut("2026-01-01", "2026-03-10", WindowUnit::Month);
        let partial = yesterday.first(Order::NewestFirst).unwrap();
        let today = Cut { to: date("2026-03-11"), ..yesterday };
        assert_eq!(today.next(Order::NewestFirst, partial), yesterday.next(Order::NewestFirst, partial));
        assert_eq!(today.next(Order::OldestFirst, partial).unwrap().end, date("2026-03-11"));
    }

    proptest! {
        #[test]
        fn windows_partition_the_dates_in_both_orders(start in 0i64..40_000, length in 0i64..2_000, unit in 0usize..5) {
            let from = date("1950-01-01") + chrono::Duration::days(start);
            let range = Cut { from, to: from + chrono::Duration::days(length), every: UNITS[unit] };
            let mut windows: Vec<_> = range.windows(Order::OldestFirst).collect();
            prop_assert_eq!((windows.first().unwrap().start, windows.last().unwrap().end), (range.from, range.to));
            for pair in windows.windows(2) {
                prop_assert_eq!(pair[0].end.succ_opt().unwrap(), pair[1].start);
            }
            windows.reverse();
            prop_assert_eq!(range.windows(Order::NewestFirst).collect::<Vec<_>>(), windows);
        }

        #[test]
        fn each_window_but_the_outer_ones_is_a_whole_unit(start in 0i64..40_000, length in 0i64..2_000, unit in 1usize..5) {
            let from = date("1950-01-01") + chrono::Duration::days(start);
            let range = Cut { from, to: from + chrono::Duration::days(length), every: UNITS[unit] };
            let windows: Vec<_> = range.windows(Order::OldestFirst).collect();
            for window in windows.iter().skip(1).rev().skip(1) {
                let days = (window.end - window.start).num_days() + 1;
                prop_assert!(match UNITS[unit].unwrap() {
                    WindowUnit::Day => days == 1,
                    WindowUnit::Week => days == 7,
                    WindowUnit::Month => window.start.day() == 1 && window.start.with_day(u32::try_from(days).unwrap()) == Some(window.end),
                    WindowUnit::Year => days == if window.start.leap_year() { 366 } else { 365 },
                }, "{:?}", window);
            }
        }
    }
}

//! The date range that a document is asked for, and which of them a job asks for.

use chrono::{Days, NaiveDate};

use super::{Cut, Order, WindowUnit};

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

    /// Our dates that none of `held` has, as the fewest windows, oldest first.
    pub fn without(self, held: &[Window]) -> Vec<Window> {
        let mut held: Vec<_> = held.iter().filter(|other| other.start <= self.end && self.start <= other.end).collect();
        held.sort_unstable();
        let (mut missing, mut next) = (Vec::new(), Some(self.start));
        for other in held {
            let Some(start) = next.filter(|start| *start <= self.end) else { break };
            if let Some(end) = other.start.pred_opt().filter(|end| *end >= start) {
                missing.push(Window { start, end });
            }
            next = other.end.succ_opt().map(|day| day.max(start));
        }
        missing.extend(next.filter(|start| *start <= self.end).map(|start| Window { start, end: self.end }));
        missing
    }

    /// The same dates as the fewest windows, oldest first.
    pub fn joined(mut windows: Vec<Window>) -> Vec<Window> {
        windows.sort_unstable();
        let mut joined: Vec<Window> = Vec::new();
        for window in windows {
            match joined.last_mut() {
                Some(last) if last.end.succ_opt().is_none_or(|next| window.start <= next) => last.end = last.end.max(window.end),
                _ => joined.push(window),
            }
        }
        joined
    }

    /// The `end_date` to ask for: one day more, because the contract leaves open whether it is inclusive, at most `today`.
    pub fn requested_end(self, today: NaiveDate) -> NaiveDate {
        let one_more = self.end.checked_add_days(Days::new(1)).unwrap_or(self.end);
        one_more.min(today.max(self.start))
    }
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
            Self::Range { from, to, every } => Cut { from, to: to.min(today), every }.windows(Order::OldestFirst).map(Some).collect(),
        }
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

    #[test]
    fn what_is_missing_are_the_dates_between() {
        let window = |start: &str, end: &str| Window { start: date(start), end: date(end) };
        let march = window("2024-03-01", "2024-03-31");
        assert_eq!(march.without(&[]), [march]);
        assert_eq!(march.without(&[window("2024-01-01", "2024-12-31")]), []);
        assert_eq!(
            march.without(&[window("2024-03-20", "2024-04-02"), window("2024-03-05", "2024-03-06"), window("2024-03-06", "2024-03-09")]),
            [window("2024-03-01", "2024-03-04"), window("2024-03-10", "2024-03-19")]
        );
        let ever = Window { start: NaiveDate::MIN, end: NaiveDate::MAX };
        assert_eq!((march.without(&[ever]), ever.without(&[ever])), (vec![], vec![]));
    }

    proptest! {
        #[test]
        fn missing_dates_are_those_that_nobody_holds(
            length in 0i64..60, held in prop::collection::vec((-10i64..70, 0i64..30), 0..6),
        ) {
            let day = |days: i64| date("2024-02-01") + chrono::Duration::days(days);
            let window = Window { start: day(0), end: day(length) };
            let held: Vec<_> = held.into_iter().map(|(start, length)| Window { start: day(start), end: day(start + length) }).collect();
            let missing = window.without(&held);
            let has = |windows: &[Window], day| windows.iter().any(|window| window.start <= day && day <= window.end);
            for day in (0..=length).map(day) {
                prop_assert_eq!(has(&missing, day), !has(&held, day), "{}", day);
            }
            let joined = Window::joined(held.clone());
            for day in (-10..=100).map(day) {
                prop_assert_eq!(has(&joined, day), has(&held, day), "{}", day);
            }
            for pair in missing.windows(2).chain(joined.windows(2)) {
                prop_assert!(pair[0].end.succ_opt().unwrap() < pair[1].start, "they could be one: {:?}", pair);
            }
        }
    }
}

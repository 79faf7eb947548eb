//! What a backfill asks for: each patient's whole chart once, or the windows of a range, one after the other.

use chrono::NaiveDate;

use super::{Cut, Order, Window, WindowUnit};

/// The last date of four digits, which no document reaches.
const LAST_DATE: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a date of the calendar");

/// A backfill as it was asked for: two that are equal are the same one, on whatever days they were typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backfill {
    /// Whole charts, without dates.
    Charts,
    /// The windows of a range of dates.
    Windows {
        from: NaiveDate,
        /// `None`: until yesterday, whenever that is.
        to: Option<NaiveDate>,
        every: WindowUnit,
        order: Order,
    },
}

impl Backfill {
    /// The last date that may be asked for when today is `today`: none that is still to come, and today only where it was named. For a whole chart,
    /// which holds no date, no day passes either.
    pub fn up_to(self, today: NaiveDate) -> NaiveDate {
        match self {
            Self::Windows { to: Some(to), .. } => to.min(today),
            Self::Windows { to: None, .. } => today.pred_opt().unwrap_or(today),
            Self::Charts => LAST_DATE,
        }
    }

    /// What comes up first: a window, or `Some(None)` for the whole chart; `None` where there is nothing to ask for.
    pub fn first(self, up_to: NaiveDate) -> Option<Option<Window>> {
        match self {
            Self::Charts => Some(None),
            Self::Windows { from, every, order, .. } => Cut { from, to: up_to, every: Some(every) }.first(order).map(Some),
        }
    }

    /// What comes up after `window`, in the same words.
    pub fn next(self, up_to: NaiveDate, window: Option<Window>) -> Option<Option<Window>> {
        match self {
            Self::Charts => None,
            Self::Windows { from, every, order, .. } => Cut { from, to: up_to, every: Some(every) }.next(order, window?).map(Some),
        }
    }

    /// All that comes up, in order.
    pub fn all(self, up_to: NaiveDate) -> impl Iterator<Item = Option<Window>> {
        std::iter::successors(self.first(up_to), move |window| self.next(up_to, *window))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn months(to: Option<&str>) -> Backfill {
        Backfill::Windows { from: date("2026-01-01"), to: to.map(date), every: WindowUnit::Month, order: Order::NewestFirst }
    }

    #[test]
    fn whole_charts_come_up_once_and_windows_one_after_the_other() {
        let today = date("2026-03-10");
        assert_eq!(Backfill::Charts.all(Backfill::Charts.up_to(today)).collect::<Vec<_>>(), [None]);
        let starts: Vec<_> = months(None).all(months(None).up_to(today)).map(|window| window.unwrap().start.to_string()).collect();
        assert_eq!(starts, ["2026-03-01", "2026-02-01", "2026-01-01"]);
    }

    #[test]
    fn nothing_after_today_is_asked_for_and_today_only_when_it_is_named() {
        let today = date("2026-03-10");
        assert_eq!(months(None).up_to(today), date("2026-03-09"));
        assert_eq!(months(Some("2026-12-31")).up_to(today), today);
        assert_eq!(months(Some("2026-02-15")).up_to(today), date("2026-02-15"));
        assert_eq!(months(Some("2025-12-31")).first(date("2025-12-31")), None);
    }
}

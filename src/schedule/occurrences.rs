//! The instants at which a schedule fires.
//!
//! The `cron` crate finds the matching local times, on a calendar without a zone; this file maps them to instants, so that a night of
//! daylight-saving change neither loses a run nor doubles one.

use std::{iter, str::FromStr};

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::{
    crontab::{Crontab, ScheduleError},
    local_time::{LONGEST_SHIFT, first_instant, last_instant},
};

/// How a local time becomes an instant. Both ways grow with the local time, which all searches here rest on.
type ToInstant = fn(Tz, NaiveDateTime) -> DateTime<Utc>;

/// A crontab expression in a time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    expression: String,
    zone: Tz,
    /// The local times at which it fires: those of all of these.
    rules: Vec<cron::Schedule>,
    /// Whether it fires at both of two equal local times.
    twice: bool,
}

impl Schedule {
    /// Reads five crontab fields, or a word such as `@daily`, whose times are local times of `zone`.
    pub fn parse(expression: &str, zone: Tz) -> Result<Self, ScheduleError> {
        let crontab = Crontab::parse(expression)?;
        // The crate refuses only what `Crontab` has already refused: every list is within its limits.
        let rules = crontab.expressions().iter().map(|rule| cron::Schedule::from_str(rule)).collect::<Result<_, _>>();
        let rules = rules.map_err(|_| ScheduleError::NeverFires)?;
        let schedule = Self { expression: expression.trim().to_owned(), zone, rules, twice: crontab.runs_every_hour() };
        let fires = schedule.upcoming(DateTime::UNIX_EPOCH).next().is_some();
        if fires { Ok(schedule) } else { Err(ScheduleError::NeverFires) }
    }

    /// The expression as it was written.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The zone of its local times.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The newest occurrence that is not after `now`; `None` before the first one since 1970.
    pub fn latest(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let from = self.local(now) + LONGEST_SHIFT;
        let newest = |rule: &cron::Schedule, to_instant: ToInstant| {
            let back = rule.after(&Utc.from_utc_datetime(&from)).rev();
            back.map(|local| to_instant(self.zone, local.naive_utc())).find(|at| *at <= now)
        };
        self.sources().filter_map(|(rule, to_instant)| newest(rule, to_instant)).max()
    }

    /// The occurrences after `after`, in their order, each once; ends with the year 2100.
    pub fn upcoming(&self, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        let from = self.local(after) - LONGEST_SHIFT;
        let stream = move |(rule, to_instant): (&'_ cron::Schedule, ToInstant)| {
            let zone = self.zone;
            let instants = rule.after_owned(Utc.from_utc_datetime(&from)).map(move |local| to_instant(zone, local.naive_utc()));
            instants.skip_while(move |at| *at <= after).peekable()
        };
        let mut streams: Vec<_> = self.sources().map(stream).collect();
        iter::from_fn(move || {
            let next = streams.iter_mut().filter_map(|stream| stream.peek().copied()).min()?;
            for stream in &mut streams {
                while stream.next_if_eq(&next).is_some() {}
            }
            Some(next)
        })
    }

    fn sources(&self) -> impl Iterator<Item = (&cron::Schedule, ToInstant)> {
        let ways: &[ToInstant] = if self.twice { &[first_instant, last_instant] } else { &[first_instant] };
        self.rules.iter().flat_map(move |rule| ways.iter().map(move |way| (rule, *way)))
    }

    fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.zone).naive_local()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, Duration, NaiveDate, Timelike};
    use proptest::prelude::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn schedule(expression: &str, zone: Tz) -> Schedule {
        Schedule::parse(expression, zone).unwrap()
    }

    /// The occurrences in the 24 hours of UTC that begin with `from`.
    fn in_a_day(expression: &str, zone: Tz, from: &str) -> Vec<String> {
        let from = utc(from);
        let schedule = schedule(expression, zone);
        let day = schedule.upcoming(from - Duration::seconds(1)).take_while(|at| *at < from + Duration::days(1));
        day.map(|at| at.format("%dT%H:%MZ").to_string()).collect()
    }

    #[test]
    fn an_hour_that_does_not_exist_leads_to_one_run_at_the_end_of_the_gap() {
        assert_eq!(in_a_day("30 2 * * *", Tz::America__New_York, "2026-03-08T00:00:00Z"), ["08T07:00Z"]);
        assert_eq!(in_a_day("*/15 2 * * *", Tz::Europe__Berlin, "2026-03-29T00:00:00Z"), ["29T01:00Z"]);
        // Lord Howe's clocks move by half an hour, from 02:00 to 02:30.
        assert_eq!(in_a_day("15 2 * * *", Tz::Australia__Lord_Howe, "2026-10-03T12:00:00Z"), ["03T15:30Z"]);
        // These have no midnight.
        assert_eq!(in_a_day("@daily", Tz::America__Santiago, "2024-09-08T00:00:00Z"), ["08T04:00Z"]);
        assert_eq!(in_a_day("@daily", Tz::Africa__Cairo, "2024-04-25T12:00:00Z"), ["25T22:00Z"]);
    }

    #[test]
    fn an_hour_that_comes_twice_leads_to_one_run_at_the_first() {
        assert_eq!(in_a_day("30 1 * * *", Tz::America__New_York, "2026-11-01T00:00:00Z"), ["01T05:30Z"]);
        assert_eq!(in_a_day("0,30 2 * * *", Tz::Europe__Berlin, "2026-10-25T00:00:00Z"), ["25T00:00Z", "25T00:30Z"]);
        assert_eq!(in_a_day("45 1 * * *", Tz::Australia__Lord_Howe, "2026-04-04T12:00:00Z"), ["04T14:45Z"]);
    }

    #[test]
    fn an_hourly_job_runs_25_and_23_times_on_the_days_of_change() {
        let count = |day: &str, hours: i64| {
            let from = utc(day);
            let hourly = schedule("@hourly", Tz::America__New_York);
            hourly.upcoming(from - Duration::seconds(1)).take_while(|at| *at < from + Duration::hours(hours)).count()
        };
        assert_eq!(count("2026-11-01T04:00:00Z", 25), 25);
        assert_eq!(count("2026-03-08T05:00:00Z", 23), 23);
    }

    #[test]
    fn within_an_hour_that_comes_twice_the_latest_is_the_one_that_has_passed() {
        let nightly = schedule("30 1 * * *", Tz::America__New_York);
        let half_past_one = utc("2026-11-01T05:30:00Z");
        for now in ["2026-11-01T05:30:00Z", "2026-11-01T06:10:00Z", "2026-11-01T06:40:00Z"] {
            assert_eq!(nightly.latest(utc(now)), Some(half_past_one));
        }
        let hourly = schedule("30 * * * *", Tz::America__New_York);
        assert_eq!(hourly.latest(utc("2026-11-01T06:29:59Z")), Some(half_past_one));
        assert_eq!(hourly.latest(utc("2026-11-01T06:30:00Z")), Some(utc("2026-11-01T06:30:00Z")));
    }

    #[test]
    fn a_retry_after_midnight_stays_in_its_occurrence() {
        let nightly = schedule("15 2 * * *", Tz::UTC);
        assert_eq!(nightly.latest(utc("2026-05-05T01:00:00Z")), Some(utc("2026-05-04T02:15:00Z")));
    }

    #[test]
    fn a_day_that_never_comes_is_refused_and_leap_days_are_not() {
        for never in ["0 0 31 2 *", "0 0 30 2 */2", "0 0 31 4,6,9,11 *"] {
            assert_eq!(Schedule::parse(never, Tz::UTC).unwrap_err(), ScheduleError::NeverFires, "{never}");
        }
        let leap = schedule("0 0 29 2 *", Tz::UTC);
        assert_eq!(leap.upcoming(utc("2026-01-01T00:00:00Z")).next(), Some(utc("2028-02-29T00:00:00Z")));
        assert!(Schedule::parse("0 0 31 2 mon", Tz::UTC).is_ok());
    }

    const EXPRESSIONS: [&str; 9] = [
        "15 2 * * *",
        "*/7 * * * *",
        "0 0 13 * 5",
        "30 1-3 * * 1-5",
        "@hourly",
        "@midnight",
        "5 */6 1,15 * *",
        "0 0 */3 * mon",
        "59 23 31 12,1 0",
    ];

    const ZONES: [Tz; 7] = [
        Tz::UTC,
        Tz::America__New_York,
        Tz::Europe__Berlin,
        Tz::Australia__Lord_Howe,
        Tz::America__Santiago,
        Tz::Africa__Cairo,
        Tz::Pacific__Apia,
    ];

    /// Crontab's rule written down a second time, for one local minute.
    fn matches(expression: &str, local: NaiveDateTime) -> bool {
        let (day, weekday) = (local.day(), local.weekday().num_days_from_sunday());
        match expression {
            "15 2 * * *" => (local.hour(), local.minute()) == (2, 15),
            "*/7 * * * *" => local.minute().is_multiple_of(7),
            "0 0 13 * 5" => (local.hour(), local.minute()) == (0, 0) && (day == 13 || weekday == 5),
            "30 1-3 * * 1-5" => local.minute() == 30 && (1..=3).contains(&local.hour()) && (1..=5).contains(&weekday),
            "@hourly" => local.minute() == 0,
            "@midnight" => (local.hour(), local.minute()) == (0, 0),
            "5 */6 1,15 * *" => local.minute() == 5 && local.hour().is_multiple_of(6) && [1, 15].contains(&day),
            "0 0 */3 * mon" => (local.hour(), local.minute()) == (0, 0) && day % 3 == 1 && weekday == 1,
            "59 23 31 12,1 0" => {
                (local.hour(), local.minute()) == (23, 59) && [12, 1].contains(&local.month()) && (day == 31 || weekday == 0)
            }
            _ => unreachable!("not in the list"),
        }
    }

    #[test]
    fn where_no_zone_changes_the_occurrences_are_the_minutes_that_match() {
        for expression in EXPRESSIONS {
            let start = NaiveDate::from_ymd_opt(2025, 11, 20).unwrap().and_time(chrono::NaiveTime::MIN).and_utc();
            let end = start + Duration::days(120);
            let minutes = (0..120 * 24 * 60).map(|minute| start + Duration::minutes(minute));
            let expected: Vec<_> = minutes.filter(|at| matches(expression, at.naive_utc())).collect();
            let found: Vec<_> = schedule(expression, Tz::UTC).upcoming(start - Duration::seconds(1)).take_while(|at| *at < end).collect();
            assert_eq!(found, expected, "{expression}");
        }
    }

    proptest! {
        #[test]
        fn upcoming_grows_and_latest_agrees_with_it(
            expression in 0usize..EXPRESSIONS.len(), zone in 0usize..ZONES.len(), seconds in 946_684_800i64..2_000_000_000,
        ) {
            let schedule = schedule(EXPRESSIONS[expression], ZONES[zone]);
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let mut previous = schedule.latest(now).unwrap();
            prop_assert!(previous <= now);
            for next in schedule.upcoming(now).take(5) {
                prop_assert!(next > now && next > previous);
                prop_assert_eq!(schedule.latest(next), Some(next));
                prop_assert_eq!(schedule.latest(next - Duration::seconds(1)), Some(previous));
                previous = next;
            }
        }
    }
}

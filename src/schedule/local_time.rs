//! Local times as instants, on the nights too that lack an hour or have one twice.

use chrono::{DateTime, Days, Duration, MappedLocalTime, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// More than any change of a zone's offset: a zone that crosses the date line skips 24 hours.
pub(super) const LONGEST_SHIFT: Duration = Duration::hours(25);

/// The instant at which clocks in `zone` first show `local`; where they skip it, the end of the gap. Grows with `local`.
pub fn first_instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => at.to_utc(),
        MappedLocalTime::None => end_of_gap(zone, local),
    }
}

/// The same for the last time that clocks show `local`.
pub(super) fn last_instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Ambiguous(_, at) => at.to_utc(),
        _ => first_instant(zone, local),
    }
}

/// The second at which clocks jump over `skipped`: before it they show less, from it on more, so halving finds it.
fn end_of_gap(zone: Tz, skipped: NaiveDateTime) -> DateTime<Utc> {
    let mut before = skipped.and_utc() - LONGEST_SHIFT;
    let mut after = skipped.and_utc() + LONGEST_SHIFT;
    while after - before > Duration::seconds(1) {
        let middle = before + Duration::seconds((after - before).num_seconds() / 2);
        if middle.with_timezone(&zone).naive_local() < skipped {
            before = middle;
        } else {
            after = middle;
        }
    }
    after
}

/// The start of the calendar day that `now` lies in: the occurrence of a job without a schedule.
///
/// A day whose midnight is skipped starts at the end of the gap; one whose midnight comes twice, at the first.
pub fn day_start(now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let today = now.with_timezone(&zone).date_naive();
    // Clocks that are set back over midnight show yesterday's date once more, after today's began.
    let candidates = [today.checked_add_days(Days::new(1)), Some(today)];
    let starts = candidates.into_iter().flatten().map(|day| first_instant(zone, day.and_time(NaiveTime::MIN)));
    starts.into_iter().find(|start| *start <= now).unwrap_or(now)
}

/// The starts of the calendar days after `after`, in their order, each once: the coming occurrences of a job without a schedule.
pub fn upcoming_days(after: DateTime<Utc>, zone: Tz) -> impl Iterator<Item = DateTime<Utc>> {
    // Clocks that are set back over midnight show yesterday's date once more, before today's is due again.
    let first = after.with_timezone(&zone).date_naive();
    let mut previous = after;
    let starts = first.iter_days().map(move |day| first_instant(zone, day.and_time(NaiveTime::MIN)));
    // A day that a zone skipped starts with the next.
    starts.filter(move |start| {
        let is_later = *start > previous;
        previous = previous.max(*start);
        is_later
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_starts_at_local_midnight() {
        assert_eq!(day_start(utc("2026-03-02T04:59:59Z"), Tz::America__New_York), utc("2026-03-01T05:00:00Z"));
        assert_eq!(day_start(utc("2026-03-02T05:00:00Z"), Tz::America__New_York), utc("2026-03-02T05:00:00Z"));
    }

    #[test]
    fn a_day_without_a_midnight_starts_when_the_gap_ends() {
        // Chile's clocks went from 24:00 on 7 September 2024 to 01:00 on the 8th, Egypt's likewise on 26 April 2024.
        assert_eq!(day_start(utc("2024-09-08T12:00:00Z"), Tz::America__Santiago), utc("2024-09-08T04:00:00Z"));
        assert_eq!(day_start(utc("2024-04-26T12:00:00Z"), Tz::Africa__Cairo), utc("2024-04-25T22:00:00Z"));
    }

    #[test]
    fn a_day_that_a_zone_skipped_starts_with_the_next() {
        let noon = "2011-12-30T12:00:00".parse().unwrap();
        assert_eq!(first_instant(Tz::Pacific__Apia, noon), utc("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn the_coming_days_are_told_each_once_where_a_zone_skips_one_too() {
        let days = |after, zone| upcoming_days(utc(after), zone).take(3).map(|at| at.format("%dT%H:%M").to_string()).collect::<Vec<_>>();
        assert_eq!(days("2026-03-07T05:00:00Z", Tz::America__New_York), ["08T05:00", "09T04:00", "10T04:00"]);
        assert_eq!(days("2011-12-29T05:00:00Z", Tz::Pacific__Apia), ["29T10:00", "30T10:00", "31T10:00"]);
        assert_eq!(days("2011-12-30T09:00:00Z", Tz::Pacific__Apia), ["30T10:00", "31T10:00", "01T10:00"]);
    }

    proptest! {
        #[test]
        fn each_coming_day_starts_where_the_day_start_changes(seconds in 946_684_800i64..2_000_000_000, zone in 0usize..chrono_tz::TZ_VARIANTS.len()) {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let mut previous = day_start(now, zone);
            for start in upcoming_days(now, zone).take(3) {
                prop_assert!(start > now);
                prop_assert_eq!((day_start(start - Duration::seconds(1), zone), day_start(start, zone)), (previous, start), "{}", zone);
                previous = start;
            }
        }

        #[test]
        fn a_day_starts_no_later_than_now_and_at_most_25_hours_before(seconds in 946_684_800i64..2_000_000_000, zone in 0usize..chrono_tz::TZ_VARIANTS.len()) {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let start = day_start(now, zone);
            prop_assert!(start <= now && now - start <= Duration::hours(25), "{zone} {now} {start}");
            prop_assert_eq!(day_start(start, zone), start);
        }

        #[test]
        fn later_local_times_are_later_instants(seconds in 946_684_800i64..2_000_000_000, more in 0i64..90_000, zone in 0usize..chrono_tz::TZ_VARIANTS.len()) {
            let local = DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let later = local + Duration::seconds(more);
            prop_assert!(first_instant(zone, local) <= first_instant(zone, later));
            prop_assert!(last_instant(zone, local) <= last_instant(zone, later));
            prop_assert!(first_instant(zone, local) <= last_instant(zone, local));
        }
    }
}

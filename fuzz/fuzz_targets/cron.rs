//! A schedule of any text, in three time zones: refused, or it fires, the newest time before and the next one after a moment in their order.

#![no_main]

use ccda_export::schedule::Schedule;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use libfuzzer_sys::fuzz_target;

/// 2026-03-08 07:30 UTC, in the hour that New York skips.
const NOW: i64 = 1_772_955_000;

fuzz_target!(|expression: &str| {
    let now = DateTime::<Utc>::from_timestamp(NOW, 0).unwrap();
    for zone in [Tz::UTC, Tz::America__New_York, Tz::Australia__Lord_Howe] {
        let Ok(schedule) = Schedule::parse(expression, zone) else { continue };
        let latest = schedule.latest(now);
        let next: Vec<_> = schedule.upcoming(now).take(3).collect();
        assert!(latest.is_none_or(|latest| latest <= now));
        assert!(next.iter().all(|at| *at > now) && next.is_sorted_by(|first, second| first < second));
    }
});

//! `Retry-After`, and on a second line the answer's `Date`: a wait between nothing and a year, or none.

#![no_main]

use std::time::Duration;

use ccda_export::edvak::fuzzing::retry_after;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|fields: &str| {
    let (value, date) = fields.split_once('\n').map_or((fields, None), |(value, date)| (value, Some(date)));
    if let Some(wait) = retry_after(value, date) {
        assert!(Duration::ZERO < wait && wait <= Duration::from_secs(366 * 86_400));
    }
    if let Ok(seconds @ 1..=31_622_400) = value.trim().parse::<u64>()
        && !value.contains('+')
    {
        assert_eq!(retry_after(value, date), Some(Duration::from_secs(seconds)));
    }
});

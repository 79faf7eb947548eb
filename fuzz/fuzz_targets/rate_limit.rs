//! The `RateLimit` fields in their three spellings: the reset that is believed is a year at most.

#![no_main]

use std::time::Duration;

use ccda_export::edvak::fuzzing::{rate_limit, separate_rate_limit};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|fields: &str| {
    let (remaining, reset) = fields.split_once('\n').unwrap_or((fields, "30"));
    for limit in [rate_limit(fields), separate_rate_limit(remaining, reset)].into_iter().flatten() {
        assert!(limit.reset <= Duration::from_secs(366 * 86_400));
    }
});

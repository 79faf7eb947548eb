//! An answer of the token endpoint, its status in the first two bytes: a token that can stand in a header, or a reason in a few printable words.

#![no_main]

use std::time::Duration;

use ccda_export::edvak::fuzzing::token;
use libfuzzer_sys::fuzz_target;

const PASSWORD: &str = "hunter22";

fuzz_target!(|answer: &[u8]| {
    let Some((status, body)) = answer.split_first_chunk() else { return };
    let status = match u16::from_be_bytes(*status) {
        // Half of all are successes: everything else is judged by less.
        odd if odd % 2 == 1 => 200,
        even => 100 + even % 500,
    };
    match token(status, None, body, "TENANT_AA", &[PASSWORD]) {
        Ok((secret, life)) => {
            assert!(!secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic()));
            assert!(life <= Duration::from_secs(900));
        }
        Err(failure) => {
            assert!(failure.detail.chars().count() <= 300 && !failure.detail.chars().any(char::is_control));
            assert!(!failure.detail.to_lowercase().contains(PASSWORD));
        }
    }
});

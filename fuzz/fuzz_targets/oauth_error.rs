//! An OAuth error in any bytes: what people are told of it is short, printable and repeats no secret.

#![no_main]

use ccda_export::edvak::fuzzing::oauth_error;
use libfuzzer_sys::fuzz_target;

const PASSWORD: &str = "hunter22";

fuzz_target!(|body: &[u8]| {
    if let Some(words) = oauth_error(body, &[PASSWORD]) {
        assert!(words.chars().count() <= 200 && !words.chars().any(char::is_control));
        assert!(!words.to_lowercase().contains(PASSWORD));
    }
});

//! The body check on any bytes: it decides, shows nothing of the body, and what it accepts another reader of XML accepts too.

#![no_main]

use ccda_export::{ccda, domain::Reason};
use libfuzzer_sys::fuzz_target;

const REASONS: [Reason; 5] = [Reason::Empty, Reason::NotCda, Reason::Malformed, Reason::UnsafeXml, Reason::BadEncoding];

fuzz_target!(|body: &[u8]| {
    match ccda::check(body) {
        Err(refusal) => {
            assert!(REASONS.contains(&refusal.reason));
            // The longest complaint, with two numbers of 20 digits and a label of the WHATWG standard.
            assert!(refusal.detail.len() < 160 && refusal.detail.is_ascii());
        }
        Ok(chart) => {
            // Other encodings are compared where the text is the same: nowhere here.
            if let Ok(text) = std::str::from_utf8(body)
                && !declares_another_encoding(text)
            {
                ccda_export_fuzz::compare(text.trim_start_matches('\u{FEFF}'), &chart);
            }
        }
    }
});

/// Whether the text that was checked may be another than these bytes as UTF-8.
fn declares_another_encoding(text: &str) -> bool {
    let declaration = text.split_once("?>").map_or("", |(declaration, _)| declaration).to_ascii_lowercase();
    text.contains('\0') || declaration.contains("encoding") && !declaration.contains("utf-8")
}

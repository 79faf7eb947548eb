//! A patients file of any bytes: lines are counted upwards, and what is read is text without control characters and one JSON object.

#![no_main]

use ccda_export::config::fuzzing::patients;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|csv: &[u8]| {
    let Ok(lines) = patients(csv) else { return };
    let line_ends = csv.iter().filter(|byte| matches!(**byte, b'\n' | b'\r')).count() as u64;
    assert!(lines.is_sorted_by(|(first, _), (second, _)| first < second));
    assert!(lines.iter().all(|(line, _)| (1..=1 + line_ends).contains(line)));
    for patient in lines.into_iter().filter_map(|(_, patient)| patient.ok()) {
        assert!(patient.account < 2);
        assert!(!patient.token.expose().is_empty() && !patient.token.expose().contains(char::is_control));
        assert!(serde_json::from_str::<serde_json::Value>(&patient.extra).unwrap().is_object());
    }
});

//! The header on any content of a chart's root: what is kept is bounded, and is what another reader of XML finds there.

#![no_main]

use ccda_export::ccda;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &str| {
    let body = format!("<ClinicalDocument xmlns=\"urn:hl7-org:v3\">{content}</ClinicalDocument>");
    let Ok(chart) = ccda::check(body.as_bytes()) else { return };
    let header = &chart.header;
    assert!(header.persons.len() <= 64 && header.persons.iter().all(|person| person.ids.len() <= 64));
    let names = header.persons.iter().flat_map(|person| [&person.family, &person.given]);
    assert!(names.chain([&header.title]).flatten().all(|text| text.len() <= 4_096));
    assert!(header.effective_time.is_none() || header.effective_time_raw.is_some());
    assert!(header.mrn_extension.is_none() || header.persons[0].ids.iter().any(|id| id.extension == header.mrn_extension));
    ccda_export_fuzz::compare(&body, &chart);
});

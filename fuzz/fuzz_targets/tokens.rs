//! What flattening reads of any content of a chart's root: the names, attributes and texts that another reader of XML finds there.

#![no_main]

use ccda_export::ccda;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &str| {
    let text = format!("<ClinicalDocument xmlns=\"urn:hl7-org:v3\">{content}</ClinicalDocument>");
    if ccda::check(text.as_bytes()).is_ok() {
        ccda_export_fuzz::compare_tokens(&text, &ccda::fuzzing::tokens(&text));
    }
});

//! Hostile bodies: whatever bytes a server sends, the real binary decides in bounded memory, gives a reason, opens nothing, and accepts what is a chart.
//!
//! `table` sends one body a patient and holds what became of each against what must; the other files fill it. How long a decision takes is the
//! matter of `benches/body_check.rs`.

mod encodings;
mod entities;
mod framing;
mod memory;
mod shapes;
mod table;

use table::{Fate, Table};

/// A chart of this patient with this content, in a form in which no two patients' are the same.
fn chart(patient: usize, content: &str) -> String {
    format!("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\" extension=\"{patient}\"/>{content}</ClinicalDocument>")
}

/// Bytes as gzip, at the level that makes most of little.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

//! Documents as a table for people and as JSON for machines: by row ids and facts that name nobody.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::instant;
use crate::store::documents::Listed;

/// A table, a line a document.
pub fn documents_text(documents: &[Listed]) -> String {
    table(documents).lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn table(documents: &[Listed]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["document", "patient", "run", "sections", "entries", "bytes", "tenant", "fetched", "window", "status", "reason"]);
    for document in documents {
        let numbers = [document.id, document.patient_id, document.run_id, document.sections, document.entries].map(|n| n.to_string());
        let bytes = document.length.map_or_else(|| "let go".to_owned(), |length| length.to_string());
        let texts = [
            bytes,
            document.tenant.clone(),
            instant::seconds(document.fetched_at),
            window(document),
            document.status.clone(),
            document.reason.clone().unwrap_or_default(),
        ];
        table.add_row(numbers.into_iter().chain(texts));
    }
    for column in table.column_iter_mut().take(6) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn window(document: &Listed) -> String {
    match (&document.window_start, &document.window_end) {
        (Some(start), Some(end)) => format!("{start} to {end}"),
        _ => "whole".to_owned(),
    }
}

#[derive(Serialize)]
struct JsonDocument<'a> {
    document: i64,
    tenant: &'a str,
    patient: i64,
    run: i64,
    fetched_at: String,
    window_start: Option<&'a str>,
    window_end: Option<&'a str>,
    status: &'a str,
    reason: Option<&'a str>,
    sections: i64,
    entries: i64,
    bytes: Option<i64>,
}

/// A JSON array of objects, on one line.
pub fn documents_json(documents: &[Listed]) -> String {
    let documents: Vec<_> = documents
        .iter()
        .map(|listed| JsonDocument {
            document: listed.id,
            tenant: &listed.tenant,
            patient: listed.patient_id,
            run: listed.run_id,
            fetched_at: instant::millis(listed.fetched_at),
            window_start: listed.window_start.as_deref(),
            window_end: listed.window_end.as_deref(),
            status: &listed.status,
            reason: listed.reason.as_deref(),
            sections: listed.sections,
            entries: listed.entries,
            bytes: listed.length,
        })
        .collect();
    serde_json::to_string(&documents).expect("numbers and strings always serialize")
}

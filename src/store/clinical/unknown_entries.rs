//! `unknown_entries`.

use serde_json::json;
use sqlx::SqliteConnection;

use super::entries::{self, Table};
use crate::domain::{DocumentId, clinical::UnknownEntry};

const OWN: &str = "templates, raw, raw_bytes";

pub(super) async fn insert(connection: &mut SqliteConnection, document: DocumentId, unknown: &[UnknownEntry]) -> sqlx::Result<()> {
    let rows = unknown.iter().map(|UnknownEntry { entry, templates, raw, raw_bytes }| {
        (entry, vec![json!(json!(templates).to_string()), json!(raw), json!(raw_bytes)])
    });
    entries::insert(connection, document, Table { name: "unknown_entries", own: OWN, rows: rows.collect() }).await?;
    let coded: Vec<_> = unknown.iter().map(|UnknownEntry { entry, .. }| (entry, vec![("code".to_owned(), &entry.code)])).collect();
    entries::insert_details(connection, document, &coded).await
}

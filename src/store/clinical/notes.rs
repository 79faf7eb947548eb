//! `notes`.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::entries::{self, Table};
use crate::domain::{DocumentId, clinical::Note};

const OWN: &str = "media_type, representation, body_bytes, encounter_id_root, encounter_id_ext";

pub(super) async fn insert(connection: &mut SqliteConnection, document: DocumentId, notes: &[Note]) -> sqlx::Result<()> {
    let rows = notes.iter().map(|note| (&note.entry, own(note))).collect();
    entries::insert(connection, document, Table { name: "notes", own: OWN, rows }).await?;
    let coded: Vec<_> = notes.iter().map(|note| (&note.entry, vec![("code".to_owned(), &note.entry.code)])).collect();
    entries::insert_details(connection, document, &coded).await
}

fn own(note: &Note) -> Vec<Value> {
    let Note { media_type, representation, body_bytes, encounter, .. } = note;
    vec![json!(media_type), json!(representation), json!(body_bytes), json!(encounter.root), json!(encounter.extension)]
}

//! `sections`, which its triggers index for search.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use crate::domain::{
    DocumentId,
    clinical::{Digest, Section},
};

pub(super) async fn insert(connection: &mut SqliteConnection, document: DocumentId, sections: &[Section]) -> sqlx::Result<()> {
    if sections.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO sections (document_id, seq, parent_seq, depth, path, name, domain, code, code_system, display, title, template_root, template_ext,
                               templates, null_flavor, text, entries, unknown_entries, rows, content_digest)
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9,
                value ->> 10, value ->> 11, value -> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16,
                value ->> 17, unhex(value ->> 18)
         FROM json_each(?2)",
    )
    .bind(document.0)
    .bind(Value::Array(sections.iter().map(row).collect()).to_string())
    .execute(connection)
    .await?;
    Ok(())
}

fn row(section: &Section) -> Value {
    let Section { seq, parent_seq, depth, path, name, domain, code, code_system, display, title, .. } = section;
    let Section { template_root, template_ext, templates, null_flavor, text, entries, unknown_entries, rows, content_digest, .. } = section;
    json!([
        seq,
        parent_seq,
        depth,
        path,
        name,
        domain,
        code,
        code_system,
        display,
        title,
        template_root,
        template_ext,
        templates,
        null_flavor,
        text,
        entries,
        unknown_entries,
        rows,
        content_digest.map(hex),
    ])
}

/// JSON holds no bytes.
fn hex(digest: Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

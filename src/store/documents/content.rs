//! Documents that say the same: one of them has the rows, and stands for the others, which are `unchanged`.
//!
//! The one that stands for others may leave: an operator discards it, or it turns out to be mixed up. Then the oldest of the others takes its rows and
//! its place. Its digests and outline are kept once, too: those of an unchanged document are those of the one that stands for it. When only its body was let
//! go, it keeps its rows and its place, and the bytes of the others serve where bytes are needed.

use serde_json::json;
use sqlx::SqliteConnection;

use crate::{domain::DocumentId, store::clinical};

/// Prepares these documents, a JSON array, for being kept apart or discarded: whom they stood for is stood for by another one, and they stand for
/// themselves again.
pub(super) async fn leave(connection: &mut SqliteConnection, leaving: &str) -> sqlx::Result<()> {
    let heirs: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT c.id, u.id FROM documents c JOIN documents u ON u.id = (
             SELECT o.id FROM documents o
             WHERE o.content_document_id = c.id AND o.status = 'unchanged' AND o.id NOT IN (SELECT value FROM json_each(?1))
             ORDER BY o.fetched_at, o.id LIMIT 1)
         WHERE c.id IN (SELECT value FROM json_each(?1))",
    )
    .bind(leaving)
    .fetch_all(&mut *connection)
    .await?;
    let heir_ids = json!(heirs.iter().map(|(_, heir)| heir).collect::<Vec<_>>()).to_string();
    for ids in [leaving, &heir_ids] {
        sqlx::query(
            "UPDATE documents SET outline = c.outline, media_type = coalesce(documents.media_type, c.media_type)
             FROM documents c
             WHERE documents.id IN (SELECT value FROM json_each(?)) AND documents.outline IS NULL AND c.id = documents.content_document_id",
        )
        .bind(ids)
        .execute(&mut *connection)
        .await?;
    }
    for (content, heir) in heirs {
        clinical::hand_over(connection, DocumentId(content), DocumentId(heir)).await?;
        for sql in [
            "UPDATE documents SET content_document_id = ?2 WHERE content_document_id = ?1 AND status = 'unchanged'",
            "UPDATE documents SET status = 'accepted', rules_version = c.rules_version, content_digest = c.content_digest,
                                  outside_digest = c.outside_digest, digest_rules = c.digest_rules
             FROM (SELECT * FROM documents WHERE id = ?1) c WHERE documents.id = ?2",
        ] {
            sqlx::query(sql).bind(content).bind(heir).execute(&mut *connection).await?;
        }
    }
    sqlx::query(
        "UPDATE documents SET content_document_id = id, content_digest = NULL, outside_digest = NULL, digest_rules = NULL
         WHERE id IN (SELECT value FROM json_each(?))",
    )
    .bind(leaving)
    .execute(connection)
    .await
    .map(drop)
}

/// The body that a document's rows can be read in: its own, or where its bytes were let go that of the newest one that says the same. `None` where
/// there is no such document, `Some(None)` where no bytes are kept.
pub async fn content_body(connection: &mut SqliteConnection, document: DocumentId) -> sqlx::Result<Option<Option<i64>>> {
    sqlx::query_scalar(
        "SELECT coalesce(d.body_id, (
             SELECT u.body_id FROM documents u
             WHERE u.content_document_id = d.id AND u.status = 'unchanged' AND u.body_id IS NOT NULL ORDER BY u.id DESC LIMIT 1))
         FROM documents d WHERE d.id = ?",
    )
    .bind(document.0)
    .fetch_optional(connection)
    .await
}

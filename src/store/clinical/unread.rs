//! Documents whose rows are still to be made, or made anew.

use sqlx::SqlitePool;

use crate::domain::DocumentId;

/// Which documents get rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// Those that no rules have read, or older ones than these.
    Before(u32),
    /// All.
    All,
}

/// The next documents after `after` with the ids of their bodies, at most `limit`: of those that are filed and have rows of
/// their own. Where a body was let go, that of the newest document that says the same serves.
pub async fn next(readers: &SqlitePool, which: Unread, after: DocumentId, limit: u32) -> sqlx::Result<Vec<(i64, i64)>> {
    sqlx::query_as(
        "SELECT d.id, b.id FROM documents d JOIN bodies b ON b.id = coalesce(d.body_id, (
             SELECT u.body_id FROM documents u
             WHERE u.content_document_id = d.id AND u.status = 'unchanged' AND u.body_id IS NOT NULL ORDER BY u.id DESC LIMIT 1))
         WHERE d.id > ?1 AND d.status IN ('accepted', 'unchanged', 'shrunk') AND d.content_document_id = d.id
           AND (?2 IS NULL OR d.rules_version IS NULL OR d.rules_version < ?2)
         ORDER BY d.id LIMIT ?3",
    )
    .bind(after.0)
    .bind(match which {
        Unread::Before(rules) => Some(rules),
        Unread::All => None,
    })
    .bind(limit)
    .fetch_all(readers)
    .await
}

/// How many documents are filed and can get no rows of these rules, because retention let their bytes go.
pub async fn unread_without_bytes(readers: &SqlitePool, rules: u32) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "SELECT count(*) FROM documents d
         WHERE d.body_id IS NULL AND d.status IN ('accepted', 'unchanged', 'shrunk') AND d.content_document_id = d.id
           AND (d.rules_version IS NULL OR d.rules_version < ?)
           AND NOT EXISTS (SELECT 1 FROM documents u
                           WHERE u.content_document_id = d.id AND u.status = 'unchanged' AND u.body_id IS NOT NULL)",
    )
    .bind(rules)
    .fetch_one(readers)
    .await
}

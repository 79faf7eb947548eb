//! Where in its document the element stands that a row was made of.

use sqlx::{FromRow, SqlitePool};

/// The element of a row.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Place {
    pub document_id: i64,
    /// From the root of the document.
    pub path: String,
}

/// The place of a row of one of the clinical tables; `None` where there is no such row. The outer one is `None` for a table that is none of them.
pub async fn place(readers: &SqlitePool, table: &str, row: i64) -> sqlx::Result<Option<Option<Place>>> {
    let sql = match table {
        "sections" => "SELECT document_id, path FROM sections WHERE id = ?",
        "problems" => {
            "SELECT p.document_id, s.path || '/' || p.path AS path FROM problems p JOIN sections s ON s.id = p.section_id WHERE p.id = ?"
        }
        _ => return Ok(None),
    };
    sqlx::query_as(sql).bind(row).fetch_optional(readers).await.map(Some)
}

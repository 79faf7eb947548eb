//! Where in its document the element stands that a row was made of.

use sqlx::{AssertSqlSafe, FromRow, SqlitePool};

/// Tables whose paths begin at the root.
pub(super) const ROOTED: [&str; 12] = [
    "sections",
    "patient_ids",
    "patient_names",
    "patient_addresses",
    "patient_telecoms",
    "patient_races",
    "patient_languages",
    "patient_guardians",
    "document_patients",
    "participations",
    "header_acts",
    "document_headers",
];

/// Tables of entries, whose paths begin at their section.
pub(super) const ENTRIES: [&str; 13] = [
    "problems",
    "medications",
    "allergies",
    "immunizations",
    "results",
    "result_panels",
    "vital_signs",
    "procedures",
    "encounters",
    "plan_of_treatment",
    "social_history",
    "notes",
    "unknown_entries",
];

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
        table if ROOTED.contains(&table) => format!("SELECT document_id, path FROM {table} WHERE id = ?"),
        table if ENTRIES.contains(&table) => {
            format!(
                "SELECT e.document_id, s.path || '/' || e.path AS path FROM {table} e JOIN sections s ON s.id = e.section_id WHERE e.id = ?"
            )
        }
        _ => return Ok(None),
    };
    sqlx::query_as(AssertSqlSafe(sql)).bind(row).fetch_optional(readers).await.map(Some)
}

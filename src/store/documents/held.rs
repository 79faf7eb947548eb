//! Documents that shrank, and what they are measured against: the latest of the same chart or window.

use serde_json::json;
use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{DocumentId, Outline, PatientId, Window},
};

/// A document with what it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlined {
    pub id: DocumentId,
    pub fetched_at: Millis,
    pub outline: Outline,
}

macro_rules! outlined {
    ($of:literal, $rest:literal) => {
        concat!(
            "SELECT id, fetched_at, coalesce(outline, (SELECT c.outline FROM documents c WHERE c.id = documents.content_document_id))
             FROM documents WHERE patient_id = ? AND ",
            $of,
            " AND ",
            $rest
        )
    };
    (held, $of:literal) => {
        outlined!($of, "status IN ('quarantined', 'shrunk') AND status = 'shrunk' ORDER BY fetched_at, id")
    };
}

/// Those of the same chart or window that were held since the latest, oldest first.
pub async fn since(
    connection: &mut SqliteConnection,
    patient: PatientId,
    window: Option<Window>,
    latest: &Outlined,
) -> sqlx::Result<Vec<Outlined>> {
    let sql = match window {
        None => outlined!(held, "window_start IS NULL"),
        Some(_) => outlined!(held, "window_start = ? AND window_end = ?"),
    };
    let mut held = ask(connection, sql, patient, window).await?;
    held.retain(|held| (held.fetched_at, held.id) > (latest.fetched_at, latest.id));
    Ok(held)
}

async fn ask(
    connection: &mut SqliteConnection,
    sql: &'static str,
    patient: PatientId,
    window: Option<Window>,
) -> sqlx::Result<Vec<Outlined>> {
    let mut query = sqlx::query_as(sql).bind(patient.0);
    if let Some(Window { start, end }) = window {
        query = query.bind(start.to_string()).bind(end.to_string());
    }
    let rows: Vec<(i64, Millis, String)> = query.fetch_all(connection).await?;
    rows.into_iter().map(outlined).collect()
}

fn outlined((id, fetched_at, outline): (i64, Millis, String)) -> sqlx::Result<Outlined> {
    let outline = serde_json::from_str(&outline).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Outlined { id: DocumentId(id), fetched_at, outline })
}

/// Files documents that were held.
pub async fn accept(connection: &mut SqliteConnection, documents: &[DocumentId]) -> sqlx::Result<()> {
    let ids = json!(documents.iter().map(|document| document.0).collect::<Vec<_>>());
    let accepted =
        sqlx::query("UPDATE documents SET status = 'accepted' WHERE id IN (SELECT value FROM json_each(?)) AND status = 'shrunk'");
    accepted.bind(ids.to_string()).execute(connection).await.map(drop)
}

//! What retention lets go, in small transactions, so that neither a run nor a reader waits for long and a crash loses no more than a step.
//!
//! Which documents go is decided elsewhere; which fetches and attempts go is a matter of their age and of being nobody's newest, which SQL knows.

use futures_util::Stream;
use serde_json::json;
use sqlx::{Connection, FromRow, SqliteConnection, SqlitePool};

use crate::{
    clock::Millis,
    domain::{DocumentId, FetchId},
    store::bodies::delete_unneeded,
};

/// A document as one of the versions of a chart or window.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Version {
    pub id: i64,
    pub patient_id: i64,
    pub window_start: Option<String>,
    pub window_end: Option<String>,
    pub fetched_at: Millis,
    /// It may be a latest document.
    pub is_accepted: bool,
    /// Nobody has to decide about it any more.
    pub is_settled: bool,
    pub has_body: bool,
}

/// What went, or would go.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Documents whose body is no longer kept for them.
    pub documents: u64,
    /// Bodies that nobody needs any more.
    pub bodies: u64,
    /// Bytes of these.
    pub bytes: u64,
    pub fetches: u64,
    pub attempts: u64,
}

impl std::ops::AddAssign for Gone {
    fn add_assign(&mut self, other: Self) {
        self.documents += other.documents;
        self.bodies += other.bodies;
        self.bytes += other.bytes;
        self.fetches += other.fetches;
        self.attempts += other.attempts;
    }
}

/// Every document of the patients whom the job has asked for, by patient and window, the newest first.
pub fn versions<'a>(readers: &'a SqlitePool, job: &'a str) -> impl Stream<Item = sqlx::Result<Version>> + 'a {
    sqlx::query_as(
        "SELECT d.id, d.patient_id, d.window_start, d.window_end, d.fetched_at, d.status IN ('accepted', 'unchanged') AS is_accepted,
                d.status IN ('accepted', 'unchanged', 'discarded') AS is_settled, d.body_id IS NOT NULL AS has_body
         FROM documents d
         WHERE EXISTS (SELECT 1 FROM fetches f WHERE f.patient_id = d.patient_id AND f.job = ?)
         ORDER BY d.patient_id, d.window_start, d.window_end, d.fetched_at DESC, d.id DESC",
    )
    .bind(job)
    .fetch(readers)
}

/// Lets the bodies of these documents go; a body that another document needs stays.
pub async fn end_bodies(connection: &mut SqliteConnection, documents: &[DocumentId]) -> sqlx::Result<Gone> {
    let ids = json!(documents.iter().map(|document| document.0).collect::<Vec<_>>()).to_string();
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let bodies: Vec<i64> =
        sqlx::query_scalar("SELECT DISTINCT body_id FROM documents WHERE id IN (SELECT value FROM json_each(?)) AND body_id IS NOT NULL")
            .bind(&ids)
            .fetch_all(&mut *transaction)
            .await?;
    let ended = sqlx::query("UPDATE documents SET body_id = NULL WHERE id IN (SELECT value FROM json_each(?)) AND body_id IS NOT NULL")
        .bind(&ids)
        .execute(&mut *transaction)
        .await?;
    let lengths = delete_unneeded(&mut transaction, &bodies).await?;
    transaction.commit().await?;
    let bytes = lengths.iter().filter_map(|length| u64::try_from(*length).ok()).sum();
    Ok(Gone { documents: ended.rows_affected(), bodies: lengths.len() as u64, bytes, ..Gone::default() })
}

/// What would go with these documents' bodies, were they ended now.
pub async fn unneeded_without(readers: &SqlitePool, documents: &[DocumentId]) -> sqlx::Result<Gone> {
    let ids = json!(documents.iter().map(|document| document.0).collect::<Vec<_>>()).to_string();
    let (bodies, bytes): (i64, i64) = sqlx::query_as(
        "WITH ended AS (SELECT value AS id FROM json_each(?))
         SELECT count(*), coalesce(sum(length), 0) FROM bodies b
         WHERE b.id IN (SELECT d.body_id FROM documents d WHERE d.id IN (SELECT id FROM ended))
           AND NOT EXISTS (SELECT 1 FROM documents o WHERE o.body_id = b.id AND o.id NOT IN (SELECT id FROM ended))",
    )
    .bind(ids)
    .fetch_one(readers)
    .await?;
    Ok(Gone { documents: documents.len() as u64, bodies: unsigned(bodies), bytes: unsigned(bytes), ..Gone::default() })
}

/// The ended fetches of a job that are old and no patient's newest, after `after`, at most `limit`. One that is quarantined waits for a person.
///
/// Newer means: for the same window, or for a later occurrence. So each window's newest fetch of the last occurrence stays, and a receipt that
/// counts these can be counted again; and a backfill's fetches stay, which say what need not be asked for again.
pub async fn ended_fetches(readers: &SqlitePool, job: &str, before: Millis, after: FetchId, limit: u32) -> sqlx::Result<Vec<FetchId>> {
    let rows: Vec<i64> = sqlx::query_scalar(
        "SELECT f.id FROM fetches f
         WHERE f.id > ?3 AND f.job = ?1 AND f.changed_at < ?2 AND f.state IN ('done', 'absent', 'dead', 'superseded')
           AND EXISTS (SELECT 1 FROM fetches n
                       WHERE n.patient_id = f.patient_id AND n.job = f.job AND n.backfill_id IS f.backfill_id AND n.id > f.id
                         AND n.state <> 'superseded'
                         AND (n.occurrence_at > f.occurrence_at OR (n.window_start IS f.window_start AND n.window_end IS f.window_end)))
         ORDER BY f.id LIMIT ?4",
    )
    .bind(job)
    .bind(before)
    .bind(after.0)
    .bind(limit)
    .fetch_all(readers)
    .await?;
    Ok(rows.into_iter().map(FetchId).collect())
}

/// Deletes these fetches with their attempts, and what was kept of a refused answer to one of these.
pub async fn end_fetches(connection: &mut SqliteConnection, fetches: &[FetchId]) -> sqlx::Result<Gone> {
    let ids = ids(fetches);
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(
        "DELETE FROM refused_bodies WHERE attempt_id IN (
             SELECT id FROM attempts WHERE fetch_id IN (SELECT value FROM json_each(?)))",
    )
    .bind(&ids)
    .execute(&mut *transaction)
    .await?;
    let attempts = sqlx::query("DELETE FROM attempts WHERE fetch_id IN (SELECT value FROM json_each(?))")
        .bind(&ids)
        .execute(&mut *transaction)
        .await?;
    let ended =
        sqlx::query("DELETE FROM fetches WHERE id IN (SELECT value FROM json_each(?))").bind(&ids).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(Gone { fetches: ended.rows_affected(), attempts: attempts.rows_affected(), ..Gone::default() })
}

/// How many attempts would go with these fetches.
pub async fn attempts_of(readers: &SqlitePool, fetches: &[FetchId]) -> sqlx::Result<Gone> {
    let attempts: i64 = sqlx::query_scalar("SELECT count(*) FROM attempts WHERE fetch_id IN (SELECT value FROM json_each(?))")
        .bind(ids(fetches))
        .fetch_one(readers)
        .await?;
    Ok(Gone { fetches: fetches.len() as u64, attempts: unsigned(attempts), ..Gone::default() })
}

/// The old token requests of a job's runs; those for documents go with their fetches.
pub async fn old_token_attempts(readers: &SqlitePool, job: &str, before: Millis) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "SELECT a.id FROM attempts a JOIN runs r ON r.id = a.run_id
         WHERE a.fetch_id IS NULL AND a.outcome IS NOT NULL AND a.started_at < ? AND r.job = ?",
    )
    .bind(before)
    .bind(job)
    .fetch_all(readers)
    .await
}

/// Deletes these token requests.
pub async fn end_token_attempts(connection: &mut SqliteConnection, attempts: &[i64]) -> sqlx::Result<Gone> {
    let result = sqlx::query("DELETE FROM attempts WHERE fetch_id IS NULL AND id IN (SELECT value FROM json_each(?))")
        .bind(json!(attempts).to_string())
        .execute(connection)
        .await?;
    Ok(Gone { attempts: result.rows_affected(), ..Gone::default() })
}

fn ids(fetches: &[FetchId]) -> String {
    json!(fetches.iter().map(|fetch| fetch.0).collect::<Vec<_>>()).to_string()
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

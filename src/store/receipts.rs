//! What a receipt counts, in SQL: the same statements that an auditor would type.

use sqlx::{AssertSqlSafe, FromRow, SqliteConnection};

use crate::{
    clock::Millis,
    domain::{BackfillId, RunId},
    store::runs,
};

/// So many fetches of a tenant stand so.
#[derive(Debug, Default, Clone, PartialEq, Eq, FromRow)]
pub struct Count {
    pub tenant: String,
    pub state: String,
    pub reason: Option<String>,
    /// Why the tenant or the account is not asked at present.
    pub blocked_by: Option<String>,
    pub fetches: i64,
    /// How many accounts these are asked through, and the first of them by name; nothing for what is done.
    pub accounts: i64,
    pub account: Option<String>,
    /// Of what is done: the chart shrank and is held.
    pub held: i64,
    /// Of what is done: the chart says what the one before did.
    pub unchanged: i64,
}

/// What is counted of fetches `f`, with patient `p`, tenant `t` and account `a`.
const COUNTS: &str = "SELECT t.tenant, f.state,
                CASE WHEN f.state = 'absent' AND EXISTS (SELECT 1 FROM vanished v WHERE v.patient_id = p.id AND v.fetch_id = f.id)
                     THEN 'vanished' ELSE f.reason END AS reason,
                coalesce(t.state_reason, a.state_reason) AS blocked_by, count(*) AS fetches,
                count(DISTINCT CASE WHEN f.state <> 'done' THEN a.id END) AS accounts,
                min(CASE WHEN f.state <> 'done' THEN a.account END) AS account,
                coalesce(sum(f.document_id IN (SELECT id FROM documents WHERE status IN ('quarantined', 'shrunk') AND status = 'shrunk')), 0) AS held,
                -- Looked up one by one: there is one a night of nearly every patient.
                coalesce(sum(EXISTS (SELECT 1 FROM documents d WHERE d.id = f.document_id AND d.status = 'unchanged')), 0) AS unchanged";

/// Which fetches a night answers for: those of its occurrence, of which none has a row id of `?5` or below, and older ones that are unfinished.
const OF_NIGHT: &str = "SELECT id FROM fetches WHERE id > ?5 AND job = ?1 AND backfill_id IS NULL AND occurrence_at >= ?4
             UNION ALL
             SELECT f.id FROM tenants t CROSS JOIN fetches f ON f.tenant_id = t.id
             WHERE f.job = ?1 AND f.backfill_id IS NULL AND f.state IN ('pending', 'waiting') AND NOT (f.id > ?5 AND f.occurrence_at >= ?4)
             UNION ALL
             SELECT id FROM fetches
             WHERE state = 'leased' AND job = ?1 AND backfill_id IS NULL AND NOT (id > ?5 AND occurrence_at >= ?4)";

/// The fetches that the run answers for: those of its occurrence, and older ones that are unfinished; of each patient and window the newest. For a
/// backfill, all that have come up.
pub async fn counts(
    connection: &mut SqliteConnection,
    of: (RunId, bool),
    job: &str,
    backfill: Option<BackfillId>,
    occurrence_at: Millis,
) -> sqlx::Result<Vec<Count>> {
    match backfill {
        Some(backfill) => of_backfill(connection, of, job, backfill).await,
        None => of_night(connection, of, job, occurrence_at).await,
    }
}

async fn of_night(
    connection: &mut SqliteConnection,
    (run, narrowed): (RunId, bool),
    job: &str,
    occurrence_at: Millis,
) -> sqlx::Result<Vec<Count>> {
    let above = runs::fetches_above(connection, job, occurrence_at).await?;
    let sql = format!(
        "{COUNTS}
         FROM ({OF_NIGHT}) o
         CROSS JOIN fetches f ON f.id = o.id
         CROSS JOIN patients p ON p.id = f.patient_id
         CROSS JOIN tenants t ON t.id = p.tenant_id
         CROSS JOIN accounts a ON a.id = p.account_id
         WHERE f.state <> 'superseded'
           AND EXISTS (SELECT 1 FROM job_patients j WHERE j.job = ?1 AND j.tenant_id = p.tenant_id AND j.patient_id = p.id)
           AND (NOT ?2 OR p.id IN (SELECT patient_id FROM run_patients WHERE run_id = ?3))
           AND NOT EXISTS (
                SELECT 1 FROM fetches n
                WHERE n.patient_id = f.patient_id AND n.job = f.job AND n.backfill_id IS NULL AND n.id > f.id AND n.state <> 'superseded'
                  AND n.window_start IS f.window_start AND n.window_end IS f.window_end)
         GROUP BY 1, 2, 3, 4
         ORDER BY 1, 2, 3"
    );
    sqlx::query_as(AssertSqlSafe(sql)).bind(job).bind(narrowed).bind(run.0).bind(occurrence_at).bind(above).fetch_all(connection).await
}

/// A backfill asks for no window twice, so that nobody has to look among its many.
async fn of_backfill(
    connection: &mut SqliteConnection,
    (run, narrowed): (RunId, bool),
    job: &str,
    backfill: BackfillId,
) -> sqlx::Result<Vec<Count>> {
    let sql = format!(
        "{COUNTS}
         FROM job_patients j
         JOIN patients p ON p.id = j.patient_id
         JOIN tenants t ON t.id = p.tenant_id
         JOIN accounts a ON a.id = p.account_id
         JOIN fetches f ON f.patient_id = p.id AND f.job = j.job
         WHERE j.job = ?1 AND f.backfill_id = ?4 AND f.state <> 'superseded'
           AND (NOT ?2 OR p.id IN (SELECT patient_id FROM run_patients WHERE run_id = ?3))
         GROUP BY 1, 2, 3, 4
         ORDER BY 1, 2, 3"
    );
    sqlx::query_as(AssertSqlSafe(sql)).bind(job).bind(narrowed).bind(run.0).bind(backfill.0).fetch_all(connection).await
}

/// How many patients of each tenant the run is for.
pub async fn patients(connection: &mut SqliteConnection, (run, narrowed): (RunId, bool), job: &str) -> sqlx::Result<Vec<(String, i64)>> {
    sqlx::query_as(
        // In the order of the tenants' rows, which is that of the key: by their names, a million patients would be sorted in memory.
        "SELECT t.tenant, count(*) FROM tenants t CROSS JOIN job_patients j ON j.tenant_id = t.id
         WHERE j.job = ?1 AND (NOT ?2 OR j.patient_id IN (SELECT patient_id FROM run_patients WHERE run_id = ?3))
         GROUP BY t.id",
    )
    .bind(job)
    .bind(narrowed)
    .bind(run.0)
    .fetch_all(connection)
    .await
}

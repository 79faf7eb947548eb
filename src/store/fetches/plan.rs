//! Planning a night: a fetch for every patient of the job who has none in the occurrence and does not rest. What backfills plan and bring moves none of it.

use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{BackfillId, RunId, TenantId, Window},
    store::{bulk, runs},
};

/// For one tenant and window of a run, what is to be planned.
#[derive(Debug)]
pub struct Plan<'a> {
    pub run: RunId,
    /// Whether the run is for those in `run_patients` alone.
    pub narrowed: bool,
    pub job: &'a str,
    pub tenant: TenantId,
    pub occurrence_at: Millis,
    pub window: Option<Window>,
    /// Patients denied in an occurrence after this instant rest.
    pub denied_after: Millis,
    pub now: Millis,
}

/// Patients planned in one statement: SQLite keeps what it is about to insert in memory.
const CHUNK: i64 = 10_000;

/// A patient rests when the newest fetch, here `l` of patient `p`, was denied too lately and the roster's line has not changed since.
const RESTS: &str =
    "l.state = 'dead' AND l.reason = 'denied' AND l.occurrence_at > ?2 AND p.changed_at <= l.changed_at AND l.occurrence_at < ?3";

/// Plans the fetches that are missing, and supersedes older unfinished ones that these cover. Tells how many it planned.
pub async fn plan(connection: &mut SqliteConnection, plan: &Plan<'_>) -> sqlx::Result<u64> {
    let began_at = runs::begin_plan(connection, plan.run).await?;
    let above = runs::fetches_above(connection, plan.job, plan.occurrence_at).await?;
    // Of the occurrence's first plan nobody has a fetch already.
    let above = (began_at > above).then_some(above);
    let highest = highest_id(connection).await?;
    let (mut planned, mut first) = (0, 0);
    bulk::begin(connection).await?;
    while let Some(last) = end_of_chunk(connection, plan, first).await? {
        let before = highest_id(connection).await?;
        let in_chunk = insert(connection, plan, above, (first, last)).await?;
        if in_chunk > 0 {
            count(connection, before).await?;
        }
        planned += in_chunk;
        first = last + 1;
    }
    bulk::end(connection).await?;
    if planned > 0 {
        leave_behind(connection, plan, highest).await?;
        supersede(connection, plan, highest).await?;
    }
    Ok(planned)
}

async fn highest_id(connection: &mut SqliteConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM fetches").fetch_one(connection).await
}

/// The last patient of the next chunk of the job's; `None` at the end.
async fn end_of_chunk(connection: &mut SqliteConnection, plan: &Plan<'_>, first: i64) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "SELECT max(patient_id) FROM (
             SELECT patient_id FROM job_patients WHERE job = ? AND tenant_id = ? AND patient_id >= ? ORDER BY patient_id LIMIT ?)",
    )
    .bind(plan.job)
    .bind(plan.tenant.0)
    .bind(first)
    .bind(CHUNK)
    .fetch_one(connection)
    .await
}

async fn insert(connection: &mut SqliteConnection, plan: &Plan<'_>, above: Option<i64>, (first, last): (i64, i64)) -> sqlx::Result<u64> {
    let sql = format!(
        "INSERT INTO fetches (patient_id, tenant_id, job, occurrence_at, window_start, window_end, state, changed_at, single_attempt, losses, turn_at)
         SELECT p.id, p.tenant_id, ?1, ?3, ?4, ?5, 'pending', ?6,
                -- After a verdict on the answer the patient gets one try an occurrence.
                coalesce(l.state = 'dead' AND l.reason IN ('rejected', 'not_cda', 'malformed', 'unsafe_xml', 'too_large', 'bad_encoding'), 0),
                -- Who killed the process in the last occurrence comes last and alone in this one too.
                CASE WHEN l.state = 'dead' AND l.reason = 'crashed' THEN 2 WHEN l.state IN ('pending', 'waiting') THEN l.losses ELSE 0 END,
                max(coalesce(p.document_at, 0),
                    -- What was not through keeps its turn; what had a verdict had its turn then.
                    CASE WHEN l.state IN ('pending', 'waiting') THEN l.turn_at ELSE coalesce(l.changed_at, 0) END)
         FROM job_patients j
         JOIN patients p ON p.id = j.patient_id
         LEFT JOIN fetches l ON l.id = (SELECT f.id FROM fetches f
                                        WHERE f.patient_id = p.id AND f.job = ?1 AND f.backfill_id IS NULL AND f.state <> 'superseded'
                                        ORDER BY f.id DESC LIMIT 1)
         WHERE j.job = ?1 AND j.tenant_id = ?7 AND j.patient_id BETWEEN ?11 AND ?12
           AND (NOT ?8 OR p.id IN (SELECT patient_id FROM run_patients WHERE run_id = ?9))
           -- An occurrence in the future is of a run whose clock was ahead: it stands in nobody's way, and neither does it when its time has come,
           -- which a later fetch of an earlier occurrence tells.
           AND (?10 IS NULL OR NOT EXISTS (
                           SELECT 1 FROM fetches f
                           WHERE f.patient_id = p.id AND f.id > ?10 AND f.job = ?1 AND f.backfill_id IS NULL
                             AND f.occurrence_at BETWEEN ?3 AND max(?3, ?6) AND f.state <> 'superseded'
                             AND f.window_start IS ?4 AND f.window_end IS ?5
                             AND NOT EXISTS (SELECT 1 FROM fetches n
                                             WHERE n.patient_id = p.id AND n.job = ?1 AND n.backfill_id IS NULL AND n.id > f.id
                                               AND n.occurrence_at < f.occurrence_at
                                               AND n.state <> 'superseded' AND n.window_start IS ?4 AND n.window_end IS ?5)))
           AND NOT coalesce({RESTS}, 0)"
    );
    let result = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(plan.job)
        .bind(plan.denied_after)
        .bind(plan.occurrence_at)
        .bind(plan.window.map(|window| window.start.to_string()))
        .bind(plan.window.map(|window| window.end.to_string()))
        .bind(plan.now)
        .bind(plan.tenant.0)
        .bind(plan.narrowed)
        .bind(plan.run.0)
        .bind(above)
        .bind(first)
        .bind(last)
        .execute(connection)
        .await?;
    Ok(result.rows_affected())
}

/// Counts what was planned with row ids above `before`, which triggers left to us.
async fn count(connection: &mut SqliteConnection, before: i64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO pending_counts (tenant_id, account_id, fetches)
         SELECT p.tenant_id, p.account_id, count(*) FROM fetches f CROSS JOIN patients p ON p.id = f.patient_id WHERE f.id > ? GROUP BY 1, 2
         ON CONFLICT DO UPDATE SET fetches = fetches + excluded.fetches",
    )
    .bind(before)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes of what failed that a later fetch is there now, and of whom could not be had that they are asked for again.
async fn leave_behind(connection: &mut SqliteConnection, plan: &Plan<'_>, highest: i64) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE fetches SET behind = 1 WHERE id IN (
             SELECT o.id FROM failing_counts c
             CROSS JOIN fetches o ON o.tenant_id = c.tenant_id AND o.state = c.state AND o.reason IS nullif(c.reason, '') AND o.behind = 0
                                 AND (o.state = 'waiting' OR o.state = 'dead' OR o.state = 'quarantined')
             WHERE c.tenant_id = ?1 AND o.id <= ?2 AND o.job = ?3 AND o.window_start IS ?4 AND o.window_end IS ?5
               AND EXISTS (SELECT 1 FROM fetches n WHERE n.patient_id = o.patient_id AND n.id > ?2 AND n.window_start IS ?4 AND n.window_end IS ?5))",
    )
    .bind(plan.tenant.0)
    .bind(highest)
    .bind(plan.job)
    .bind(plan.window.map(|window| window.start.to_string()))
    .bind(plan.window.map(|window| window.end.to_string()))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE patients SET away = NULL, away_since = NULL
         WHERE tenant_id = ? AND away IS NOT NULL AND EXISTS (SELECT 1 FROM fetches n WHERE n.patient_id = patients.id AND n.id > ?)",
    )
    .bind(plan.tenant.0)
    .bind(highest)
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the older unfinished fetches whose dates a new one holds; a whole chart covers whole charts only.
///
/// They stand below `highest`, which was the highest row id before these were planned.
async fn supersede(connection: &mut SqliteConnection, plan: &Plan<'_>, highest: i64) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE fetches SET state = 'superseded', reason = NULL, due_at = NULL, changed_at = ?6
         WHERE job = ?1 AND tenant_id = ?2 AND backfill_id IS NULL AND state IN ('pending', 'waiting') AND id <= ?7 AND (occurrence_at < ?3 OR occurrence_at > max(?3, ?6))
           AND ((?4 IS NULL AND window_start IS NULL) OR (?4 <= window_start AND window_end <= ?5))
           AND EXISTS (SELECT 1 FROM fetches n
                       WHERE n.patient_id = fetches.patient_id AND n.job = ?1 AND n.backfill_id IS NULL AND n.occurrence_at = ?3 AND n.id > fetches.id
                         AND n.window_start IS ?4 AND n.window_end IS ?5)",
    )
    .bind(plan.job)
    .bind(plan.tenant.0)
    .bind(plan.occurrence_at)
    .bind(plan.window.map(|window| window.start.to_string()))
    .bind(plan.window.map(|window| window.end.to_string()))
    .bind(plan.now)
    .bind(highest)
    .execute(connection)
    .await?;
    Ok(())
}

/// How many of the run's patients of a tenant rest; `occurrence_at` is the run's.
pub async fn resting(
    connection: &mut SqliteConnection,
    (run, narrowed): (RunId, bool),
    job: &str,
    tenant: TenantId,
    (denied_after, occurrence_at): (Millis, Millis),
) -> sqlx::Result<i64> {
    let sql = format!(
        "SELECT count(*) FROM fetches l CROSS JOIN patients p ON p.id = l.patient_id
         CROSS JOIN job_patients j ON j.job = ?1 AND j.tenant_id = ?4 AND j.patient_id = p.id
         WHERE l.tenant_id = ?4 AND l.job = ?1 AND l.backfill_id IS NULL AND {RESTS}
           AND (NOT ?5 OR p.id IN (SELECT patient_id FROM run_patients WHERE run_id = ?6))
           AND NOT EXISTS (SELECT 1 FROM fetches n
                           WHERE n.patient_id = l.patient_id AND n.id > l.id AND n.job = ?1 AND n.backfill_id IS NULL AND n.state <> 'superseded')"
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(job)
        .bind(denied_after)
        .bind(occurrence_at)
        .bind(tenant.0)
        .bind(narrowed)
        .bind(run.0)
        .fetch_one(connection)
        .await
}

/// How much is to do now, by tenant: unfinished fetches of the job's nights or of a backfill, for the run's patients.
pub async fn due_by_tenant(
    connection: &mut SqliteConnection,
    (run, narrowed): (RunId, bool),
    job: &str,
    backfill: Option<BackfillId>,
) -> sqlx::Result<Vec<(String, i64)>> {
    sqlx::query_as(
        "SELECT t.tenant, count(*) FROM tenants t CROSS JOIN fetches f ON f.tenant_id = t.id
         WHERE f.job = ?1 AND f.backfill_id IS ?4 AND f.state IN ('pending', 'waiting')
           AND (NOT ?2 OR f.patient_id IN (SELECT patient_id FROM run_patients WHERE run_id = ?3))
         GROUP BY t.id",
    )
    .bind(job)
    .bind(narrowed)
    .bind(run.0)
    .bind(backfill.map(|backfill| backfill.0))
    .fetch_all(connection)
    .await
}

//! Planning a night: a fetch for every patient of the job who has none in the occurrence and does not rest. What backfills plan and bring moves none of it.

use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{BackfillId, RunId, TenantId, Window},
    store::{bulk, runs},
};

/// For one tenant and window of a run, what is to be planned.
#[derive(Debug, Clone)]
pub struct Plan {
    pub run: RunId,
    /// Whether the run is for those in `run_patients` alone.
    pub narrowed: bool,
    pub job: String,
    pub tenant: TenantId,
    pub occurrence_at: Millis,
    pub window: Option<Window>,
    /// Patients denied in an occurrence after this instant rest.
    pub denied_after: Millis,
    pub now: Millis,
}

/// How far a plan has come.
#[derive(Debug, Clone, Copy)]
pub struct Position {
    /// The highest row id of fetches before the run planned any.
    highest: i64,
    /// The highest before the occurrence had any, where an earlier run has planned for it.
    above: Option<i64>,
    /// Patients with lower row ids have been planned for.
    patient: i64,
    /// Whether this has made fetches.
    made_any: bool,
}

impl Position {
    /// Whether nobody can have a fetch in this occurrence yet.
    pub fn is_of_first_plan(self) -> bool {
        self.above.is_none()
    }

    /// The highest row id of fetches of earlier occurrences, in the occurrence's first plan.
    pub fn highest(self) -> i64 {
        self.highest
    }
}

/// Patients planned in one statement: SQLite keeps what it is about to insert in memory.
const STEP: u32 = 10_000;

/// A patient rests when the newest fetch, here `l` of patient `p`, was denied too lately and the roster's line has not changed since.
const RESTS: &str =
    "l.state = 'dead' AND l.reason = 'denied' AND l.occurrence_at > ?2 AND p.changed_at <= l.changed_at AND l.occurrence_at < ?3";

const LEAVE_BEHIND: &str = "UPDATE fetches SET behind = 1 WHERE id IN (
         SELECT f.id FROM fetches f INDEXED BY fetches_failing
         WHERE (f.state = 'waiting' OR f.state = 'dead' OR f.state = 'quarantined') AND f.patient_id BETWEEN ?6 AND ?7 AND f.behind = 0
           AND f.tenant_id = ?1 AND f.id <= ?2 AND f.job = ?3 AND f.window_start IS ?4 AND f.window_end IS ?5
           AND EXISTS (SELECT 1 FROM fetches n WHERE n.patient_id = f.patient_id AND n.id > ?2 AND n.window_start IS ?4 AND n.window_end IS ?5))";

const ASKED_FOR_AGAIN: &str = "UPDATE patients SET away = NULL, away_since = NULL
     WHERE tenant_id = ?1 AND away IS NOT NULL AND id BETWEEN ?3 AND ?4
       AND EXISTS (SELECT 1 FROM fetches n WHERE n.patient_id = patients.id AND n.id > ?2)";

/// The statements, by the names under which a test looks at their plans.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: [(&str, &str); 2] =
    [("what is left behind", LEAVE_BEHIND), ("who is asked for again", ASKED_FOR_AGAIN)];

/// Plans the fetches that are missing, and supersedes older unfinished ones that these cover.
pub async fn plan(connection: &mut SqliteConnection, plan: &Plan) -> sqlx::Result<()> {
    let mut at = Some(begin_plan(connection, plan).await?);
    while let Some(position) = at {
        at = plan_some(connection, plan, position, STEP).await?;
    }
    Ok(())
}

/// Where a plan begins.
pub async fn begin_plan(connection: &mut SqliteConnection, plan: &Plan) -> sqlx::Result<Position> {
    let highest = runs::begin_plan(connection, plan.run).await?;
    let above = runs::fetches_above(connection, &plan.job, plan.occurrence_at).await?;
    Ok(Position { highest, above: (highest > above).then_some(above), patient: 0, made_any: false })
}

/// Plans for the next so many patients; after the last of them, older unfinished fetches are superseded, and there is nowhere to go on from.
pub async fn plan_some(connection: &mut SqliteConnection, plan: &Plan, mut at: Position, patients: u32) -> sqlx::Result<Option<Position>> {
    let last = last_of(connection, plan, at.patient, patients).await?;
    if let Some(last) = last {
        let before = highest_id(connection).await?;
        bulk::begin(connection).await?;
        if insert(connection, plan, at.above, (at.patient, last)).await? > 0 {
            count(connection, before).await?;
            leave_behind(connection, plan, before, (at.patient, last)).await?;
            at.made_any = true;
        }
        bulk::end(connection).await?;
        at.patient = last + 1;
    }
    // Looked at now and not by the next step: a process that dies between them must not leave the old ones beside the new.
    if last_of(connection, plan, at.patient, 1).await?.is_some() {
        return Ok(Some(at));
    }
    if at.made_any {
        supersede(connection, plan, at.highest).await?;
    }
    Ok(None)
}

async fn highest_id(connection: &mut SqliteConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM fetches").fetch_one(connection).await
}

/// The last of the job's next so many patients; `None` at the end.
async fn last_of(connection: &mut SqliteConnection, plan: &Plan, first: i64, patients: u32) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "SELECT max(patient_id) FROM (
             SELECT patient_id FROM job_patients WHERE job = ? AND tenant_id = ? AND patient_id >= ? ORDER BY patient_id LIMIT ?)",
    )
    .bind(&plan.job)
    .bind(plan.tenant.0)
    .bind(first)
    .bind(patients)
    .fetch_one(connection)
    .await
}

async fn insert(connection: &mut SqliteConnection, plan: &Plan, above: Option<i64>, (first, last): (i64, i64)) -> sqlx::Result<u64> {
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
        .bind(&plan.job)
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

/// Notes of what failed that a later fetch is there now, and of whom could not be had that they are asked for again; of these patients, with row ids
/// above `before`.
async fn leave_behind(connection: &mut SqliteConnection, plan: &Plan, before: i64, (first, last): (i64, i64)) -> sqlx::Result<()> {
    sqlx::query(LEAVE_BEHIND)
        .bind(plan.tenant.0)
        .bind(before)
        .bind(&plan.job)
        .bind(plan.window.map(|window| window.start.to_string()))
        .bind(plan.window.map(|window| window.end.to_string()))
        .bind(first)
        .bind(last)
        .execute(&mut *connection)
        .await?;
    sqlx::query(ASKED_FOR_AGAIN).bind(plan.tenant.0).bind(before).bind(first).bind(last).execute(connection).await?;
    Ok(())
}

/// Ends the older unfinished fetches whose dates a new one holds; a whole chart covers whole charts only.
///
/// They stand below `highest`, which was the highest row id before these were planned.
async fn supersede(connection: &mut SqliteConnection, plan: &Plan, highest: i64) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE fetches SET state = 'superseded', reason = NULL, due_at = NULL, changed_at = ?6
         WHERE job = ?1 AND tenant_id = ?2 AND backfill_id IS NULL AND state IN ('pending', 'waiting') AND id <= ?7 AND (occurrence_at < ?3 OR occurrence_at > max(?3, ?6))
           AND ((?4 IS NULL AND window_start IS NULL) OR (?4 <= window_start AND window_end <= ?5))
           AND EXISTS (SELECT 1 FROM fetches n
                       WHERE n.patient_id = fetches.patient_id AND n.job = ?1 AND n.backfill_id IS NULL AND n.occurrence_at = ?3 AND n.id > fetches.id
                         AND n.window_start IS ?4 AND n.window_end IS ?5)",
    )
    .bind(&plan.job)
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

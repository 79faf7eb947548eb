//! `runs`: each execution of a job, from its start to its exit code.

use serde_json::json;
use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{AccountName, BackfillId, PatientId, PatientToken, RunId, TenantName, words},
};

/// A run that begins.
#[derive(Debug)]
pub struct NewRun<'a> {
    pub job: &'a str,
    pub occurrence_at: Millis,
    pub started_at: Millis,
    /// Host and process id.
    pub process: &'a str,
    pub kind: RunKind,
    /// Of [`RunKind::Backfill`], and of nothing else: which.
    pub backfill: Option<BackfillId>,
}

words! {
    /// What a run is for.
    pub enum RunKind {
        /// What is due at an occurrence of the job.
        Nightly = "nightly",
        /// What a backfill asks for.
        Backfill = "backfill",
        /// Only to see who can log in.
        Check = "check",
    }
}

/// Opens a run.
pub async fn begin(connection: &mut SqliteConnection, run: &NewRun<'_>) -> sqlx::Result<RunId> {
    sqlx::query_scalar(
        "INSERT INTO runs (job, kind, backfill_id, occurrence_at, started_at, process, version) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
    )
    .bind(run.job)
    .bind(run.kind.as_str())
    .bind(run.backfill.map(|backfill| backfill.0))
    .bind(run.occurrence_at)
    .bind(run.started_at)
    .bind(run.process)
    .bind(env!("CARGO_PKG_VERSION"))
    .fetch_one(connection)
    .await
    .map(RunId)
}

/// Notes the highest row id of fetches before the run plans any, and tells it.
pub async fn begin_plan(connection: &mut SqliteConnection, run: RunId) -> sqlx::Result<i64> {
    sqlx::query("UPDATE runs SET fetches_above = (SELECT coalesce(max(id), 0) FROM fetches) WHERE id = ? AND fetches_above IS NULL")
        .bind(run.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query_scalar("SELECT fetches_above FROM runs WHERE id = ?").bind(run.0).fetch_one(connection).await
}

/// All fetches of this occurrence of the job's nights, and of later ones, have row ids above this: so nobody has to look at what each patient had in the
/// nights before. Ids are given out in ascending order, and every run noted the highest before it planned.
pub async fn fetches_above(connection: &mut SqliteConnection, job: &str, occurrence_at: Millis) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT coalesce(min(fetches_above), 0) FROM runs WHERE job = ? AND kind = 'nightly' AND occurrence_at >= ?")
        .bind(job)
        .bind(occurrence_at)
        .fetch_one(connection)
        .await
}

/// Whether the newest plan for everybody in the job's nights was this one, and no run was for a later time: then there is nothing to plan.
pub async fn is_planned(connection: &mut SqliteConnection, job: &str, occurrence_at: Millis, digest: &[u8]) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT coalesce((SELECT plan_digest = ?3 AND occurrence_at = ?2 FROM runs
                          WHERE job = ?1 AND kind = 'nightly' AND plan_digest IS NOT NULL ORDER BY id DESC LIMIT 1), 0)
                AND NOT EXISTS (SELECT 1 FROM runs WHERE job = ?1 AND kind = 'nightly' AND occurrence_at > ?2)",
    )
    .bind(job)
    .bind(occurrence_at)
    .bind(digest)
    .fetch_one(connection)
    .await
}

/// Notes that the run has planned this for everybody.
pub async fn set_planned(connection: &mut SqliteConnection, run: RunId, digest: &[u8]) -> sqlx::Result<()> {
    sqlx::query("UPDATE runs SET plan_digest = ? WHERE id = ?").bind(digest).bind(run.0).execute(connection).await?;
    Ok(())
}

/// The receipt of the job's newest run, where that was for everybody, in this occurrence, and nothing has happened since that its counts would miss: no
/// act of an operator but those that leave fetches alone.
pub async fn standing_receipt(
    connection: &mut SqliteConnection,
    run: RunId,
    job: &str,
    occurrence_at: Millis,
) -> sqlx::Result<Option<String>> {
    let receipt: Option<Option<String>> = sqlx::query_scalar(
        "SELECT CASE WHEN r.occurrence_at = ?3 AND NOT r.narrowed AND r.kind = 'nightly' AND NOT EXISTS (
                    SELECT 1 FROM operations o
                    WHERE o.at >= r.started_at AND o.what NOT IN ('accept_roster', 'backup', 'verify', 'prune', 'flatten')) THEN r.receipt END
         FROM runs r WHERE r.id = (SELECT max(n.id) FROM runs n WHERE n.id < ?1 AND n.job = ?2)",
    )
    .bind(run.0)
    .bind(job)
    .bind(occurrence_at)
    .fetch_optional(connection)
    .await?;
    Ok(receipt.flatten())
}

/// Closes a run with what it came to; `receipt` is a JSON object.
pub async fn end(connection: &mut SqliteConnection, run: RunId, now: Millis, exit_code: u8, receipt: Option<&str>) -> sqlx::Result<()> {
    sqlx::query("UPDATE runs SET ended_at = ?, exit_code = ?, receipt = ? WHERE id = ?")
        .bind(now)
        .bind(exit_code)
        .bind(receipt)
        .bind(run.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// When a run was, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct RunTimes {
    pub started_at: Millis,
    /// Of a run that died: when it was found, if it was.
    pub ended_at: Option<Millis>,
    /// `None` of a run that goes on or died.
    pub exit_code: Option<u8>,
}

/// What the runs of a job say of one occurrence. Those of a part of its patients say nothing, for they leave the others to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OccurrenceRuns {
    pub first: Option<RunTimes>,
    pub newest: Option<RunTimes>,
    /// The newest run of another occurrence that was going on when this one fell due.
    pub over: Option<RunTimes>,
    /// The newest earlier occurrence that has a run.
    pub previous: Option<Millis>,
}

/// Looks up what decides whether an occurrence is due. (`kind <> 'check'` is what the index on the job's runs asks for.)
pub async fn of_occurrence(connection: &mut SqliteConnection, job: &str, occurrence_at: Millis) -> sqlx::Result<OccurrenceRuns> {
    let runs: Vec<RunTimes> = sqlx::query_as(
        "SELECT started_at, ended_at, exit_code FROM runs
         WHERE job = ? AND kind = 'nightly' AND NOT narrowed AND occurrence_at = ? ORDER BY id",
    )
    .bind(job)
    .bind(occurrence_at)
    .fetch_all(&mut *connection)
    .await?;
    let over = sqlx::query_as(
        "SELECT started_at, ended_at, exit_code FROM runs
         WHERE job = ?1 AND kind = 'nightly' AND NOT narrowed AND occurrence_at <> ?2
           AND exit_code IS NOT NULL AND started_at <= ?2 AND ended_at > ?2
         ORDER BY id DESC LIMIT 1",
    )
    .bind(job)
    .bind(occurrence_at)
    .fetch_optional(&mut *connection)
    .await?;
    let previous =
        sqlx::query_scalar("SELECT max(occurrence_at) FROM runs WHERE job = ? AND kind = 'nightly' AND NOT narrowed AND occurrence_at < ?")
            .bind(job)
            .bind(occurrence_at)
            .fetch_one(connection)
            .await?;
    Ok(OccurrenceRuns { first: runs.first().copied(), newest: runs.last().copied(), over, previous })
}

/// Whether the run has not been closed: by itself, or by another that took the lock after it.
pub async fn is_open(connection: &mut SqliteConnection, run: RunId) -> sqlx::Result<bool> {
    let open = sqlx::query_scalar("SELECT ended_at IS NULL FROM runs WHERE id = ?").bind(run.0).fetch_optional(connection).await?;
    Ok(open.unwrap_or(false))
}

/// Closes the runs that died: their end is when we found them, their exit code stays unknown.
pub async fn close_dead(connection: &mut SqliteConnection, now: Millis) -> sqlx::Result<u64> {
    let result = sqlx::query("UPDATE runs SET ended_at = ? WHERE ended_at IS NULL").bind(now).execute(connection).await?;
    Ok(result.rows_affected())
}

/// Whether the newest run began or ended after `now`: the clock was ahead then, or is behind now.
pub async fn newest_is_in_the_future(connection: &mut SqliteConnection, now: Millis) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT coalesce((SELECT max(started_at, coalesce(ended_at, 0)) > ? FROM runs ORDER BY id DESC LIMIT 1), 0)")
        .bind(now)
        .fetch_one(connection)
        .await
}

/// Whom a narrowed run is for, all conditions together.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Narrowing {
    pub tenant: Option<TenantName>,
    pub account: Option<AccountName>,
    /// Row ids.
    pub patients: Vec<PatientId>,
    /// Patient tokens, in whichever tenant they stand.
    pub tokens: Vec<PatientToken>,
}

impl Narrowing {
    /// Whether it narrows nothing.
    pub fn is_everybody(&self) -> bool {
        *self == Self::default()
    }
}

/// Writes down whom of the job's patients the run is for.
pub async fn narrow(connection: &mut SqliteConnection, run: RunId, job: &str, to: &Narrowing) -> sqlx::Result<()> {
    sqlx::query("UPDATE runs SET narrowed = 1 WHERE id = ?").bind(run.0).execute(&mut *connection).await?;
    let tokens = json!(to.tokens.iter().map(|token| token.expose()).collect::<Vec<_>>());
    let patients = json!(to.patients.iter().map(|patient| patient.0).collect::<Vec<_>>());
    sqlx::query(
        "INSERT INTO run_patients (run_id, patient_id)
         SELECT ?1, p.id FROM job_patients j
         JOIN patients p ON p.id = j.patient_id
         JOIN tenants t ON t.id = p.tenant_id
         JOIN accounts a ON a.id = p.account_id
         WHERE j.job = ?2
           AND (?3 IS NULL OR t.tenant = ?3)
           AND (?4 IS NULL OR a.account = ?4)
           AND (?5 OR p.id IN (SELECT value FROM json_each(?6)) OR p.patient_token IN (SELECT value FROM json_each(?7)))",
    )
    .bind(run.0)
    .bind(job)
    .bind(to.tenant.as_ref().map(|tenant| &tenant.0))
    .bind(to.account.as_ref().map(|account| &account.0))
    .bind(to.patients.is_empty() && to.tokens.is_empty())
    .bind(patients.to_string())
    .bind(tokens.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// How many of these row ids and tokens the job does not name.
pub async fn unknown(connection: &mut SqliteConnection, job: &str, to: &Narrowing) -> sqlx::Result<(Vec<PatientId>, Vec<usize>)> {
    let patients = json!(to.patients.iter().map(|patient| patient.0).collect::<Vec<_>>());
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT n.value FROM jsonb_each(?2) n WHERE NOT EXISTS (
             SELECT 1 FROM patients p JOIN job_patients j ON j.job = ?1 AND j.tenant_id = p.tenant_id AND j.patient_id = p.id
             WHERE p.id = n.value)",
    )
    .bind(job)
    .bind(patients.to_string())
    .fetch_all(&mut *connection)
    .await?;
    let tokens = json!(to.tokens.iter().map(|token| token.expose()).collect::<Vec<_>>());
    let lines: Vec<i64> = sqlx::query_scalar(
        "SELECT n.key FROM jsonb_each(?2) n WHERE NOT EXISTS (
             SELECT 1 FROM tenants t
             JOIN patients p ON p.tenant_id = t.id AND p.patient_token = n.value
             JOIN job_patients j ON j.job = ?1 AND j.tenant_id = p.tenant_id AND j.patient_id = p.id)",
    )
    .bind(job)
    .bind(tokens.to_string())
    .fetch_all(connection)
    .await?;
    Ok((ids.into_iter().map(PatientId).collect(), lines.into_iter().filter_map(|line| usize::try_from(line).ok()).collect()))
}

//! `jobs` and `job_patients`: whom each job's roster names now, and who has gone from it.

use futures_util::TryStreamExt;
use serde_json::json;
use sqlx::SqliteConnection;

use crate::{clock::Millis, domain::PatientId};

/// The rosters of a job, as digests of their patients' lines.
#[derive(Debug, Default, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct JobRosters {
    /// The one taken over last.
    pub roster_digest: Option<Vec<u8>>,
    /// One that an operator accepted although many vanished from it.
    pub accepted_digest: Option<Vec<u8>>,
}

/// Gives a new job its row: without one nobody asks how its runs ended.
pub async fn know(connection: &mut SqliteConnection, job: &str) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO jobs (job) VALUES (?) ON CONFLICT DO NOTHING").bind(job).execute(connection).await?;
    Ok(())
}

/// What was noted of a known job's rosters.
pub async fn rosters(connection: &mut SqliteConnection, job: &str) -> sqlx::Result<JobRosters> {
    sqlx::query_as("SELECT roster_digest, accepted_digest FROM jobs WHERE job = ?").bind(job).fetch_one(connection).await
}

/// Notes that the roster with this digest has been taken over.
pub async fn set_roster(connection: &mut SqliteConnection, job: &str, digest: Option<&[u8]>) -> sqlx::Result<()> {
    sqlx::query("UPDATE jobs SET roster_digest = ?, accepted_digest = NULL WHERE job = ?")
        .bind(digest)
        .bind(job)
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes that the roster with this digest may be taken over, however many vanished.
pub async fn accept_roster(connection: &mut SqliteConnection, job: &str, digest: &[u8]) -> sqlx::Result<()> {
    sqlx::query("UPDATE jobs SET accepted_digest = ? WHERE job = ?").bind(digest).bind(job).execute(connection).await?;
    Ok(())
}

/// Adds patients to those whom the job names.
pub async fn add_patients(connection: &mut SqliteConnection, job: &str, patients: &[PatientId]) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO job_patients (job, tenant_id, patient_id)
         SELECT ?1, p.tenant_id, p.id FROM jsonb_each(?2) j JOIN patients p ON p.id = j.value WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(job)
    .bind(ids(patients))
    .execute(connection)
    .await?;
    Ok(())
}

/// How many patients the job names.
pub async fn count(connection: &mut SqliteConnection, job: &str) -> sqlx::Result<u64> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM job_patients WHERE job = ?").bind(job).fetch_one(connection).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Those whom the job names and `is_named` does not know.
pub async fn vanished(connection: &mut SqliteConnection, job: &str, is_named: impl Fn(PatientId) -> bool) -> sqlx::Result<Vec<PatientId>> {
    let rows = sqlx::query_scalar("SELECT patient_id FROM job_patients WHERE job = ?").bind(job).fetch(connection);
    rows.map_ok(PatientId).try_filter(|patient| std::future::ready(!is_named(*patient))).try_collect().await
}

/// Takes patients from those whom the job names. Whom no other job names and whose newest fetch is this job's gets `removed_at`.
pub async fn remove_patients(connection: &mut SqliteConnection, job: &str, patients: &[PatientId], now: Millis) -> sqlx::Result<()> {
    for chunk in patients.chunks(1_000) {
        let chunk = ids(chunk);
        sqlx::query(
            "DELETE FROM job_patients WHERE job = ?1 AND (tenant_id, patient_id) IN
             (SELECT p.tenant_id, p.id FROM jsonb_each(?2) j JOIN patients p ON p.id = j.value)",
        )
        .bind(job)
        .bind(&chunk)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "UPDATE patients SET removed_at = ?3
             WHERE id IN (SELECT value FROM jsonb_each(?2))
               AND coalesce((SELECT f.job FROM fetches f WHERE f.patient_id = patients.id ORDER BY f.id DESC LIMIT 1), ?1) = ?1
               AND NOT EXISTS (SELECT 1 FROM jobs o JOIN job_patients n
                               ON n.job = o.job AND n.tenant_id = patients.tenant_id AND n.patient_id = patients.id)",
        )
        .bind(job)
        .bind(&chunk)
        .bind(now)
        .execute(&mut *connection)
        .await?;
        // Nothing is due for whom nobody names: what was still to do for them ends here.
        sqlx::query(
            "UPDATE fetches SET state = 'superseded', reason = NULL, due_at = NULL, changed_at = ?3
             WHERE job = ?1 AND state IN ('pending', 'waiting') AND patient_id IN (SELECT value FROM jsonb_each(?2))",
        )
        .bind(job)
        .bind(&chunk)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Row ids as a JSON array, which SQLite reads as a table: one prepared statement for any number of them.
fn ids(patients: &[PatientId]) -> String {
    json!(patients.iter().map(|patient| patient.0).collect::<Vec<_>>()).to_string()
}

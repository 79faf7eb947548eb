//! What a run left behind that died or had a wrong clock: its leases become attempts that were lost, its fetches wait again and not for ever.

use sqlx::SqliteConnection;

use crate::clock::Millis;

/// A document that kills the process this often is given up.
const MOST_LOSSES: u32 = 5;

/// Closes what earlier runs left; only the holder of the lock may call it. Tells how many fetches were lost.
pub async fn close_lost(connection: &mut SqliteConnection, now: Millis) -> sqlx::Result<u64> {
    sqlx::query(
        "INSERT INTO attempts (run_id, fetch_id, account_id, kind, started_at, outcome)
         SELECT run_id, id, account_id, lease_kind, leased_at, 'lost' FROM fetches WHERE state = 'leased'",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE attempts SET outcome = 'lost' WHERE outcome IS NULL").execute(&mut *connection).await?;
    let result = sqlx::query(
        "UPDATE fetches SET losses = losses + 1, account_id = NULL, leased_at = NULL, lease_kind = NULL, changed_at = ?1,
                            state = CASE WHEN losses + 1 >= ?2 THEN 'dead' ELSE 'waiting' END,
                            reason = CASE WHEN losses + 1 >= ?2 THEN 'crashed' ELSE reason END,
                            due_at = CASE WHEN losses + 1 >= ?2 THEN NULL ELSE ?1 END
         WHERE state = 'leased'",
    )
    .bind(now)
    .bind(MOST_LOSSES)
    .execute(connection)
    .await?;
    Ok(result.rows_affected())
}

/// Makes due at once whatever of the job waits for an instant after `latest`, further ahead than any wait: the wall clock was ahead when it was written, or
/// has been set back since. Tells how many fetches it pulled in.
pub async fn pull_in(connection: &mut SqliteConnection, job: &str, latest: Millis, now: Millis) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "UPDATE fetches SET due_at = ?2 WHERE state = 'waiting' AND tenant_id IN (SELECT id FROM tenants) AND job = ?3 AND due_at > ?1",
    )
    .bind(latest)
    .bind(now)
    .bind(job)
    .execute(connection)
    .await?;
    Ok(result.rows_affected())
}

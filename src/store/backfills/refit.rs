//! Unfinished fetches of a backfill whose dates another plan has brought since they came up: nobody asks for those twice.

use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{BackfillId, Window},
};

use super::window_of;

/// Supersedes each unfinished fetch of the backfill that has dates which a document holds by now, and plans what of it is still missing. Tells how
/// many it superseded.
pub async fn refit(connection: &mut SqliteConnection, backfill: BackfillId, job: &str, now: Millis) -> sqlx::Result<u64> {
    let mut superseded = 0;
    for (fetch, window) in overtaken(connection, backfill, job).await? {
        let held: Vec<(String, String)> = sqlx::query_as(
            "SELECT d.window_start, d.window_end FROM fetches f JOIN documents d ON d.patient_id = f.patient_id
             WHERE f.id = ? AND d.window_start <= f.window_end AND d.window_end >= f.window_start
               AND d.status IN ('accepted', 'unchanged', 'shrunk')",
        )
        .bind(fetch)
        .fetch_all(&mut *connection)
        .await?;
        let held = held.iter().map(|(start, end)| window_of(start, end)).collect::<sqlx::Result<Vec<_>>>()?;
        for missing in window.without(&held) {
            replan(connection, fetch, missing, now).await?;
        }
        sqlx::query("UPDATE fetches SET state = 'superseded', reason = NULL, due_at = NULL, changed_at = ? WHERE id = ?")
            .bind(now)
            .bind(fetch)
            .execute(&mut *connection)
            .await?;
        superseded += 1;
    }
    Ok(superseded)
}

/// The unfinished fetches that have dates which a document holds, with their windows.
async fn overtaken(connection: &mut SqliteConnection, backfill: BackfillId, job: &str) -> sqlx::Result<Vec<(i64, Window)>> {
    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "SELECT f.id, f.window_start, f.window_end
         FROM tenants t CROSS JOIN fetches f ON f.tenant_id = t.id
         WHERE f.job = ?2 AND f.backfill_id = ?1 AND f.state IN ('pending', 'waiting') AND f.window_start IS NOT NULL
           AND EXISTS (SELECT 1 FROM documents d
                       WHERE d.patient_id = f.patient_id AND d.window_start <= f.window_end AND d.window_end >= f.window_start
                         AND d.status IN ('accepted', 'unchanged', 'shrunk'))",
    )
    .bind(backfill.0)
    .bind(job)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|(fetch, start, end)| Ok((fetch, window_of(&start, &end)?))).collect()
}

/// Plans a part of a fetch in its place.
async fn replan(connection: &mut SqliteConnection, fetch: i64, window: Window, now: Millis) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO fetches (patient_id, tenant_id, job, backfill_id, occurrence_at, window_start, window_end, state, changed_at, losses)
         SELECT patient_id, tenant_id, job, backfill_id, occurrence_at, ?2, ?3, 'pending', ?4, losses FROM fetches WHERE id = ?1",
    )
    .bind(fetch)
    .bind(window.start.to_string())
    .bind(window.end.to_string())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

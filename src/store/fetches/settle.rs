//! Claims and settlements: the two moments in which a fetch changes hands.
//!
//! A claim is committed before its request is sent, and a settlement is written only while the same run still holds the fetch, so that every
//! request has its row and no late answer counts twice.

use serde_json::json;
use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{AccountId, AttemptKind, FetchId, FetchState, PatientId, Reason, RunId, Window},
    store::{attempts, attempts::Attempt, documents, runs},
};

pub use documents::{Filed, NewDocument, Stored};

/// A fetch about to be requested.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    pub fetch: FetchId,
    pub run: RunId,
    pub account: AccountId,
    pub now: Millis,
}

/// Where an answer takes a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    pub state: FetchState,
    pub reason: Option<Reason>,
    /// Attempts that count, this one included where it does.
    pub attempts: u32,
    /// When a waiting fetch is tried again.
    pub due_at: Option<Millis>,
}

/// All that one answer changes.
#[derive(Debug)]
pub struct Settlement {
    pub fetch: FetchId,
    pub patient: PatientId,
    pub window: Option<Window>,
    pub attempt: Attempt,
    pub next: Next,
    /// The chart, and where it is filed.
    pub document: Option<(NewDocument, Filed)>,
    /// An answer that is no document, kept for a person to look at.
    pub refused: Option<Vec<u8>>,
    pub now: Millis,
}

/// Takes the fetch for the run; false when it is no longer to be had, `None` when the run itself is no longer open: another took over.
pub async fn claim(connection: &mut SqliteConnection, claim: Claim) -> sqlx::Result<Option<bool>> {
    let result = sqlx::query(
        "UPDATE fetches SET state = 'leased', sends = CASE WHEN run_id IS ?1 THEN sends + 1 ELSE 1 END, run_id = ?1, account_id = ?2,
                            leased_at = ?3, lease_kind = 'document', changed_at = ?3
         WHERE id = ?4 AND state IN ('pending', 'waiting')
           -- Whoever takes the lock closes the runs before it: one that lost its lock file claims nothing more.
           AND EXISTS (SELECT 1 FROM runs WHERE runs.id = ?1 AND runs.ended_at IS NULL)",
    )
    .bind(claim.run.0)
    .bind(claim.account.0)
    .bind(claim.now)
    .bind(claim.fetch.0)
    .execute(&mut *connection)
    .await?;
    if result.rows_affected() == 1 {
        return Ok(Some(true));
    }
    Ok(runs::is_open(connection, claim.run).await?.then_some(false))
}

/// Records the attempt that was denied, and that the same fetch is about to be asked for once more with a new token.
pub async fn replay(connection: &mut SqliteConnection, fetch: FetchId, denied: &Attempt, now: Millis) -> sqlx::Result<bool> {
    attempts::insert(connection, denied).await?;
    let result = sqlx::query("UPDATE fetches SET lease_kind = ?, leased_at = ? WHERE id = ? AND state = 'leased' AND run_id = ?")
        .bind(AttemptKind::Replay.as_str())
        .bind(now)
        .bind(fetch.0)
        .bind(denied.run.0)
        .execute(connection)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Writes what an answer came to; `None`, and nothing to be committed, when the run no longer holds the fetch.
pub async fn settle(connection: &mut SqliteConnection, settlement: Settlement) -> sqlx::Result<Option<Option<Stored>>> {
    let Settlement { fetch, patient, window, attempt, next, document, refused, now } = settlement;
    let run = attempt.run;
    let attempt_id = attempts::insert(connection, &attempt).await?;
    let stored = match document {
        Some((document, filed)) => {
            Some(documents::insert(connection, (patient, window), document, filed, (run, attempt.started_at)).await?)
        }
        None => None,
    };
    if let Some(bytes) = refused {
        documents::keep_refused(connection, patient, attempt_id, bytes).await?;
    }
    let result = sqlx::query(
        "UPDATE fetches SET state = ?, reason = ?, attempts = ?, due_at = ?, document_id = ?, changed_at = ?,
                            account_id = NULL, leased_at = NULL, lease_kind = NULL
         WHERE id = ? AND state = 'leased' AND run_id = ?",
    )
    .bind(next.state.as_str())
    .bind(next.reason.map(Reason::as_str))
    .bind(next.attempts)
    .bind(next.due_at)
    .bind(stored.map(|stored| stored.id.0))
    .bind(now)
    .bind(fetch.0)
    .bind(run.0)
    .execute(connection)
    .await?;
    Ok((result.rows_affected() == 1).then_some(stored))
}

/// Undoes a claim for which nothing was sent: the fetch is as it was before.
pub async fn unclaim(connection: &mut SqliteConnection, claim: Claim) -> sqlx::Result<bool> {
    let result = sqlx::query(
        "UPDATE fetches SET state = CASE WHEN due_at IS NULL THEN 'pending' ELSE 'waiting' END, sends = sends - 1, changed_at = ?1,
                            account_id = NULL, leased_at = NULL, lease_kind = NULL
         WHERE id = ?2 AND state = 'leased' AND run_id = ?3",
    )
    .bind(claim.now)
    .bind(claim.fetch.0)
    .bind(claim.run.0)
    .execute(connection)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Gives a claimed fetch back although nothing more was sent for it, to be tried from `due_at` on; `reason` is that of its last answer.
pub async fn release(connection: &mut SqliteConnection, fetch: FetchId, run: RunId, reason: Reason, due_at: Millis) -> sqlx::Result<bool> {
    let result = sqlx::query(
        "UPDATE fetches SET state = 'waiting', reason = ?4, due_at = ?1, changed_at = ?1, account_id = NULL, leased_at = NULL, lease_kind = NULL
         WHERE id = ?2 AND state = 'leased' AND run_id = ?3",
    )
    .bind(due_at)
    .bind(fetch.0)
    .bind(run.0)
    .bind(reason.as_str())
    .execute(connection)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Gives fetches back to waiting, because their verdicts turned out to speak of the account: each loses what it was counted. They have had their
/// turn: others are asked for first when the account is tried again, and may show that it is good.
pub async fn give_back(connection: &mut SqliteConnection, fetches: &[(FetchId, bool)], reason: Reason, now: Millis) -> sqlx::Result<()> {
    let rows = json!(fetches.iter().map(|(fetch, counted)| json!([fetch.0, i64::from(*counted)])).collect::<Vec<_>>());
    sqlx::query(
        "UPDATE fetches SET state = 'waiting', reason = ?2, due_at = ?3, changed_at = ?3, turn_at = ?3, document_id = NULL,
                            attempts = max(0, fetches.attempts - (g.value ->> 1))
         FROM json_each(?1) g
         WHERE fetches.id = (g.value ->> 0) AND fetches.state IN ('dead', 'absent', 'waiting', 'quarantined')",
    )
    .bind(rows.to_string())
    .bind(reason.as_str())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

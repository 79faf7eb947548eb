//! Claims and settlements: the two moments in which a fetch changes hands.
//!
//! A claim is committed before its request is sent, and a settlement is written only while the same run still holds the fetch, so that every
//! request has its row and no late answer counts twice.

use std::collections::HashSet;

use serde_json::{Value, json};
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

/// `?1` is the run, `?2` the claims: each an array of fetch, account and time.
const CLAIM: &str = "UPDATE fetches SET state = 'leased', sends = CASE WHEN run_id IS ?1 THEN sends + 1 ELSE 1 END, run_id = ?1,
                       account_id = c.value ->> 1, leased_at = c.value ->> 2, lease_kind = 'document', changed_at = c.value ->> 2
    FROM jsonb_each(?2) c
    WHERE fetches.id = c.value ->> 0 AND fetches.state IN ('pending', 'waiting')
      -- Whoever takes the lock closes the runs before it: one that lost its lock file claims nothing more.
      AND EXISTS (SELECT 1 FROM runs WHERE runs.id = ?1 AND runs.ended_at IS NULL)
    RETURNING fetches.id";

/// Each claim is an array of fetch, run and time.
const UNCLAIM: &str = "UPDATE fetches SET state = CASE WHEN due_at IS NULL THEN 'pending' ELSE 'waiting' END, sends = sends - 1,
                       changed_at = c.value ->> 2, account_id = NULL, leased_at = NULL, lease_kind = NULL
    FROM jsonb_each(?) c
    WHERE fetches.id = c.value ->> 0 AND fetches.state = 'leased' AND fetches.run_id = c.value ->> 1";

/// Each settlement is an array of fetch, run, and what the fetch becomes.
const SETTLE: &str = "UPDATE fetches SET state = s.value ->> 2, reason = s.value ->> 3, attempts = s.value ->> 4, due_at = s.value ->> 5,
                       document_id = s.value ->> 6, changed_at = s.value ->> 7, account_id = NULL, leased_at = NULL, lease_kind = NULL
    FROM jsonb_each(?) s
    WHERE fetches.id = s.value ->> 0 AND fetches.state = 'leased' AND fetches.run_id = s.value ->> 1";

/// The statements, by the names under which a test looks at their plans.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: [(&str, &str); 3] = [("claims", CLAIM), ("claims undone", UNCLAIM), ("settlements", SETTLE)];

/// Takes the fetches for a run, all of them for the same one; gives those that were still to be had. `None` when the run itself is no longer open:
/// another took over.
pub async fn claim(connection: &mut SqliteConnection, run: RunId, claims: &[Claim]) -> sqlx::Result<Option<HashSet<FetchId>>> {
    let lines: Vec<_> = claims.iter().map(|claim| json!([claim.fetch.0, claim.account.0, claim.now])).collect();
    let claimed: Vec<i64> = sqlx::query_scalar(CLAIM).bind(run.0).bind(json!(lines).to_string()).fetch_all(&mut *connection).await?;
    if claimed.len() == claims.len() || runs::is_open(connection, run).await? {
        return Ok(Some(claimed.into_iter().map(FetchId).collect()));
    }
    Ok(None)
}

/// Records the attempt that was denied, and that the same fetch is about to be asked for once more with a new token.
pub async fn replay(connection: &mut SqliteConnection, fetch: FetchId, denied: &Attempt, now: Millis) -> sqlx::Result<bool> {
    attempts::insert(connection, &[denied]).await?;
    let result = sqlx::query("UPDATE fetches SET lease_kind = ?, leased_at = ? WHERE id = ? AND state = 'leased' AND run_id = ?")
        .bind(AttemptKind::Replay.as_str())
        .bind(now)
        .bind(fetch.0)
        .bind(denied.run.0)
        .execute(connection)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Writes what answers came to, each of another patient; `None`, and nothing to be committed, when a run no longer holds one of the fetches.
/// Else what was stored, in their order.
pub async fn settle(connection: &mut SqliteConnection, mut settlements: Vec<Settlement>) -> sqlx::Result<Option<Vec<Option<Stored>>>> {
    let attempts: Vec<_> = settlements.iter().map(|settlement| &settlement.attempt).collect();
    let attempts = attempts::insert(connection, &attempts).await?;
    let has_document: Vec<_> = settlements.iter().map(|settlement| settlement.document.is_some()).collect();
    let new = settlements.iter_mut().filter_map(|settlement| {
        let (document, filed) = settlement.document.take()?;
        let Settlement { patient, window, ref attempt, .. } = *settlement;
        Some(documents::New { patient, window, run: attempt.run, fetched_at: attempt.started_at, document, filed })
    });
    let mut stored = documents::insert(connection, new.collect()).await?.into_iter();
    let stored: Vec<_> = has_document.into_iter().map(|has| has.then(|| stored.next()).flatten()).collect();
    for (settlement, attempt) in settlements.iter_mut().zip(attempts) {
        if let Some(bytes) = settlement.refused.take() {
            documents::keep_refused(connection, settlement.patient, attempt, bytes).await?;
        }
    }
    let lines: Vec<_> = settlements.iter().zip(&stored).map(|(settlement, stored)| line(settlement, *stored)).collect();
    let result = sqlx::query(SETTLE).bind(json!(lines).to_string()).execute(connection).await?;
    Ok((result.rows_affected() == lines.len() as u64).then_some(stored))
}

fn line(settlement: &Settlement, stored: Option<Stored>) -> Value {
    let Settlement { fetch, attempt, next, now, .. } = settlement;
    let Next { state, reason, attempts, due_at } = next;
    let document = stored.map(|stored| stored.id.0);
    json!([fetch.0, attempt.run.0, state.as_str(), reason.map(Reason::as_str), attempts, due_at, document, now])
}

/// Undoes claims for which nothing was sent: the fetches are as they were before. False when the run no longer holds one of them.
pub async fn unclaim(connection: &mut SqliteConnection, claims: &[Claim]) -> sqlx::Result<bool> {
    let lines: Vec<_> = claims.iter().map(|claim| json!([claim.fetch.0, claim.run.0, claim.now])).collect();
    let result = sqlx::query(UNCLAIM).bind(json!(lines).to_string()).execute(connection).await?;
    Ok(result.rows_affected() == claims.len() as u64)
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

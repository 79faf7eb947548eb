//! `attempts`: every exchange with the server, a row each.

use std::{sync::LazyLock, time::Duration};

use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{AccountId, AttemptId, AttemptKind, FetchId, Outcome, Reason, RunId},
};

use super::lines::{self, Cell, Target, cells};

/// An exchange that ended.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub run: RunId,
    /// None for a token, which serves many fetches.
    pub fetch: Option<FetchId>,
    pub account: AccountId,
    pub kind: AttemptKind,
    pub started_at: Millis,
    pub ended: Ended,
}

/// How an exchange ended.
#[derive(Debug, Clone)]
pub struct Ended {
    pub duration: Duration,
    pub http_status: Option<u16>,
    pub outcome: Outcome,
    pub reason: Option<Reason>,
    /// For people; never a secret, a token or a piece of a document.
    pub detail: Option<String>,
    /// Length of the answer's body, inflated.
    pub bytes: u64,
}

/// Records exchanges that ended; gives the rows' ids in their order.
pub async fn insert(connection: &mut SqliteConnection, attempts: &[&Attempt]) -> sqlx::Result<Vec<AttemptId>> {
    static TARGET: LazyLock<Target> = LazyLock::new(|| {
        let columns = "run_id, fetch_id, account_id, kind, started_at, duration_ms, http_status, outcome, reason, detail, bytes";
        Target::plain("attempts", columns)
    });
    let ids = lines::insert(connection, &TARGET, attempts.iter().map(|attempt| line(attempt)).collect()).await?;
    Ok(ids.map(AttemptId).collect())
}

fn line(attempt: &Attempt) -> [Cell; 11] {
    let Attempt { run, fetch, account, kind, started_at, ended } = attempt;
    let Ended { duration, http_status, outcome, reason, detail, bytes } = ended;
    cells![
        run.0,
        fetch.map(|fetch| fetch.0),
        account.0,
        kind.as_str(),
        started_at,
        milliseconds(*duration),
        http_status,
        outcome.as_str(),
        reason.map(Reason::as_str),
        detail,
        i64::try_from(*bytes).unwrap_or(i64::MAX)
    ]
}

/// Records that a token is about to be asked for, so that the request has its row even when the process dies on it.
pub async fn begin_token(connection: &mut SqliteConnection, run: RunId, account: AccountId, now: Millis) -> sqlx::Result<AttemptId> {
    sqlx::query_scalar("INSERT INTO attempts (run_id, account_id, kind, started_at) VALUES (?, ?, 'token', ?) RETURNING id")
        .bind(run.0)
        .bind(account.0)
        .bind(now)
        .fetch_one(connection)
        .await
        .map(AttemptId)
}

/// Completes the row of a token request.
pub async fn end_token(connection: &mut SqliteConnection, attempt: AttemptId, ended: &Ended) -> sqlx::Result<()> {
    sqlx::query("UPDATE attempts SET duration_ms = ?, http_status = ?, outcome = ?, reason = ?, detail = ?, bytes = ? WHERE id = ?")
        .bind(milliseconds(ended.duration))
        .bind(ended.http_status)
        .bind(ended.outcome.as_str())
        .bind(ended.reason.map(Reason::as_str))
        .bind(&ended.detail)
        .bind(i64::try_from(ended.bytes).unwrap_or(i64::MAX))
        .bind(attempt.0)
        .execute(connection)
        .await?;
    Ok(())
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

//! `backfills` and `backfill_passes`: history that was asked for once. Windows become fetches as they come up; until then the rule is all there is.
//!
//! In reading order: this file (which backfill is meant), `pass` (how far each tenant is), `come_up` (a few patients of a window become fetches),
//! `refit` (what another plan has brought meanwhile is not asked for again), `left` and
//! `estimate` (how much has not come up yet, or would).

mod come_up;
mod estimate;
mod left;
mod pass;
mod refit;

#[cfg(test)]
pub(super) use come_up::STATEMENTS;
pub use come_up::{CameUp, ComingUp, come_up};
pub use estimate::estimate;
pub use left::{Left, left};
pub use pass::{Extent, begin_pass};
pub use refit::refit;

use sha2::{Digest, Sha256};
use sqlx::{FromRow, SqliteConnection};

use crate::{
    clock::Millis,
    domain::{Backfill, BackfillId, Window},
    store::runs::Narrowing,
};

/// A backfill that has its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub id: BackfillId,
    pub backfill: Backfill,
    /// When it was first asked for: the occurrence of its fetches.
    pub asked_at: Millis,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    from_date: Option<String>,
    to_date: Option<String>,
    every: Option<String>,
    window_order: Option<String>,
    asked_at: Millis,
}

/// The backfill of the job with these arguments, which gets its row when it is asked for the first time.
///
/// Patients by row ids are not among the arguments: they mean something in one file only, and the command does not take them.
pub async fn know(
    connection: &mut SqliteConnection,
    job: &str,
    backfill: Backfill,
    narrowing: &Narrowing,
    now: Millis,
) -> sqlx::Result<Known> {
    let (from, to, every, order) = match backfill {
        Backfill::Charts => (None, None, None, None),
        Backfill::Windows { from, to, every, order } => {
            (Some(from.to_string()), to.map(|to| to.to_string()), Some(every.as_str()), Some(order.as_str()))
        }
    };
    let (tenant, account) = (narrowing.tenant.as_ref().map(|tenant| &tenant.0), narrowing.account.as_ref().map(|account| &account.0));
    let digest = patients_digest(narrowing);
    let found: Option<(i64, Millis)> = sqlx::query_as(
        "SELECT id, asked_at FROM backfills
         WHERE job = ? AND from_date IS ? AND to_date IS ? AND every IS ? AND window_order IS ? AND tenant IS ? AND account IS ?
           AND patients_digest IS ?",
    )
    .bind(job)
    .bind(&from)
    .bind(&to)
    .bind(every)
    .bind(order)
    .bind(tenant)
    .bind(account)
    .bind(&digest)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some((id, asked_at)) = found {
        return Ok(Known { id: BackfillId(id), backfill, asked_at });
    }
    let id = sqlx::query_scalar(
        "INSERT INTO backfills (job, from_date, to_date, every, window_order, tenant, account, patients_digest, asked_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
    )
    .bind(job)
    .bind(from)
    .bind(to)
    .bind(every)
    .bind(order)
    .bind(tenant)
    .bind(account)
    .bind(digest)
    .bind(now)
    .fetch_one(connection)
    .await?;
    Ok(Known { id: BackfillId(id), backfill, asked_at: now })
}

/// The backfill of this row.
pub async fn known(connection: &mut SqliteConnection, id: BackfillId) -> sqlx::Result<Known> {
    let row: Row = sqlx::query_as("SELECT id, from_date, to_date, every, window_order, asked_at FROM backfills WHERE id = ?")
        .bind(id.0)
        .fetch_one(connection)
        .await?;
    Known::try_from(row)
}

impl TryFrom<Row> for Known {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let backfill = match (row.from_date, row.every, row.window_order) {
            (Some(from), Some(every), Some(order)) => Backfill::Windows {
                from: decoded(from.parse())?,
                to: decoded(row.to_date.map(|to| to.parse()).transpose())?,
                every: decoded(every.parse())?,
                order: decoded(order.parse())?,
            },
            _ => Backfill::Charts,
        };
        Ok(Self { id: BackfillId(row.id), backfill, asked_at: row.asked_at })
    }
}

/// The set of tokens that narrows a backfill, in whatever order they were given.
fn patients_digest(narrowing: &Narrowing) -> Option<Vec<u8>> {
    if narrowing.tokens.is_empty() {
        return None;
    }
    let mut tokens: Vec<_> = narrowing.tokens.iter().map(|token| token.expose()).collect();
    tokens.sort_unstable();
    tokens.dedup();
    let mut digest = Sha256::new();
    for token in tokens {
        digest.update((token.len() as u64).to_be_bytes());
        digest.update(token);
    }
    Some(digest.finalize().to_vec())
}

fn decoded<T, E: std::error::Error + Send + Sync + 'static>(result: Result<T, E>) -> sqlx::Result<T> {
    result.map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// A window from its two columns.
fn window_of(start: &str, end: &str) -> sqlx::Result<Window> {
    Ok(Window { start: decoded(start.parse())?, end: decoded(end.parse())? })
}

//! `bodies`: the bytes of documents, the same bytes once.
//!
//! The newest of a patient's chart or window is stored as it came, so that any reader of SQLite has it. Those before it become reverse deltas, as
//! version-control systems keep history: each is made from the one that came after it. In reading order: `zstd_frame` (what a delta is), `chain` (how
//! many may follow each other), `insert` (a new body, and what becomes of the one before), `read`, `let_go` (a body ends, those made from it stay).

mod chain;
mod damage;
mod insert;
mod let_go;
mod read;
#[cfg(test)]
mod tests;
mod whole;
mod zstd_frame;

pub use damage::Damage;
#[cfg(test)]
pub(in crate::store) use insert::STATEMENTS;
pub(in crate::store) use insert::{NewBody, insert};
pub(in crate::store) use let_go::delete_unneeded;
pub use read::{Reader, read};
pub(in crate::store) use read::{Stored, stored, whole_of};
pub(in crate::store) use whole::make_whole;
pub use zstd_frame::alone as compressed;

use sqlx::SqliteConnection;

/// Mean length in bytes of the newest bodies; `None` while there is none.
pub async fn mean_length(connection: &mut SqliteConnection) -> sqlx::Result<Option<u64>> {
    let mean: Option<f64> =
        sqlx::query_scalar("SELECT avg(length) FROM (SELECT length FROM bodies ORDER BY id DESC LIMIT 1000)").fetch_one(connection).await?;
    Ok(mean.map(|mean| mean as u64))
}

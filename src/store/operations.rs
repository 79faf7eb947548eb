//! `operations`: each act of an operator leaves a row.

use sqlx::SqliteConnection;

use crate::clock::Millis;

/// Records that `who` (the operating system's name) did `what` to `target`.
pub async fn record(connection: &mut SqliteConnection, at: Millis, who: &str, what: &str, target: &str) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO operations (at, who, what, target) VALUES (?, ?, ?, ?)")
        .bind(at)
        .bind(who)
        .bind(what)
        .bind(target)
        .execute(connection)
        .await?;
    Ok(())
}

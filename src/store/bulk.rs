//! Writing many new patients or fetches in sets. Triggers that keep counts for each new row (migrations/0020_standing.sql) take as long as the rows; between
//! [`begin`] and [`end`] they keep still, and who writes counts in sets as well. Both lie in one transaction, so that nobody meets numbers that are not kept.

use sqlx::SqliteConnection;

/// From here on the caller counts what it inserts.
pub(super) async fn begin(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO bulk_writes DEFAULT VALUES").execute(connection).await?;
    Ok(())
}

/// From here on triggers count again.
pub(super) async fn end(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM bulk_writes").execute(connection).await?;
    Ok(())
}

//! Bodies that are made whole again: no newer one is needed to have them.

use sqlx::SqliteConnection;

use super::read::read;

/// Stores a body as it came, and not as a delta or compressed any more; those that are made from it stay as they are.
pub(in crate::store) async fn make_whole(connection: &mut SqliteConnection, body: i64) -> sqlx::Result<()> {
    let bytes = read(connection, body).await?;
    let update = sqlx::query("UPDATE bodies SET bytes = ?, zstd = NULL, base_id = NULL WHERE id = ?");
    update.bind(bytes).bind(body).execute(connection).await.map(drop)
}

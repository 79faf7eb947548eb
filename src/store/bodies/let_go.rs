//! Bodies that end: those that are made from them are made from a newer one before, or whole.

use std::collections::HashSet;

use serde_json::json;
use sqlx::SqliteConnection;

use super::{
    read::{Reader, stored},
    whole::make_whole,
    zstd_frame,
};

/// Deletes those of these bodies that no document needs, and tells their lengths. To be called within a transaction: a body that cannot be had undoes it all.
pub(in crate::store) async fn delete_unneeded(connection: &mut SqliteConnection, bodies: &[i64]) -> sqlx::Result<Vec<i64>> {
    let mut lengths = Vec::new();
    for chunk in bodies.chunks(1_000) {
        let unneeded: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT b.id, b.length FROM bodies b WHERE b.id IN (SELECT value FROM json_each(?))
               AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.body_id = b.id)",
        )
        .bind(json!(chunk).to_string())
        .fetch_all(&mut *connection)
        .await?;
        let (ids, of_these): (Vec<i64>, Vec<i64>) = unneeded.into_iter().unzip();
        leave(connection, &ids).await?;
        sqlx::query("DELETE FROM bodies WHERE id IN (SELECT value FROM json_each(?))")
            .bind(json!(ids).to_string())
            .execute(&mut *connection)
            .await?;
        lengths.extend(of_these);
    }
    Ok(lengths)
}

/// Frees all bodies that stay from those that go.
async fn leave(connection: &mut SqliteConnection, going: &[i64]) -> sqlx::Result<()> {
    let staying: Vec<i64> = sqlx::query_scalar(
        "SELECT b.id FROM bodies b
         WHERE b.base_id IN (SELECT value FROM json_each(?1)) AND b.id NOT IN (SELECT value FROM json_each(?1)) ORDER BY b.id",
    )
    .bind(json!(going).to_string())
    .fetch_all(&mut *connection)
    .await?;
    let going: HashSet<i64> = going.iter().copied().collect();
    for body in staying {
        match staying_base(connection, body, &going).await? {
            Some(base) => rebase(connection, body, base).await?,
            None => make_whole(connection, body).await?,
        }
    }
    Ok(())
}

/// The nearest newer body of the chain that stays.
async fn staying_base(connection: &mut SqliteConnection, body: i64, going: &HashSet<i64>) -> sqlx::Result<Option<i64>> {
    let mut at = stored(connection, body).await?.base_id;
    let mut passed = HashSet::new();
    // Who goes round is found by the reading that follows.
    while let Some(base) = at.filter(|base| going.contains(base) && passed.insert(*base)) {
        at = sqlx::query_scalar("SELECT base_id FROM bodies WHERE id = ?").bind(base).fetch_one(&mut *connection).await?;
    }
    Ok(at)
}

/// Makes the body a delta against another one of its chain. That one has links enough: it has at least one more than the bodies between them.
async fn rebase(connection: &mut SqliteConnection, body: i64, base: i64) -> sqlx::Result<()> {
    let mut reader = Reader::default();
    let prefix = reader.read(connection, base).await?.to_vec();
    let bytes = reader.into_bytes(connection, body).await?;
    let frame = zstd_frame::against(&bytes, &prefix);
    let proven = frame.filter(|frame| zstd_frame::restore(frame, &prefix, bytes.len()).is_some_and(|restored| restored == bytes));
    let Some(frame) = proven else { return make_whole(connection, body).await };
    let update = sqlx::query("UPDATE bodies SET zstd = ?, base_id = ? WHERE id = ?");
    update.bind(frame).bind(base).bind(body).execute(connection).await.map(drop)
}

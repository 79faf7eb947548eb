//! Every body against its own digest: what SQLite cannot know, because any byte is a valid one.
//!
//! From each body that is whole those that are made from it are restored, and those that are made from these: a chain is walked once, however long
//! it is, and with one body in memory beside the one before it.

use sqlx::SqliteConnection;

use super::{Damage, states};
use crate::store::bodies::{self, Stored};

/// How much was read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    pub bodies: u64,
    pub bytes: u64,
}

/// One body at a time, because a stream of rows would hold many of them, and each may have 64 MiB.
pub async fn check(connection: &mut SqliteConnection, verified: &mut Verified, found: &mut impl FnMut(Damage)) -> sqlx::Result<()> {
    let mut after = i64::MIN;
    while let Some(body) = next_whole(connection, after).await? {
        after = body.id;
        check_chain(connection, body, verified, found).await?;
    }
    let bodies: i64 = sqlx::query_scalar("SELECT count(*) FROM bodies").fetch_one(&mut *connection).await?;
    if u64::try_from(bodies) != Ok(verified.bodies) {
        check_baseless(connection, found).await?;
    }
    Ok(())
}

/// A body that is there, and those made from it that are still to be proven.
struct Proven {
    bytes: Vec<u8>,
    older: Vec<i64>,
}

async fn check_chain(
    connection: &mut SqliteConnection,
    whole: Stored,
    verified: &mut Verified,
    found: &mut impl FnMut(Damage),
) -> sqlx::Result<()> {
    let mut path = Vec::new();
    path.extend(prove(connection, whole, None, verified, found).await?);
    while let Some(newer) = path.last_mut() {
        let Some(body) = newer.older.pop() else {
            path.pop();
            continue;
        };
        let older = bodies::stored(connection, body).await?;
        let proven = prove(connection, older, Some(&newer.bytes), verified, found).await?;
        // With the last that is made from it, and that is mostly the only one, its own bytes are needed no more.
        path.pop_if(|newer| newer.older.is_empty());
        path.extend(proven);
    }
    Ok(())
}

async fn prove(
    connection: &mut SqliteConnection,
    body: Stored,
    base: Option<&[u8]>,
    verified: &mut Verified,
    found: &mut impl FnMut(Damage),
) -> sqlx::Result<Option<Proven>> {
    let id = body.id;
    verified.bodies += 1;
    match body.restored(base) {
        Ok(bytes) => {
            verified.bytes += bytes.len() as u64;
            if verified.bodies.is_multiple_of(10_000) {
                tracing::info!(bodies = verified.bodies, bytes = verified.bytes, "verifying");
            }
            // The shortest chain is taken first, from the end: what waits meanwhile then is never more than a few bodies.
            let older = sqlx::query_scalar("SELECT id FROM bodies WHERE base_id = ? ORDER BY links DESC, id").bind(id);
            Ok(Some(Proven { bytes, older: older.fetch_all(connection).await? }))
        }
        Err(damage) => {
            let older = made_from(connection, id).await?;
            verified.bodies += older.len() as u64;
            found(format!("{damage}{}", lost_with_it(&older)));
            Ok(None)
        }
    }
}

fn lost_with_it(older: &[i64]) -> String {
    if older.is_empty() { String::new() } else { format!("; what is made from it cannot be had: body {}", states::named(older)) }
}

/// All that are restored from this one, whatever is between.
async fn made_from(connection: &mut SqliteConnection, body: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "WITH RECURSIVE made (id) AS (
             SELECT id FROM bodies WHERE base_id = ?1 UNION SELECT b.id FROM made m JOIN bodies b ON b.base_id = m.id)
         SELECT id FROM made WHERE id <> ?1 ORDER BY id",
    )
    .bind(body)
    .fetch_all(connection)
    .await
}

/// Those from which no body that is whole can be reached.
async fn check_baseless(connection: &mut SqliteConnection, found: &mut impl FnMut(Damage)) -> sqlx::Result<()> {
    let mut after = i64::MIN;
    loop {
        let body: Option<i64> = sqlx::query_scalar("SELECT id FROM bodies WHERE base_id IS NOT NULL AND id > ? ORDER BY id LIMIT 1")
            .bind(after)
            .fetch_optional(&mut *connection)
            .await?;
        let Some(body) = body else { return Ok(()) };
        after = body;
        match bodies::whole_of(connection, body).await {
            Ok(_) => {}
            Err(error) => match bodies::Damage::of(&error) {
                Some(damage) if damage.body() == body => found(format!("{damage}{}", lost_with_it(&made_from(connection, body).await?))),
                // It is told of the one at which the chain ends.
                Some(_) => {}
                None => return Err(error),
            },
        }
    }
}

async fn next_whole(connection: &mut SqliteConnection, after: i64) -> sqlx::Result<Option<Stored>> {
    sqlx::query_as(
        "SELECT id, sha256, length, base_id, links, zstd, bytes FROM bodies WHERE base_id IS NULL AND id > ? ORDER BY id LIMIT 1",
    )
    .bind(after)
    .fetch_optional(connection)
    .await
}

//! Every body against its own digest: what SQLite cannot know, because any byte is a valid one.

use sha2::{Digest, Sha256};
use sqlx::{FromRow, SqliteConnection};

use super::Damage;

/// How much was read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    pub bodies: u64,
    pub bytes: u64,
}

#[derive(FromRow)]
struct Body {
    id: i64,
    sha256: Vec<u8>,
    length: i64,
    bytes: Option<Vec<u8>>,
}

/// One body at a time, because a stream of rows would hold many of them, and each may have 64 MiB.
pub async fn check(connection: &mut SqliteConnection, verified: &mut Verified, found: &mut impl FnMut(Damage)) -> sqlx::Result<()> {
    let mut after = i64::MIN;
    loop {
        let body: Option<Body> = sqlx::query_as("SELECT id, sha256, length, bytes FROM bodies WHERE id > ? ORDER BY id LIMIT 1")
            .bind(after)
            .fetch_optional(&mut *connection)
            .await?;
        let Some(body) = body else { return Ok(()) };
        after = body.id;
        verified.bodies += 1;
        verified.bytes += body.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        if verified.bodies.is_multiple_of(10_000) {
            tracing::info!(bodies = verified.bodies, bytes = verified.bytes, "verifying");
        }
        if let Some(wrong) = wrong(&body) {
            found(format!("body {}: {wrong}", body.id));
        }
    }
}

fn wrong(body: &Body) -> Option<String> {
    // NULL stands for bytes that are kept elsewhere, which this version never does.
    let Some(bytes) = &body.bytes else { return Some("its bytes are missing".to_owned()) };
    if i64::try_from(bytes.len()) != Ok(body.length) {
        return Some(format!("has {} bytes where {} were stored", bytes.len(), body.length));
    }
    let same = Sha256::digest(bytes).as_slice() == body.sha256;
    (!same).then(|| "its bytes are not those that were stored (SHA-256)".to_owned())
}

//! Reading bodies: the chain of deltas is walked from the body that is whole to the one that is wanted, one body in memory beside the one before it,
//! and each is proven by its digest.

use sha2::{Digest, Sha256};
use sqlx::{FromRow, SqliteConnection};

use super::{damage::Damage, zstd_frame};

/// A row of `bodies`, with whatever it has of the bytes.
#[derive(Debug, FromRow)]
pub(in crate::store) struct Stored {
    pub id: i64,
    pub sha256: Vec<u8>,
    pub length: i64,
    pub base_id: Option<i64>,
    pub links: u32,
    pub zstd: Option<Vec<u8>>,
    pub bytes: Option<Vec<u8>>,
}

impl Stored {
    /// The bytes, proven; `base` are those of the body that this one is a delta against.
    pub fn restored(self, base: Option<&[u8]>) -> Result<Vec<u8>, Damage> {
        let body = self.id;
        let bytes = match (self.bytes, self.zstd, self.base_id) {
            (None, None, _) => return Err(Damage::NoBytes { body }),
            (Some(_), Some(_), _) => return Err(Damage::Twice { body }),
            (Some(bytes), None, _) => bytes,
            (None, Some(frame), of) => {
                let length = usize::try_from(self.length).unwrap_or(usize::MAX);
                let damage = of.map_or(Damage::Frame { body }, |base| Damage::Delta { body, base });
                zstd_frame::restore(&frame, base.unwrap_or_default(), length).ok_or(damage)?
            }
        };
        if i64::try_from(bytes.len()) != Ok(self.length) {
            return Err(Damage::Length { body, found: bytes.len() as u64, stored: self.length });
        }
        if Sha256::digest(&bytes).as_slice() != self.sha256 {
            return Err(match self.base_id {
                Some(base) => Damage::Delta { body, base },
                None => Damage::Digest { body },
            });
        }
        Ok(bytes)
    }
}

/// A link of a chain: the body, and its digest, by which one that is at hand is known again.
#[derive(Debug, FromRow)]
struct Link {
    id: i64,
    sha256: Vec<u8>,
    base_id: Option<i64>,
    /// The base has a row.
    is_based: bool,
}

/// Reads bodies; keeps the last one, from which the next older one of the same chain is one step away.
#[derive(Debug, Default)]
pub struct Reader {
    last: Option<(Vec<u8>, Vec<u8>)>,
}

impl Reader {
    /// The bytes of a body, which exists.
    ///
    /// Asks several times: where others write, within a transaction.
    ///
    /// # Errors
    /// [`Damage`] where it cannot be had.
    pub async fn read(&mut self, connection: &mut SqliteConnection, body: i64) -> sqlx::Result<&[u8]> {
        let chain = chain(connection, body).await?;
        let at_hand = self.last.as_ref().and_then(|(sha256, _)| chain.iter().position(|link| link.sha256 == *sha256));
        let (mut bytes, steps) = match (at_hand, self.last.take()) {
            (Some(steps), Some((_, bytes))) => (bytes, steps),
            _ => (Vec::new(), chain.len()),
        };
        for link in chain[..steps].iter().rev() {
            let base = std::mem::take(&mut bytes);
            bytes = stored(connection, link.id).await?.restored(Some(&base))?;
        }
        let sha256 = chain.into_iter().next().map(|link| link.sha256).unwrap_or_default();
        Ok(&self.last.insert((sha256, bytes)).1)
    }

    /// The same, and the reader's last word.
    pub async fn into_bytes(mut self, connection: &mut SqliteConnection, body: i64) -> sqlx::Result<Vec<u8>> {
        self.read(connection, body).await?;
        Ok(self.last.map(|(_, bytes)| bytes).unwrap_or_default())
    }
}

/// The bytes of one body.
///
/// # Errors
/// As [`Reader::read`].
pub async fn read(connection: &mut SqliteConnection, body: i64) -> sqlx::Result<Vec<u8>> {
    Reader::default().into_bytes(connection, body).await
}

/// The body that is whole, from which this one is restored; itself where it is whole.
///
/// # Errors
/// [`Damage::NoBase`] and [`Damage::Cycle`].
pub async fn whole_of(connection: &mut SqliteConnection, body: i64) -> sqlx::Result<i64> {
    Ok(chain(connection, body).await?.last().map_or(body, |link| link.id))
}

/// The row of a body, which exists.
pub(in crate::store) async fn stored(connection: &mut SqliteConnection, body: i64) -> sqlx::Result<Stored> {
    sqlx::query_as("SELECT id, sha256, length, base_id, links, zstd, bytes FROM bodies WHERE id = ?").bind(body).fetch_one(connection).await
}

/// More links than any chain has, also those of later versions: who comes so far goes round.
const TOO_MANY: usize = 10_000;

/// The body, its base, the base of that one and so on, up to one that is whole.
async fn chain(connection: &mut SqliteConnection, body: i64) -> sqlx::Result<Vec<Link>> {
    let chain: Vec<Link> = sqlx::query_as(
        "WITH RECURSIVE chain (id, base_id, step) AS (
             SELECT id, base_id, 0 FROM bodies WHERE id = ?1
             UNION ALL
             SELECT b.id, b.base_id, c.step + 1 FROM chain c JOIN bodies b ON b.id = c.base_id WHERE c.step < ?2)
         SELECT b.id, b.sha256, b.base_id, EXISTS (SELECT 1 FROM bodies o WHERE o.id = b.base_id) AS is_based
         FROM chain c CROSS JOIN bodies b ON b.id = c.id ORDER BY c.step",
    )
    .bind(body)
    .bind(TOO_MANY as i64)
    .fetch_all(connection)
    .await?;
    match chain.last() {
        None => Err(sqlx::Error::RowNotFound),
        Some(Link { base_id: None, .. }) => Ok(chain),
        Some(Link { id, base_id: Some(base), is_based: false, .. }) => Err(Damage::NoBase { body: *id, base: *base }.into()),
        Some(Link { base_id: Some(base), .. }) => {
            // Told of the body that was asked for, if it lies on the round itself; else of the one with the least row id.
            let round: Vec<_> = chain.iter().rev().take(chain.len() / 2).collect();
            let on = round.iter().find(|link| link.id == body).or_else(|| round.iter().min_by_key(|link| link.id));
            let (body, base) = on.map_or((body, *base), |link| (link.id, link.base_id.unwrap_or(*base)));
            Err(Damage::Cycle { body, base }.into())
        }
    }
}

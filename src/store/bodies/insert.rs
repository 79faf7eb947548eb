//! Storing bodies, and what becomes of those that they make older ones. Many at a time: a round trip to the connection's thread costs more than most of
//! these statements do.

use std::collections::HashSet;

use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use crate::store::{digest::hex, inserted::inserted};

use super::{
    chain::{Kept, kept},
    read::{self, Stored},
    zstd_frame,
};

/// So many bodies are in hand at once, with those that they make older ones. Places of a statement that are not needed are NULL, so that it is the same text
/// whatever their number.
const STEP: usize = 16;

/// A larger body is stored by itself: with places for several, SQLite copies each once more.
const LARGE: usize = 1 << 20;

/// The bytes of a document that came.
#[derive(Debug)]
pub(in crate::store) struct NewBody {
    pub sha256: [u8; 32],
    /// As sent, after HTTP decoding.
    pub bytes: Vec<u8>,
    /// The same as a zstd frame, where that is to be stored in their place.
    pub zstd: Option<Vec<u8>>,
    /// Bodies that are whole and are wanted first by nobody any more: they become deltas against this one.
    pub older: Vec<i64>,
}

/// An older body as it will be kept.
struct Older {
    id: i64,
    frame: Vec<u8>,
    kept: Kept,
}

/// Stores bodies unless the same bytes are there already, and makes deltas of those that they make older ones. Tells the row of each, and whether it
/// was there.
pub(in crate::store) async fn insert(connection: &mut SqliteConnection, new: Vec<NewBody>) -> sqlx::Result<Vec<(i64, bool)>> {
    // What comes again is wanted first again.
    let came: HashSet<[u8; 32]> = new.iter().map(|new| new.sha256).collect();
    let mut rows = Vec::with_capacity(new.len());
    let mut new = new.into_iter().peekable();
    while let Some(first) = new.next() {
        let is_large = |new: &NewBody| new.bytes.len() > LARGE;
        let mut step = vec![first];
        while step.len() < STEP
            && !is_large(&step[0])
            && let Some(next) = new.next_if(|next| !is_large(next))
        {
            step.push(next);
        }
        let mut packed = Vec::new();
        for (at, of) in step.iter().enumerate() {
            for body in &of.older {
                let stored = read::stored(connection, *body).await?;
                if !came.contains(stored.sha256.as_slice()) {
                    packed.extend(pack(stored, &of.bytes).map(|older| (at, older)));
                }
            }
        }
        let stored = insert_rows(connection, step, &packed).await?;
        keep(connection, packed, &stored).await?;
        rows.extend(stored);
    }
    Ok(rows)
}

/// Packs an older body; `None` where it stays as it is, because little would be gained, or because it would not come back from the frame as it was.
fn pack(older: Stored, newer: &[u8]) -> Option<Older> {
    let Stored { id, sha256, length, links, zstd, bytes, .. } = older;
    let kept = kept(links);
    if kept == Kept::Alone && zstd.is_some() {
        return None;
    }
    let length = usize::try_from(length).ok()?;
    let bytes = bytes.or_else(|| zstd_frame::restore(&zstd?, b"", length))?;
    let (frame, prefix) = match kept {
        Kept::Delta { .. } => (zstd_frame::against(&bytes, newer)?, newer),
        Kept::Alone => (zstd_frame::alone(&bytes)?, [].as_slice()),
    };
    drop(bytes);
    // The only full copy is let go: not before the frame is proven to bring it back.
    let restored = zstd_frame::restore(&frame, prefix, length);
    if restored.is_some_and(|restored| Sha256::digest(&restored).as_slice() == sha256) {
        return Some(Older { id, frame, kept });
    }
    tracing::error!(body = id, "an older body did not come back from its delta as it was stored (SHA-256): it stays as it is");
    None
}

/// The links of the longest chain that leads to the bodies of each place: several may bring the same bytes.
fn links(step: &[NewBody], packed: &[(usize, Older)]) -> Vec<u32> {
    let of = |new: &NewBody| {
        let same = packed.iter().filter(|(at, _)| step[*at].sha256 == new.sha256);
        let links = same.filter_map(|(_, older)| if let Kept::Delta { links } = older.kept { Some(links) } else { None });
        links.max().unwrap_or(0)
    };
    step.iter().map(of).collect()
}

/// The bodies' rows, and whether each was there already. One that had become an older one is whole again.
async fn insert_rows(connection: &mut SqliteConnection, step: Vec<NewBody>, packed: &[(usize, Older)]) -> sqlx::Result<Vec<(i64, bool)>> {
    let links = links(&step, packed);
    let asked: Vec<_> = step.iter().zip(&links).map(|(new, links)| json!([hex(&new.sha256), links])).collect();
    let known: Vec<(i64, i64, bool)> = sqlx::query_as(KNOWN).bind(json!(asked).to_string()).fetch_all(&mut *connection).await?;
    let mut rows = vec![None; step.len()];
    let mut twins = Vec::new();
    let places = if step.len() == 1 { 1 } else { STEP };
    let mut insert = sqlx::query(if places == 1 { INSERT_ONE } else { INSERT });
    let mut brought = Vec::new();
    for (at, NewBody { sha256, bytes, zstd, .. }) in step.into_iter().enumerate() {
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let (zstd, bytes) = if zstd.is_some() { (zstd, None) } else { (None, Some(bytes)) };
        let links = links[at];
        match known.iter().find(|(key, ..)| usize::try_from(*key) == Ok(at)) {
            Some((_, id, true)) => rows[at] = Some((*id, true)),
            Some((_, id, false)) => {
                let update = sqlx::query("UPDATE bodies SET base_id = NULL, links = max(links, ?), zstd = ?, bytes = ? WHERE id = ?");
                update.bind(links).bind(zstd).bind(bytes).bind(id).execute(&mut *connection).await?;
                rows[at] = Some((*id, true));
            }
            // Of several with the same bytes the first one brings them.
            None if brought.iter().any(|(_, of)| *of == sha256) => twins.push((at, sha256)),
            None => {
                insert = insert.bind(sha256.to_vec()).bind(length).bind(links).bind(zstd).bind(bytes);
                brought.push((at, sha256));
            }
        }
    }
    if !brought.is_empty() {
        for _ in brought.len()..places {
            insert = insert.bind(None::<Vec<u8>>).bind(0).bind(0).bind(None::<Vec<u8>>).bind(None::<Vec<u8>>);
        }
        let ids = inserted(&insert.execute(connection).await?);
        for ((at, sha256), id) in brought.iter().zip(ids) {
            rows[*at] = Some((id, false));
            twins.iter().filter(|(_, of)| of == sha256).for_each(|(twin, _)| rows[*twin] = Some((id, true)));
        }
    }
    rows.into_iter().map(|row| row.ok_or(sqlx::Error::RowNotFound)).collect()
}

/// Keeps the older bodies as they are packed. The pages of their full copies are free for the next bodies in this very transaction.
async fn keep(connection: &mut SqliteConnection, packed: Vec<(usize, Older)>, newer: &[(i64, bool)]) -> sqlx::Result<()> {
    let mut packed = packed.into_iter();
    while packed.len() > 0 {
        let mut update = sqlx::query(KEEP);
        for _ in 0..STEP {
            let (at, older) = packed.next().unzip();
            let base = at.zip(older.as_ref()).filter(|(_, older)| matches!(older.kept, Kept::Delta { .. })).map(|(at, _)| newer[at].0);
            let (id, frame) = older.map(|Older { id, frame, .. }| (id, frame)).unzip();
            update = update.bind(id).bind(frame).bind(base);
        }
        update.execute(&mut *connection).await?;
    }
    Ok(())
}

/// The bodies with these bytes, and whether each is as a new one with so many links would be.
const KNOWN: &str = "SELECT key, b.id, b.bytes IS NOT NULL AND b.links >= value ->> 1
    FROM jsonb_each(?)
    CROSS JOIN bodies b ON substr(b.sha256, 1, 4) = substr(unhex(value ->> 0), 1, 4) AND b.sha256 = unhex(value ->> 0)";

const INSERT_ONE: &str = "INSERT INTO bodies (sha256, length, links, zstd, bytes) VALUES (?, ?, ?, ?, ?)";

const INSERT: &str = concat!(
    "INSERT INTO bodies (sha256, length, links, zstd, bytes) SELECT column1, column2, column3, column4, column5 FROM (VALUES ",
    "(?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), ",
    "(?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?)",
    ") WHERE column1 IS NOT NULL"
);

const KEEP: &str = concat!(
    "UPDATE bodies SET zstd = kept.column2, base_id = kept.column3, bytes = NULL FROM (VALUES ",
    "(?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), ",
    "(?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?)",
    ") kept WHERE bodies.id = kept.column1"
);

/// The statements, by the names under which a test looks at their plans.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: [(&str, &str); 2] = [("the same bytes", KNOWN), ("older bodies are packed", KEEP)];

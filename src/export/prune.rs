//! Retention, the act: walks everything once, lets go what the rule ends, step by step; a signal ends it between two steps.

use std::path::Path;

use futures_util::{TryStreamExt, pin_mut};
use sqlx::{SqliteConnection, SqlitePool};

use crate::{
    clock::Millis,
    domain::{DocumentId, FetchId},
    store::{Act, Session, StoreError, open_for_reading, retention, retention::Gone},
};

use super::{Retention, Stop, retention::Walk};

/// Rows that go in one transaction: few enough that their bodies fit into the memory for one batch of the writer.
const STEP: u32 = 200;

/// What a retention let go, or would.
pub type Pruned = Gone;

/// Lets go what `retention` ends of a job's past.
pub(super) async fn prune(session: &mut Session, job: &str, retention: Retention, now: Millis, stop: &Stop) -> sqlx::Result<Pruned> {
    let readers = session.readers.clone();
    walk(&readers, Some(&mut session.connection), job, retention, now, stop).await
}

/// The same as an operator's act, of which a row in `operations` tells from its beginning on.
pub async fn prune_by_hand(session: &mut Session, job: &str, retention: Retention, act: &Act, stop: &Stop) -> Result<Pruned, StoreError> {
    session.act(act, async |_| Ok(())).await?;
    prune(session, job, retention, act.at, stop).await.map_err(|source| session.error(source))
}

/// What would go, only counted.
pub async fn prunable(database: &Path, job: &str, retention: Retention, now: Millis) -> Result<Pruned, StoreError> {
    let readers = open_for_reading(database).await?;
    let counted = walk(&readers, None, job, retention, now, &Stop::default()).await;
    let counted = counted.map_err(|source| StoreError::from_sql(database, source));
    readers.close().await;
    counted
}

async fn walk(
    readers: &SqlitePool,
    mut writer: Option<&mut SqliteConnection>,
    job: &str,
    retention: Retention,
    now: Millis,
    stop: &Stop,
) -> sqlx::Result<Gone> {
    let mut gone = Gone::default();
    if retention.is_everything() {
        return Ok(gone);
    }
    let documents = ended_documents(readers, job, retention, now).await?;
    match writer.as_deref_mut() {
        None => gone += retention::unneeded_without(readers, &documents).await?,
        Some(writer) => {
            for step in steps(&documents, stop) {
                gone += retention::end_bodies(writer, step).await?;
            }
        }
    }
    let Some(before) = retention.cutoff(now) else { return Ok(gone) };
    gone += fetches(readers, writer.as_deref_mut(), job, before, stop).await?;
    let attempts = retention::old_token_attempts(readers, job, before).await?;
    let Some(writer) = writer else {
        gone += Gone { attempts: attempts.len() as u64, ..Gone::default() };
        return Ok(gone);
    };
    for step in steps(&attempts, stop) {
        gone += retention::end_token_attempts(writer, step).await?;
    }
    Ok(gone)
}

async fn ended_documents(readers: &SqlitePool, job: &str, retention: Retention, now: Millis) -> sqlx::Result<Vec<DocumentId>> {
    let mut walk = Walk::new(retention, now);
    let versions = retention::versions(readers, job);
    pin_mut!(versions);
    let mut ended = Vec::new();
    while let Some(version) = versions.try_next().await? {
        if walk.ends(&version) {
            ended.push(DocumentId(version.id));
        }
    }
    // The oldest first: nothing is left that is made from what goes.
    ended.reverse();
    Ok(ended)
}

async fn fetches(
    readers: &SqlitePool,
    mut writer: Option<&mut SqliteConnection>,
    job: &str,
    before: Millis,
    stop: &Stop,
) -> sqlx::Result<Gone> {
    let (mut gone, mut after) = (Gone::default(), FetchId(0));
    loop {
        let step = retention::ended_fetches(readers, job, before, after, STEP).await?;
        let Some(last) = step.last().filter(|_| !stop.is_finishing()) else { return Ok(gone) };
        after = *last;
        gone += match writer.as_deref_mut() {
            Some(writer) => retention::end_fetches(writer, &step).await?,
            None => retention::attempts_of(readers, &step).await?,
        };
    }
}

/// Parts of a list, until a signal asks to end.
fn steps<'a, T>(all: &'a [T], stop: &'a Stop) -> impl Iterator<Item = &'a [T]> {
    all.chunks(STEP as usize).take_while(|_| !stop.is_finishing())
}

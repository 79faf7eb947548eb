//! The pulls of one tenant that are in flight. Knows nothing of when the next may start.

use std::{collections::HashSet, sync::Arc};

use tokio::task::{JoinError, JoinSet};

use crate::{
    domain::FetchId,
    edvak::{Place, Presence},
    store::{StoreError, fetches::Candidate},
};

use super::{
    RunError,
    pull::{Pulled, pull},
    tenant::TenantRun,
};

type Ended = (FetchId, Result<Pulled, StoreError>);

#[derive(Default)]
pub(super) struct Pulls {
    tasks: JoinSet<Ended>,
    fetches: HashSet<FetchId>,
    /// One ended because a breaker had opened or a pause begun, and its fetch is as due as before.
    held_back: bool,
    /// The tenant's part of its host, while it has something to send.
    presence: Option<Presence>,
}

impl Pulls {
    /// None in flight, and the tenant's part of its host.
    pub fn of(run: &TenantRun) -> Self {
        let mut pulls = Self::default();
        pulls.enter(run);
        pulls
    }

    pub fn has(&self, fetch: FetchId) -> bool {
        self.fetches.contains(&fetch)
    }

    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Whether a pull was held back since this was last asked.
    pub fn take_held_back(&mut self) -> bool {
        std::mem::take(&mut self.held_back)
    }

    /// Takes the tenant's part of its host again, where it had left it.
    pub fn enter(&mut self, run: &TenantRun) {
        self.presence.get_or_insert_with(|| run.client.enter());
    }

    /// Leaves the tenant's part of its host to the others, unless something is in flight.
    pub fn leave(&mut self) {
        if self.is_empty() {
            self.presence = None;
        }
    }

    pub fn start(&mut self, run: Arc<TenantRun>, candidate: Candidate, place: Place) {
        let fetch = candidate.fetch;
        self.fetches.insert(fetch);
        self.tasks.spawn(async move { (fetch, pull(&run, candidate, place).await) });
    }

    /// Takes note of those that have ended.
    pub fn reap(&mut self) -> Result<(), RunError> {
        while let Some(ended) = self.tasks.try_join_next() {
            self.note(ended)?;
        }
        Ok(())
    }

    /// Waits for one to end; for ever when there is none.
    pub async fn next(&mut self) -> Result<(), RunError> {
        match self.tasks.join_next().await {
            Some(ended) => self.note(ended),
            None => std::future::pending().await,
        }
    }

    /// Waits for all.
    pub async fn finish(mut self) -> Result<(), RunError> {
        while !self.is_empty() {
            self.next().await?;
        }
        Ok(())
    }

    fn note(&mut self, ended: Result<Ended, JoinError>) -> Result<(), RunError> {
        let (fetch, result) = ended.map_err(|_| RunError::Panicked)?;
        self.fetches.remove(&fetch);
        self.held_back |= result? == Pulled::HeldBack;
        Ok(())
    }
}

//! Fetches of one tenant that are claimed before their places are free, so that no place waits for the disk, and more is written together: with 32 in
//! flight, 191 syncs of the disk in place of 312 for 5,000 documents. Knows nothing of who may be claimed so.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use tokio::task::JoinSet;

use crate::{
    domain::FetchId,
    store::{StoreError, fetches::Candidate},
};

use super::{
    RunError,
    pull::{claim, unclaim},
    tenant::TenantRun,
};

/// Those who were chosen, and who of them was still to be had.
type Written = (Vec<FetchId>, Vec<Candidate>);

#[derive(Default)]
pub(super) struct Ahead {
    /// To be claimed together.
    chosen: Vec<Candidate>,
    /// Claims that are being written.
    claims: JoinSet<Result<Written, StoreError>>,
    /// Ready to be sent, in the order of the work.
    claimed: VecDeque<Candidate>,
    /// All of them.
    fetches: HashSet<FetchId>,
}

impl Ahead {
    pub fn has(&self, fetch: FetchId) -> bool {
        self.fetches.contains(&fetch)
    }

    pub fn len(&self) -> usize {
        self.fetches.len()
    }

    /// Whether some are being claimed and none is ready.
    pub fn is_yet_to_come(&self) -> bool {
        self.claimed.is_empty() && !self.claims.is_empty()
    }

    /// Chooses one that is to be claimed.
    pub fn choose(&mut self, candidate: Candidate) {
        self.fetches.insert(candidate.fetch);
        self.chosen.push(candidate);
    }

    /// Has those who were chosen claimed, without waiting for it.
    pub fn claim(&mut self, run: &Arc<TenantRun>) {
        if self.chosen.is_empty() {
            return;
        }
        let (run, chosen) = (Arc::clone(run), std::mem::take(&mut self.chosen));
        let fetches = chosen.iter().map(|candidate| candidate.fetch).collect();
        self.claims.spawn(async move { claim(&run, chosen).await.map(|claimed| (fetches, claimed)) });
    }

    /// The next that is ready: whoever takes it sends it or gives it back.
    pub fn next(&mut self) -> Option<Candidate> {
        let candidate = self.claimed.pop_front()?;
        self.fetches.remove(&candidate.fetch);
        Some(candidate)
    }

    /// Makes it the next one again.
    pub fn put_back(&mut self, candidate: Candidate) {
        self.fetches.insert(candidate.fetch);
        self.claimed.push_front(candidate);
    }

    /// Waits until some more are ready; for ever when none are being claimed.
    pub async fn change(&mut self) -> Result<(), RunError> {
        let Some(claimed) = self.claims.join_next().await else { return std::future::pending().await };
        let (chosen, claimed) = claimed.map_err(|_| RunError::Panicked)??;
        for fetch in &chosen {
            self.fetches.remove(fetch);
        }
        self.fetches.extend(claimed.iter().map(|candidate| candidate.fetch));
        self.claimed.extend(claimed);
        Ok(())
    }

    /// Undoes all claims: the fetches are as due as before.
    pub async fn give_back(&mut self, run: &TenantRun) -> Result<(), RunError> {
        while !self.claims.is_empty() {
            self.change().await?;
        }
        self.fetches.clear();
        let claimed: Vec<_> = self.claimed.drain(..).collect();
        if !claimed.is_empty() {
            unclaim(run, &claimed).await?;
        }
        Ok(())
    }
}

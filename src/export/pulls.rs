//! The pulls of one tenant that are in flight, and the places that they hold. Knows nothing of when the next may start.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
};

use crate::{
    domain::FetchId,
    edvak::{Place, Presence},
    store::StoreError,
};

use super::{
    RunError,
    pull::{Pulled, Work, pull},
    tenant::TenantRun,
};

type Ended = (FetchId, Result<Pulled, StoreError>);

/// So many more than it has places a tenant may have in flight: their charts have come and wait to be written. With 64 commits are
/// smaller and more, and 5,000 charts come at 1,819/s in place of 1,998 (at 112); 256 bring no more.
const MOST_WRITTEN: usize = 128;

/// The same of charts with their rows, which take several times their bytes: with 64, 5,000 took 85 MB in place of 82 and came no faster, with 96 slower.
const MOST_WRITTEN_WITH_ROWS: usize = 40;

/// A place, counted among those of its tenant until it is given back.
#[must_use = "the place is given back when this is dropped"]
pub(super) struct Seat {
    pub place: Place,
    seats: Arc<Seats>,
}

#[derive(Default)]
struct Seats {
    taken: AtomicUsize,
    given_back: Notify,
}

#[derive(Default)]
pub(super) struct Pulls {
    tasks: JoinSet<Ended>,
    seats: Arc<Seats>,
    most_written: usize,
    fetches: HashSet<FetchId>,
    /// One ended because a breaker had opened or a pause begun, and its fetch is as due as before.
    held_back: bool,
    /// The tenant's part of its host, while it has something to send.
    presence: Option<Presence>,
}

impl Pulls {
    /// None in flight, and the tenant's part of its host.
    pub fn of(run: &TenantRun) -> Self {
        let most_written = if run.shared.settings.flatten { MOST_WRITTEN_WITH_ROWS } else { MOST_WRITTEN };
        let mut pulls = Self { most_written, ..Self::default() };
        pulls.enter(run);
        pulls
    }

    pub fn has(&self, fetch: FetchId) -> bool {
        self.fetches.contains(&fetch)
    }

    /// Whether no more may start before one of them has given its place back or ended.
    pub fn are_full(&self, places: usize) -> bool {
        self.seats.taken.load(Relaxed) >= places || self.tasks.len() >= places + self.most_written
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

    pub fn start(&mut self, run: Arc<TenantRun>, work: Work, place: Place) {
        let fetch = work.candidate.fetch;
        let seat = self.seat(place);
        self.fetches.insert(fetch);
        self.tasks.spawn(async move { (fetch, pull(&run, work, seat).await) });
    }

    /// Counts a place among the tenant's.
    pub fn seat(&self, place: Place) -> Seat {
        self.seats.taken.fetch_add(1, Relaxed);
        Seat { place, seats: Arc::clone(&self.seats) }
    }

    /// Takes note of those that have ended.
    pub fn reap(&mut self) -> Result<(), RunError> {
        while let Some(ended) = self.tasks.try_join_next() {
            self.note(ended)?;
        }
        Ok(())
    }

    /// Waits for one to end or to give its place back; for ever when there is none.
    pub async fn change(&mut self) -> Result<(), RunError> {
        let seats = Arc::clone(&self.seats);
        tokio::select! {
            ended = self.next() => ended,
            () = seats.given_back.notified() => Ok(()),
        }
    }

    /// Waits for one to end; for ever when there is none.
    async fn next(&mut self) -> Result<(), RunError> {
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

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken.fetch_sub(1, Relaxed);
        self.seats.given_back.notify_one();
    }
}

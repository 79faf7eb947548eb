//! How often the vendor is asked, and how much of it at once: a limit for each tenant and endpoint, and one for each host over all its tenants.
//!
//! A place (a request in flight) and a turn (the moment at which it may be sent) are got apart, because between them a fetch gets its token. Both
//! are given in the order of asking. All of it is monotonic time of our clock: a wall clock that jumps moves nothing. A limit gives way to a
//! server that complains (`throttle`); what counts as a complaint is for [`TenantClient::heard`](super::TenantClient::heard).

mod lane;
mod throttle;
mod turns;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Rate;
use crate::{
    clock::Clock,
    domain::{Reason, TenantName},
};

pub use lane::{Lane, Place};

use throttle::Change;
use turns::Turns;

/// One limit: so many in flight, so many in a second.
#[derive(Debug)]
pub struct Pace {
    whose: Whose,
    clock: Clock,
    places: Arc<Semaphore>,
    concurrent: usize,
    /// Held by the one who waits for the next turn: the lock is fair, so turns come in order and only one looks at the turns.
    queue: tokio::sync::Mutex<()>,
    /// Never locked while waiting, so that the rate can be read and changed meanwhile.
    turns: Mutex<Turns>,
}

/// Whose limit it is, for the log.
#[derive(Debug, Clone)]
pub(super) enum Whose {
    /// A tenant's, for `documents` or `tokens`.
    Tenant(TenantName, &'static str),
    /// A host's, with its port.
    Host(Arc<str>),
}

impl Pace {
    pub(super) fn new(whose: Whose, rate: Rate, clock: Clock) -> Self {
        let concurrent = rate.concurrent.max(1) as usize;
        let places = Arc::new(Semaphore::new(concurrent));
        let turns = Mutex::new(Turns::new(rate.per_second, rate.burst));
        Self { whose, clock, places, concurrent, queue: tokio::sync::Mutex::default(), turns }
    }

    /// Turns given in a second at present, in the long run.
    pub fn per_second(&self) -> f64 {
        self.turns().per_second()
    }

    /// Most places that are taken at once.
    pub(super) fn concurrent(&self) -> usize {
        self.concurrent
    }

    /// Turns given in so long at present.
    pub(super) fn turns_within(&self, time: Duration) -> usize {
        (self.per_second() * time.as_secs_f64()) as usize
    }

    /// How long no turn is given, because the server asked for it.
    pub fn paused_for(&self) -> Duration {
        self.turns().paused_until().saturating_sub(self.clock.elapsed())
    }

    /// Halves the rate, at most once in 10 s and never below a tenth of the configured one; each 10 s without this give a tenth back.
    pub(super) fn slow_down(&self, reason: Reason) {
        let now = self.clock.elapsed();
        let change = self.turns().slow(now);
        self.log(change, Some(reason));
    }

    /// Gives no turn for so long.
    pub(super) fn pause(&self, time: Duration) {
        let until = self.clock.elapsed() + time;
        if self.turns.lock().unwrap_or_else(PoisonError::into_inner).pause(until) {
            let (tenant, host, endpoint) = self.whose.words();
            tracing::info!(tenant, host, endpoint, seconds = time.as_secs_f64(), "paused, as the server asked");
        }
    }

    /// Returns when there is no pause.
    async fn unpaused(&self) {
        while !self.paused_for().is_zero() {
            self.clock.sleep(self.paused_for()).await;
        }
    }

    async fn place(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.places).acquire_owned().await.expect("the places are never closed")
    }

    /// Waits for a turn and then, still at the head of the queue, for `then`: turns that were given are used at once and do not heap up. False, at
    /// once, where there is a pause.
    async fn turn(&self, then: impl Future<Output = ()>) -> bool {
        let _first = self.queue.lock().await;
        while let Err(wait) = self.try_turn() {
            if !self.paused_for().is_zero() {
                return false;
            }
            self.clock.sleep(wait).await;
        }
        then.await;
        true
    }

    /// A turn now, or the time until there is one.
    fn try_turn(&self) -> Result<(), Duration> {
        let now = self.clock.elapsed();
        self.turns().take(now)
    }

    /// The turns as they are now, with what has been given back since somebody last looked.
    fn turns(&self) -> MutexGuard<'_, Turns> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let change = turns.climb(self.clock.elapsed());
        self.log(change, None);
        turns
    }

    fn log(&self, change: Option<Change>, reason: Option<Reason>) {
        let Some(Change { from, to }) = change else { return };
        let (tenant, host, endpoint) = self.whose.words();
        match reason {
            Some(reason) => {
                tracing::warn!(tenant, host, endpoint, from, to, %reason, "rate halved, because the server asked for fewer requests")
            }
            None => tracing::info!(tenant, host, endpoint, from, to, reason = "quiet", "rate climbs back"),
        }
    }
}

impl Whose {
    /// Tenant, host and endpoint, as far as it is about them.
    fn words(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        match self {
            Self::Tenant(tenant, endpoint) => (Some(&tenant.0), None, Some(endpoint)),
            Self::Host(host) => (None, Some(host), None),
        }
    }
}

#[cfg(test)]
mod tests;

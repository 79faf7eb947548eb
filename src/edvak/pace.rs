//! How often the vendor is asked, and how much of it at once: a limit for each tenant and endpoint, and one for each host over all its tenants.
//!
//! A place (a request in flight) and a turn (the moment at which it may be sent) are got apart, because between them a fetch gets its token. Both
//! are given in the order of asking. All of it is monotonic time of our clock: a wall clock that jumps moves nothing.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Rate;
use crate::clock::Clock;

/// One limit: so many in flight, so many in a second.
#[derive(Debug)]
pub struct Pace {
    clock: Clock,
    places: Arc<Semaphore>,
    /// Held by the one who waits for the next turn: the lock is fair, so turns come in order and only one looks at the limiter.
    queue: tokio::sync::Mutex<()>,
    /// Never locked while waiting, so that the rate can be read and changed meanwhile.
    turns: Mutex<Turns>,
}

#[derive(Debug)]
struct Turns {
    per_second: f64,
    limiter: RateLimiter<NotKeyed, InMemoryState, Monotonic, NoOpMiddleware<Duration>>,
}

/// Our clock as governor's.
#[derive(Debug, Clone)]
struct Monotonic(Clock);

impl governor::clock::Clock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Pace {
    pub fn new(rate: Rate, clock: Clock) -> Self {
        let places = Arc::new(Semaphore::new(rate.concurrent.max(1) as usize));
        let limiter = RateLimiter::direct_with_clock(quota(rate), Monotonic(clock.clone()));
        let turns = Mutex::new(Turns { per_second: rate.per_second, limiter });
        Self { clock, places, queue: tokio::sync::Mutex::default(), turns }
    }

    /// Turns given in a second at present, in the long run.
    pub fn per_second(&self) -> f64 {
        self.turns().per_second
    }

    async fn place(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.places).acquire_owned().await.expect("the places are never closed")
    }

    /// Waits for a turn and then, still at the head of the queue, for `then`: turns that were given are used at once and do not heap up.
    async fn turn(&self, then: impl Future<Output = ()>) {
        let _first = self.queue.lock().await;
        while let Err(wait) = self.try_turn() {
            self.clock.sleep(wait).await;
        }
        then.await;
    }

    /// A turn now, or the time until there is one.
    fn try_turn(&self) -> Result<(), Duration> {
        self.turns().limiter.check().map_err(|early| early.wait_time_from(self.clock.elapsed()))
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn each `1 / per_second`, and `burst` of them at once after a pause.
fn quota(rate: Rate) -> Quota {
    // A rate that is no number, or slower than one in a day, is one in a day: settings refuse both before they come here.
    let slowest = 1.0 / 86_400.0;
    let interval = Duration::from_secs_f64(1.0 / rate.per_second.max(slowest)).max(Duration::from_nanos(1));
    let quota = Quota::with_period(interval).expect("an interval of at least a nanosecond is a period");
    quota.allow_burst(NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN))
}

/// The paces of hosts, by host and port.
#[derive(Debug)]
pub(super) struct HostPaces {
    rate: Rate,
    clock: Clock,
    hosts: Mutex<HashMap<String, Arc<Pace>>>,
}

impl HostPaces {
    pub(super) fn new(rate: Rate, clock: Clock) -> Self {
        Self { rate, clock, hosts: Mutex::default() }
    }

    /// The pace of the host of `url`, one for all who ask for it.
    pub(super) fn of(&self, url: &reqwest::Url) -> Arc<Pace> {
        let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(host).or_insert_with(|| Arc::new(Pace::new(self.rate, self.clock.clone()))))
    }
}

/// The way to one endpoint of one tenant: its own limit, then its host's.
#[derive(Debug)]
pub struct Lane {
    tenant: Pace,
    host: Arc<Pace>,
}

/// A place in a lane, until it is dropped.
#[derive(Debug)]
#[must_use = "the place is given back when this is dropped"]
pub struct Place {
    _tenant: OwnedSemaphorePermit,
    _host: Option<OwnedSemaphorePermit>,
}

impl Lane {
    pub(super) fn new(tenant: Pace, host: Arc<Pace>) -> Self {
        Self { tenant, host }
    }

    /// A place of the tenant, then one of the host.
    pub async fn place(&self) -> Place {
        let tenant = self.tenant.place().await;
        Place { _tenant: tenant, _host: Some(self.host.place().await) }
    }

    /// A place for a request that is made on behalf of `holder`, which has a place at the same host and sends nothing meanwhile.
    ///
    /// A token is asked for so. If it needed a place of the host for itself, sixty-four fetches that all need tokens would wait for ever.
    pub async fn place_within(&self, _holder: &Place) -> Place {
        Place { _tenant: self.tenant.place().await, _host: None }
    }

    /// Returns when the request may be sent.
    pub async fn turn(&self) {
        self.tenant.turn(self.host.turn(std::future::ready(()))).await;
    }

    /// The limit of this tenant and endpoint.
    pub fn tenant(&self) -> &Pace {
        &self.tenant
    }

    /// The limit of the host, shared.
    pub fn host(&self) -> &Pace {
        &self.host
    }
}

#[cfg(test)]
mod tests;

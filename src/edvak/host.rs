//! The hosts behind the tenants: what all tenants of one share. A tenant that is slow takes no more than its part of it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use super::{Pace, Rate, breaker::Breaker, pace::Whose};
use crate::clock::Clock;

/// One host.
#[derive(Debug)]
pub(super) struct Host {
    /// Host and port.
    pub name: Arc<str>,
    pub pace: Arc<Pace>,
    pub breaker: Mutex<Breaker>,
    present: AtomicUsize,
}

/// A tenant that has requests to send, until this is dropped.
#[derive(Debug)]
#[must_use = "the tenant is gone when this is dropped"]
pub struct Presence(Arc<Host>);

impl Host {
    fn new(name: &str, rate: Rate, clock: Clock) -> Self {
        let name: Arc<str> = name.into();
        let pace = Arc::new(Pace::new(Whose::Host(Arc::clone(&name)), rate, clock));
        Self { name, pace, breaker: Mutex::default(), present: AtomicUsize::new(0) }
    }

    /// Counts a tenant among those who share the places.
    pub fn enter(self: &Arc<Self>) -> Presence {
        self.present.fetch_add(1, Relaxed);
        Presence(Arc::clone(self))
    }

    /// Places that each tenant who is present may hold, so that one whose answers take a hundred seconds does not come to hold them all.
    pub fn share(&self) -> usize {
        self.part(self.pace.concurrent()).max(1)
    }

    /// The part of what all of the host's tenants have together that falls to each of those who are present.
    pub fn part(&self, of_all: usize) -> usize {
        of_all / self.present.load(Relaxed).max(1)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.present.fetch_sub(1, Relaxed);
    }
}

/// The hosts of a run, by host and port.
#[derive(Debug)]
pub(super) struct Hosts {
    rate: Rate,
    clock: Clock,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

impl Hosts {
    pub fn new(rate: Rate, clock: Clock) -> Self {
        Self { rate, clock, hosts: Mutex::default() }
    }

    /// The host of `url`, one for all who ask for it.
    pub fn of(&self, url: &reqwest::Url) -> Arc<Host> {
        let name = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(name).or_insert_with_key(|name| Arc::new(Host::new(name, self.rate, self.clock.clone()))))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn host(concurrent: u32) -> Arc<Host> {
        let rate = Rate { per_second: 1.0, burst: 1, concurrent };
        Arc::new(Host::new("ehr.example:443", rate, Clock::manual(DateTime::UNIX_EPOCH)))
    }

    #[test]
    fn those_who_are_present_share_the_places_and_who_is_alone_has_them_all() {
        let host = host(64);
        let one = host.enter();
        assert_eq!(host.share(), 64);
        let others: Vec<_> = (0..3).map(|_| host.enter()).collect();
        assert_eq!(host.share(), 16);
        drop(others);
        assert_eq!(host.share(), 64);
        drop(one);
    }

    #[test]
    fn nobody_has_less_than_one_place() {
        let host = host(2);
        let _many: Vec<_> = (0..100).map(|_| host.enter()).collect();
        assert_eq!(host.share(), 1);
    }

    #[test]
    fn a_host_is_known_by_its_name_and_port() {
        let hosts = Hosts::new(Rate { per_second: 1.0, burst: 1, concurrent: 1 }, Clock::manual(DateTime::UNIX_EPOCH));
        let of = |text: &str| hosts.of(&text.parse().unwrap());
        assert!(Arc::ptr_eq(&of("https://ehr.example/a"), &of("https://EHR.example:443/b")));
        assert!(!Arc::ptr_eq(&of("https://ehr.example"), &of("https://ehr.example:8443")));
    }
}

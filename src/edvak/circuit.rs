//! A tenant's two breakers, its own and its host's: whether a request may be sent, and what each answer says to them.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    Place,
    breaker::{Asked, Breaker},
    host::Host,
};
use crate::{
    clock::Clock,
    domain::{Reason, TenantName},
};

/// Both breakers of one tenant.
#[derive(Debug)]
pub struct Circuit {
    tenant: TenantName,
    own: Mutex<Breaker>,
    host: Arc<Host>,
    clock: Clock,
}

/// Leave to send something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Everything may be sent.
    Free,
    /// This one request may be sent, to see whether the server works again.
    Probe,
}

/// A breaker is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// Until the next probe.
    pub wait: Duration,
    /// How long it has been open.
    pub open_for: Duration,
}

/// What an answer says to one breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Failed,
    Worked,
    Nothing,
}

impl Circuit {
    pub(super) fn new(tenant: TenantName, host: Arc<Host>, clock: Clock) -> Self {
        Self { tenant, own: Mutex::default(), host, clock }
    }

    /// Leave to claim and send one more.
    ///
    /// # Errors
    /// How long to wait for the next probe.
    pub fn pass(&self) -> Result<Pass, Broken> {
        // Both locks at once, always in this order: two tenants must not both take the host's probe.
        let (mut own, mut host) = (lock(&self.own), lock(&self.host.breaker));
        let now = self.clock.elapsed();
        let holds = [own.hold(now), host.hold(now)];
        let Some(hold) = holds.into_iter().flatten().max_by_key(|hold| (hold.wait, hold.open_for)) else { return Ok(Pass::Free) };
        if !hold.wait.is_zero() {
            return Err(Broken { wait: hold.wait, open_for: hold.open_for });
        }
        own.probe(now);
        host.probe(now);
        tracing::info!(tenant = %self.tenant, host = %self.host.name, open_seconds = hold.open_for.as_secs(), "breaker lets a probe through");
        Ok(Pass::Probe)
    }

    /// Whether the holder of `place` may still send: no breaker has opened since, or it is the probe.
    pub fn lets(&self, place: &Place) -> bool {
        place.is_for_probe() || self.is_closed()
    }

    /// Whether neither breaker is open.
    pub fn is_closed(&self) -> bool {
        !self.is_open() && !self.host_is_open()
    }

    /// Whether the tenant's own breaker is open.
    pub fn is_open(&self) -> bool {
        lock(&self.own).hold(self.clock.elapsed()).is_some()
    }

    /// Whether the breaker that all tenants of the host share is open.
    pub fn host_is_open(&self) -> bool {
        lock(&self.host.breaker).hold(self.clock.elapsed()).is_some()
    }

    /// Tells both breakers how an exchange ended.
    pub(super) fn heard(&self, asked: Asked, reason: Option<Reason>) {
        let now = self.clock.elapsed();
        let (tenant, host) = (&*self.tenant.0, &*self.host.name);
        match note(&self.own, asked, tenant_sign(reason), now) {
            Some(true) => tracing::warn!(tenant, reason = reason.map(Reason::as_str), "breaker of the tenant opened: one probe every 30 s"),
            Some(false) => tracing::info!(tenant, "breaker of the tenant closed"),
            None => {}
        }
        match note(&self.host.breaker, asked, host_sign(reason), now) {
            Some(true) => tracing::warn!(host, reason = reason.map(Reason::as_str), "breaker of the host opened: one probe every 30 s"),
            Some(false) => tracing::info!(host, "breaker of the host closed"),
            None => {}
        }
    }
}

/// Whether the breaker opened (true) or closed (false) by this.
fn note(breaker: &Mutex<Breaker>, asked: Asked, sign: Sign, now: Duration) -> Option<bool> {
    match sign {
        Sign::Failed => lock(breaker).failed(asked, now).then_some(true),
        Sign::Worked => lock(breaker).worked(asked).then_some(false),
        Sign::Nothing => None,
    }
}

fn lock(breaker: &Mutex<Breaker>) -> MutexGuard<'_, Breaker> {
    breaker.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an answer says about the tenant: a page of the CDN never came to it, and silence is no answer.
fn tenant_sign(reason: Option<Reason>) -> Sign {
    match reason {
        Some(Reason::Unavailable | Reason::Network) => Sign::Failed,
        Some(Reason::Edge | Reason::Timeout | Reason::Certificate) => Sign::Nothing,
        _ => Sign::Worked,
    }
}

/// What it says about the host: one that is not reached is dead for all its tenants.
fn host_sign(reason: Option<Reason>) -> Sign {
    match reason {
        Some(Reason::Edge | Reason::Network) => Sign::Failed,
        Some(Reason::Timeout | Reason::Certificate) => Sign::Nothing,
        _ => Sign::Worked,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::edvak::{Rate, host::Hosts};

    fn two(clock: &Clock) -> (Circuit, Circuit) {
        let hosts = Hosts::new(Rate { per_second: 1.0, burst: 1, concurrent: 1 }, clock.clone());
        let circuit = |name: &str| Circuit::new(TenantName(name.into()), hosts.of(&"https://ehr.example".parse().unwrap()), clock.clone());
        (circuit("A"), circuit("B"))
    }

    fn fail(circuit: &Circuit, reason: Reason, times: usize) {
        (0..times).for_each(|_| circuit.heard(Asked::Document, Some(reason)));
    }

    #[test]
    fn a_tenant_that_is_not_available_is_nobody_elses_trouble() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let (a, b) = two(&clock);
        fail(&a, Reason::Unavailable, 10);
        assert!(a.pass().is_err());
        assert_eq!(b.pass(), Ok(Pass::Free));
    }

    #[test]
    fn all_tenants_of_a_dead_host_share_its_breaker_and_its_one_probe() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let (a, b) = two(&clock);
        fail(&a, Reason::Network, 5);
        fail(&b, Reason::Edge, 5);
        assert!(a.pass().is_err() && b.pass().is_err());
        clock.advance(Duration::from_secs(30));
        assert_eq!(b.pass(), Ok(Pass::Probe));
        assert_eq!(a.pass(), Err(Broken { wait: Duration::from_secs(30), open_for: Duration::from_secs(30) }));
        b.heard(Asked::Document, None);
        assert_eq!(a.pass(), Ok(Pass::Free));
    }

    #[test]
    fn a_timeout_neither_fails_nor_works() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let (a, _) = two(&clock);
        fail(&a, Reason::Network, 9);
        fail(&a, Reason::Timeout, 50);
        assert_eq!(a.pass(), Ok(Pass::Free));
        fail(&a, Reason::Network, 1);
        assert!(a.pass().is_err());
    }
}

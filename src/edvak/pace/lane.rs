//! The way to one endpoint of one tenant: places and turns of its own limit, then of its host's.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::Pace;

/// A tenant's limit for one endpoint, and its host's.
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
    probe: bool,
}

impl Place {
    /// The same place for a request that is let through an open breaker.
    pub fn for_probe(self) -> Self {
        Self { probe: true, ..self }
    }

    pub(in crate::edvak) fn is_for_probe(&self) -> bool {
        self.probe
    }
}

impl Lane {
    pub(in crate::edvak) fn new(tenant: Pace, host: Arc<Pace>) -> Self {
        Self { tenant, host }
    }

    /// A place of the tenant, then one of the host.
    pub async fn place(&self) -> Place {
        let tenant = self.tenant.place().await;
        Place { _tenant: tenant, _host: Some(self.host.place().await), probe: false }
    }

    /// A place for a request that is made on behalf of `holder`, which has a place at the same host and sends nothing meanwhile.
    ///
    /// A token is asked for so. If it needed a place of the host for itself, sixty-four fetches that all need tokens would wait for ever.
    pub async fn place_within(&self, holder: &Place) -> Place {
        Place { _tenant: self.tenant.place().await, _host: None, probe: holder.probe }
    }

    /// Returns when the request may be sent, after a pause if there is one.
    pub async fn turn(&self) {
        while !self.turn_unless_paused().await {
            self.tenant.unpaused().await;
        }
    }

    /// Returns true when the request may be sent, and false, at once, when the server has asked for a pause: who waits gives its place back meanwhile.
    pub async fn turn_unless_paused(&self) -> bool {
        // A host is never paused: what is asked for is asked of a tenant.
        let host = async {
            self.host.turn(std::future::ready(())).await;
        };
        self.tenant.turn(host).await
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

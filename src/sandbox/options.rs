//! What a sandbox is asked to be.

use std::{path::PathBuf, time::Duration};

use super::FaultRule;
use crate::clock::Clock;

/// The settings of a sandbox. The default is a demo: 3 tenants with 5 accounts and 60 synthetic patients.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// TCP port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// Where real files lie that are served instead of synthetic documents, one a patient.
    pub documents: Option<PathBuf>,
    /// Number of tenants; by default 3, with `documents` 1.
    pub tenants: Option<usize>,
    /// Number of accounts of all tenants; by default 5, with `documents` 1. Never fewer than tenants.
    pub accounts: Option<usize>,
    /// Number of synthetic patients of all accounts; by default 60.
    pub patients: Option<usize>,
    /// With a seed everything is the same each time, secrets included; without, secrets come from the operating system's randomness.
    pub seed: Option<u64>,
    /// How long a token lives, in whole seconds on the wire.
    pub token_lifetime: Duration,
    /// All tokens are revoked, once, after so many documents were served.
    pub revoke_after: Option<u64>,
    /// Accounts whose tokens name another tenant.
    pub wrong_tenant: Vec<String>,
    /// Accounts whose logins are rejected.
    pub reject: Vec<String>,
    /// What goes wrong; of several that fit, the first.
    pub faults: Vec<FaultRule>,
    /// How long every document is waited for.
    pub latency: Duration,
    /// Whether documents are sent as gzip to who accepts it.
    pub gzip: bool,
    /// Tells the age of tokens and the time of documents.
    pub clock: Clock,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            port: 0,
            documents: None,
            tenants: None,
            accounts: None,
            patients: None,
            seed: None,
            token_lifetime: Duration::from_secs(900),
            revoke_after: None,
            wrong_tenant: Vec::new(),
            reject: Vec::new(),
            faults: Vec::new(),
            latency: Duration::ZERO,
            gzip: true,
            clock: Clock::system(),
        }
    }
}

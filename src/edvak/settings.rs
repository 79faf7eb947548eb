//! What the operator sets about talking to the vendor: where, as whom, how fast and how long.

use std::time::Duration;

use reqwest::{Certificate, Url};
use secrecy::SecretString;

use crate::domain::TenantName;

/// How often something may be asked, and how much of it at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Requests per second; more than 0.
    pub per_second: f64,
    /// Requests that may follow each other at once after a pause; at least 1.
    pub burst: u32,
    /// Requests in flight; at least 1.
    pub concurrent: u32,
}

/// The limits of one tenant, apart for the two endpoints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TenantLimits {
    pub documents: Rate,
    pub tokens: Rate,
}

impl Default for TenantLimits {
    fn default() -> Self {
        let low = Rate { per_second: 5.0, burst: 5, concurrent: 8 };
        Self { documents: low, tokens: Rate { concurrent: 4, ..low } }
    }
}

/// How long to wait for the server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timeouts {
    /// For the TCP and TLS handshakes.
    pub connect: Duration,
    /// For the next bytes of a document.
    pub idle: Duration,
    /// For a document request in all.
    pub total: Duration,
    /// For a token request in all.
    pub token: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(10), idle: seconds(30), total: seconds(120), token: seconds(10) }
    }
}

/// What holds for every tenant of a job.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    pub timeouts: Timeouts,
    /// Limit of one host, shared by all its tenants.
    pub host: Rate,
    /// Largest document in bytes, as sent and as inflated.
    pub body_limit: u64,
    /// Bytes that all bodies in memory may take together.
    pub memory_limit: u64,
    /// How the operator can be reached; becomes a part of the `User-Agent`.
    pub contact: Option<String>,
    /// Proxy for every request; the environment's proxy settings are not looked at.
    pub proxy: Option<Url>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            host: Rate { per_second: 20.0, burst: 20, concurrent: 64 },
            body_limit: 64 << 20,
            memory_limit: 256 << 20,
            contact: None,
            proxy: None,
        }
    }
}

/// One tenant as a server: its address and the client's identity there.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub tenant: TenantName,
    /// Scheme, host and port; `https`, or `http` on a loopback address.
    pub base_url: Url,
    pub client_id: String,
    pub client_secret: SecretString,
    /// Certificates to trust beside the platform's.
    pub certificates: Vec<Certificate>,
    pub limits: TenantLimits,
}

/// What an account logs in with. The user name may be a patient's e-mail address, so it is as secret as the password.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub username: SecretString,
    pub password: SecretString,
}

//! What all tenants of a run share: the limits of hosts, the memory for bodies, the connections.

use std::sync::OnceLock;

use reqwest::{Client, Url};

use super::{
    Circuit, Endpoint, HttpSettings, Lane, Pace, TenantClient,
    body_budget::BodyBudget,
    host::Hosts,
    pace::Whose,
    transport::{self, Trust},
};
use crate::{clock::Clock, domain::TenantName};

/// The vendor, for one run.
pub struct Edvak {
    settings: HttpSettings,
    user_agent: String,
    clock: Clock,
    hosts: Hosts,
    budget: BodyBudget,
    /// One client for all tenants without certificates of their own: the platform's roots are a MiB or so, and read from disk.
    platform: OnceLock<Client>,
    plain: OnceLock<Client>,
}

/// Why no client can be made of these settings: all are mistakes of the configuration.
#[derive(Debug, thiserror::Error)]
pub enum EdvakError {
    #[error(
        "a memory limit of {memory_limit} bytes is too small for bodies of {body_limit} bytes; it needs 1 MiB more than one body, at least 4 MiB"
    )]
    Memory { memory_limit: u64, body_limit: u64 },
    #[error("the contact may hold printable ASCII only, because it goes into the User-Agent header")]
    Contact,
    #[error("tenant {tenant}: the base URL must be https, or http on a loopback address; no credential is sent otherwise")]
    NotSecure { tenant: TenantName },
    #[error("tenant {tenant}: the HTTP client cannot be set up; check the platform's CA certificates, the tenant's own and the proxy")]
    Client { tenant: TenantName, source: reqwest::Error },
}

impl Edvak {
    /// Checks what can be checked without asking anybody.
    ///
    /// # Errors
    /// [`EdvakError::Memory`] and [`EdvakError::Contact`].
    pub fn new(settings: &HttpSettings, clock: Clock) -> Result<Self, EdvakError> {
        let HttpSettings { memory_limit, body_limit, .. } = *settings;
        let budget = BodyBudget::new(memory_limit, body_limit).ok_or(EdvakError::Memory { memory_limit, body_limit })?;
        let hosts = Hosts::new(settings.host, clock.clone());
        let (platform, plain) = (OnceLock::new(), OnceLock::new());
        let user_agent = user_agent(settings.contact.as_deref()).ok_or(EdvakError::Contact)?;
        Ok(Self { settings: settings.clone(), user_agent, clock, hosts, budget, platform, plain })
    }

    /// The client of one tenant; to be made once a run, because the tenant's limits live in it.
    ///
    /// # Errors
    /// [`EdvakError::NotSecure`] and [`EdvakError::Client`].
    pub fn tenant(&self, endpoint: &Endpoint) -> Result<TenantClient, EdvakError> {
        let tenant = &endpoint.tenant;
        let http = match endpoint.base_url.scheme() {
            "https" => self.secure_client(endpoint),
            "http" if is_loopback(&endpoint.base_url) => self.shared(&self.plain, Trust::Nobody),
            _ => return Err(EdvakError::NotSecure { tenant: tenant.clone() }),
        };
        let http = http.map_err(|error| EdvakError::Client { tenant: tenant.clone(), source: error.without_url() })?;
        let host = self.hosts.of(&endpoint.base_url);
        let lane = |what, rate| Lane::new(Pace::new(Whose::Tenant(tenant.clone(), what), rate, self.clock.clone()), host.pace.clone());
        Ok(TenantClient {
            http,
            tenant: tenant.clone(),
            base_url: endpoint.base_url.clone(),
            client_id: endpoint.client_id.clone(),
            client_secret: endpoint.client_secret.clone(),
            timeouts: self.settings.timeouts,
            body_limit: self.settings.body_limit,
            budget: self.budget.clone(),
            clock: self.clock.clone(),
            documents: lane("documents", endpoint.limits.documents),
            tokens: lane("tokens", endpoint.limits.tokens),
            circuit: Circuit::new(tenant.clone(), host.clone(), self.clock.clone()),
            host,
        })
    }

    fn secure_client(&self, endpoint: &Endpoint) -> reqwest::Result<Client> {
        match endpoint.certificates.as_slice() {
            [] => self.shared(&self.platform, Trust::Platform(&[])),
            own => transport::client(&self.settings, &self.user_agent, Trust::Platform(own)),
        }
    }

    fn shared(&self, slot: &OnceLock<Client>, trust: Trust<'_>) -> reqwest::Result<Client> {
        if let Some(client) = slot.get() {
            return Ok(client.clone());
        }
        let client = transport::client(&self.settings, &self.user_agent, trust)?;
        Ok(slot.get_or_init(|| client).clone())
    }
}

fn user_agent(contact: Option<&str>) -> Option<String> {
    let program = concat!("ccda-export/", env!("CARGO_PKG_VERSION"));
    match contact {
        None => Some(program.to_owned()),
        Some(contact) if contact.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) => Some(format!("{program} (+{contact})")),
        Some(_) => None,
    }
}

fn is_loopback(url: &Url) -> bool {
    // In brackets an IPv6 address is no `IpAddr` yet.
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use secrecy::SecretString;

    use super::*;
    use crate::edvak::TenantLimits;

    fn endpoint(base_url: &str) -> Endpoint {
        Endpoint {
            tenant: TenantName("T".into()),
            base_url: base_url.parse().unwrap(),
            client_id: "c".into(),
            client_secret: SecretString::from("s"),
            certificates: Vec::new(),
            limits: TenantLimits::default(),
        }
    }

    fn edvak(settings: &HttpSettings) -> Result<Edvak, EdvakError> {
        Edvak::new(settings, Clock::manual(DateTime::UNIX_EPOCH))
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        let edvak = edvak(&HttpSettings::default()).unwrap();
        for url in ["http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:80", "http://localhost"] {
            assert!(edvak.tenant(&endpoint(url)).is_ok(), "{url}");
        }
        for url in ["http://ehr.example", "http://10.0.0.1", "http://127.0.0.1.example", "http://[::2]", "ftp://127.0.0.1"] {
            assert!(matches!(edvak.tenant(&endpoint(url)), Err(EdvakError::NotSecure { .. })), "{url}");
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let small = HttpSettings { memory_limit: 64 << 20, ..HttpSettings::default() };
        assert!(matches!(edvak(&small), Err(EdvakError::Memory { .. })));
        let contact = HttpSettings { contact: Some("a\r\nX: y".into()), ..HttpSettings::default() };
        assert!(matches!(edvak(&contact), Err(EdvakError::Contact)));
    }

    #[test]
    fn the_user_agent_names_program_version_and_contact() {
        assert_eq!(user_agent(Some("ops@example.org")).unwrap(), format!("ccda-export/{} (+ops@example.org)", env!("CARGO_PKG_VERSION")));
    }
}

//! The HTTP clients: what they trust, where they may go, and all that they must not do by themselves.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Proxy, redirect, retry, tls};

use super::HttpSettings;

/// Idle connections are closed before the load balancers that are usual in front of such servers close them (60 s), so that no request meets
/// a connection that is just going away.
const IDLE_CONNECTION: Duration = Duration::from_secs(50);

/// Whose certificates are trusted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trust<'a> {
    /// Nobody's: plain HTTP to a loopback address, which works where the platform has no roots.
    Nobody,
    /// The platform's, and these.
    Platform(&'a [Certificate]),
}

/// A client with its pool of connections.
///
/// Redirects would carry the form or the token to another host, the referer a patient token; the environment's proxies are nobody's decision;
/// and there is one level of retry, which is not here.
pub(super) fn client(settings: &HttpSettings, user_agent: &str, trust: Trust<'_>) -> reqwest::Result<Client> {
    let builder = Client::builder()
        .user_agent(user_agent)
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
        .http1_only()
        .connect_timeout(settings.timeouts.connect)
        .pool_idle_timeout(IDLE_CONNECTION)
        .tls_version_min(tls::Version::TLS_1_2);
    trusting(proxied(builder, settings)?, trust).build()
}

fn proxied(builder: ClientBuilder, settings: &HttpSettings) -> reqwest::Result<ClientBuilder> {
    Ok(match &settings.proxy {
        Some(url) => builder.no_proxy().proxy(Proxy::all(url.clone())?),
        None => builder.no_proxy(),
    })
}

fn trusting(builder: ClientBuilder, trust: Trust<'_>) -> ClientBuilder {
    match trust {
        Trust::Nobody => builder.tls_certs_only([]),
        Trust::Platform([]) => builder.https_only(true),
        Trust::Platform(more) => builder.https_only(true).tls_certs_merge(more.iter().cloned()),
    }
}

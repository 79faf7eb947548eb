//! Telling a health check how a run goes, as healthchecks.io and its like want it: POST to its URL at success, to URL/start when a run begins, to
//! URL/CODE at any other exit code. Who hears nothing for too long raises the alarm.
//!
//! The URL is a capability: whoever knows it can speak for the job. So nothing here shows more of it than its host. The body names the job and
//! holds counts, never a tenant, an account or a patient.

use std::{fmt, time::Duration};

use reqwest::{Client, ClientBuilder, Proxy, Url, redirect, retry, tls};
use serde::Serialize;

use super::{Counts, ExitCode};
use crate::{edvak, store::runs::RunKind};

/// Who is told.
#[derive(Clone, PartialEq, Eq)]
pub struct HealthCheck {
    url: Url,
    /// For one ping in all.
    timeout: Duration,
}

/// What happens to a run. Its row id is there from its beginning on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment<'a> {
    Begun,
    /// With the counts, where the run came so far as to have a receipt.
    Ended(ExitCode, Option<&'a Counts>),
}

/// Pings one health check.
#[derive(Clone)]
pub struct Pinger {
    check: HealthCheck,
    client: Client,
}

/// Why nobody was told; in words that hold no URL.
#[derive(Debug, thiserror::Error)]
#[error("the health check at {host} was not told: {why}; the run itself is unaffected")]
pub struct PingError {
    host: String,
    why: String,
}

#[derive(Serialize)]
struct Body<'a> {
    job: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<i64>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<&'a Counts>,
}

impl HealthCheck {
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// Reads the address; what is wrong with it is said without it.
    pub fn parse(url: &str, timeout: Duration) -> Result<Self, String> {
        let expected = "expected one such as \"https://hc-ping.com/…\"";
        let mut url = Url::parse(url).map_err(|error| format!("is no URL ({error}); {expected}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(format!("is no URL with https:// or http://; {expected}"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("holds a user name or password, which no health check needs; {expected}"));
        }
        url.set_fragment(None);
        Ok(Self { url, timeout })
    }

    /// All of the address that may be shown.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    fn url(&self, moment: Moment<'_>) -> Url {
        let mut url = self.url.clone();
        let word = match moment {
            Moment::Begun => "start".to_owned(),
            Moment::Ended(ExitCode::Done, _) => return url,
            Moment::Ended(code, _) => (code as u8).to_string(),
        };
        // Only a URL that cannot have a host has no path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&word);
        }
        url
    }
}

impl Pinger {
    /// `proxy` is the job's: the environment's settings are nobody's decision here either.
    ///
    /// # Errors
    /// Where no client can be made, as without certificates to trust.
    pub fn new(check: HealthCheck, proxy: Option<&Url>) -> Result<Self, PingError> {
        let why = "its HTTP client cannot be made; check the platform's CA certificates and the proxy";
        match client(&check, proxy) {
            Ok(client) => Ok(Self { check, client }),
            Err(_) => Err(PingError { host: check.host().to_owned(), why: why.to_owned() }),
        }
    }

    /// Tells of one run of the job.
    ///
    /// # Errors
    /// No answer in time, or another one than 2xx.
    pub async fn ping(&self, job: &str, run: Option<i64>, moment: Moment<'_>) -> Result<(), PingError> {
        let (exit_code, total) = match moment {
            Moment::Begun => (None, None),
            Moment::Ended(code, total) => (Some(code as u8), total),
        };
        let body = Body { job, run, kind: RunKind::Nightly.as_str(), exit_code, total };
        let body = serde_json::to_string(&body).expect("numbers and strings always serialize");
        let request = self.client.post(self.check.url(moment)).header("Content-Type", "application/json").body(body);
        let why = match request.send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => format!("it answered {}", answer.status().as_u16()),
            Err(error) if error.is_timeout() => format!("no answer within {}", humantime::format_duration(self.check.timeout)),
            Err(error) => edvak::why_unanswered(&error),
        };
        Err(PingError { host: self.check.host().to_owned(), why })
    }
}

fn client(check: &HealthCheck, proxy: Option<&Url>) -> reqwest::Result<Client> {
    let builder = Client::builder()
        .user_agent(concat!("ccda-export/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
        .http1_only()
        .timeout(check.timeout)
        .tls_version_min(tls::Version::TLS_1_2)
        .no_proxy();
    let builder = match proxy {
        Some(proxy) => builder.proxy(Proxy::all(proxy.clone())?),
        None => builder,
    };
    trusting(builder, check.url.scheme()).build()
}

/// Without TLS nobody's certificates, so that it works where the platform has none.
fn trusting(builder: ClientBuilder, scheme: &str) -> ClientBuilder {
    if scheme == "https" { builder.https_only(true) } else { builder.tls_certs_only([]) }
}

impl fmt::Debug for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HealthCheck({}…)", self.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_extended_and_the_query_stays() {
        let cases = [
            ("https://hc-ping.com/uuid", "/uuid", "/uuid/start", "/uuid/75", ""),
            ("https://hc-ping.com/uuid/", "/uuid/", "/uuid/start", "/uuid/75", ""),
            (
                "http://h:8000/ping/key/nightly?create=1#x",
                "/ping/key/nightly",
                "/ping/key/nightly/start",
                "/ping/key/nightly/75",
                "?create=1",
            ),
            ("https://h?create=1", "/", "/start", "/75", "?create=1"),
        ];
        for (text, success, start, failure, query) in cases {
            let check = HealthCheck::parse(text, HealthCheck::TIMEOUT).unwrap();
            let url = |moment| check.url(moment).to_string();
            let base = text.split('#').next().unwrap().split('?').next().unwrap();
            let origin = base.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            let expected = [success, start, failure].map(|path| format!("{origin}{path}{query}"));
            let moments = [Moment::Ended(ExitCode::Done, None), Moment::Begun, Moment::Ended(ExitCode::WorkRemains, None)];
            assert_eq!(moments.map(url), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_shown() {
        for text in ["", "hunter2", "ftp://hunter2/x", "https://hunter2@h/", "https://u:hunter2@h/", "mailto:hunter2", "https://"] {
            let refused = HealthCheck::parse(text, HealthCheck::TIMEOUT).unwrap_err();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn debug_shows_the_host_alone() {
        let check = HealthCheck::parse("https://hc-ping.com/hunter2?hunter2", HealthCheck::TIMEOUT).unwrap();
        assert_eq!(format!("{check:?}"), "HealthCheck(hc-ping.com…)");
    }
}

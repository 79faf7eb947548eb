//! The vendor's client against servers that send exact bytes: what reaches them, and what every kind of broken answer comes to.

mod bodies;
mod requests;
pub mod server;
pub mod tls;

use std::time::Duration;

use ccda_export::{
    clock::Clock,
    domain::{PatientToken, Reason, TenantName},
    edvak::{Body, DocumentAnswer, Edvak, Endpoint, Exchange, Failure, HttpSettings, Issue, TenantClient, TenantLimits, Token},
};
use secrecy::SecretString;
use server::{Act, Server};

const PATIENT: &str = "FUV4BKA3&ev=m Av9";

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        tenant: TenantName("TENANT_AB".into()),
        base_url: url.parse().unwrap(),
        client_id: "client-1".into(),
        client_secret: SecretString::from("s&cret=1"),
        certificates: Vec::new(),
        limits: TenantLimits::default(),
    }
}

fn client(settings: &HttpSettings, url: &str) -> TenantClient {
    Edvak::new(settings, Clock::system()).unwrap().tenant(&endpoint(url)).unwrap()
}

/// Limits that are quick to reach: bodies of 2 MiB, 8 MiB in memory.
fn settings() -> HttpSettings {
    HttpSettings { body_limit: 2 << 20, memory_limit: 8 << 20, ..HttpSettings::default() }
}

fn token() -> Token {
    let issue = Issue { asked_at: Duration::ZERO, issued_at: Duration::ZERO };
    Token::new(SecretString::from("ey.token"), issue, Duration::from_secs(900), 0)
}

async fn fetch_from(settings: &HttpSettings, server: &Server) -> Exchange<DocumentAnswer> {
    client(settings, &server.url).patient_data(&token(), &PatientToken::new(PATIENT), None).await
}

/// What a server's answer to a document request comes to.
async fn fetch(acts: impl Into<Vec<Act>>) -> Exchange<DocumentAnswer> {
    fetch_from(&settings(), &Server::start(acts).await).await
}

async fn fetch_sent(answer: impl Into<Vec<u8>>) -> Exchange<DocumentAnswer> {
    fetch([Act::Send(answer.into())]).await
}

/// The failure of an exchange, which must say nothing of the patient, the token or the address.
fn failure<T: std::fmt::Debug>(exchange: Exchange<T>) -> Failure {
    let failure = exchange.result.unwrap_err();
    for secret in ["FUV4", "ey.token", "s&cret", "http", "patient_data", "jo@"] {
        assert!(!failure.detail.contains(secret), "{}", failure.detail);
    }
    failure
}

fn reason<T: std::fmt::Debug>(exchange: Exchange<T>) -> Reason {
    failure(exchange).reason
}

fn body(exchange: Exchange<DocumentAnswer>) -> Body {
    match exchange.result {
        Ok(DocumentAnswer::Body(body)) => body,
        other => panic!("no body but {other:?}"),
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {status}\r\n{headers}\r\n").as_bytes(), body].concat()
}

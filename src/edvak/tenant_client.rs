//! One tenant's server: its two endpoints, one request each.
//!
//! Nothing here waits for a limit or tries again: the caller takes a place and a turn in the lane, decides what a failure leads to, and tells the
//! limits and breakers what was heard.

use std::{sync::Arc, time::Duration};

use chrono::NaiveDate;
use form_urlencoded::byte_serialize;
use reqwest::{
    Client, Url,
    header::{ACCEPT_ENCODING, CONTENT_TYPE},
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{
    Circuit, Credentials, DocumentAnswer, Exchange, Issue, Lane, Presence, Signal, Timeouts, Token,
    answer::{self, Asker},
    body_budget::{BodyBudget, SMALL},
    breaker::Asked,
    host::Host,
    patience::Patience,
    request::ask,
};
use crate::{
    clock::Clock,
    domain::{PatientToken, Reason, TenantName},
};

const FORM: &str = "application/x-www-form-urlencoded";

/// What is ready to be sent does not wait longer than about this for its turn.
const MOMENT: Duration = Duration::from_millis(100);
/// Nor longer than so many others take in its place.
const AHEAD_OF_EACH_PLACE: usize = 4;

/// The dates that a document is asked for, as they go out; both inclusive or not, the contract does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestedDates {
    pub start: NaiveDate,
    pub end: NaiveDate,
}

/// The client of one tenant.
pub struct TenantClient {
    pub(super) http: Client,
    pub(super) tenant: TenantName,
    pub(super) base_url: Url,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    pub(super) timeouts: Timeouts,
    pub(super) body_limit: u64,
    pub(super) budget: BodyBudget,
    pub(super) clock: Clock,
    pub(super) documents: Lane,
    pub(super) tokens: Lane,
    pub(super) circuit: Circuit,
    pub(super) host: Arc<Host>,
}

impl TenantClient {
    /// The limits of document requests.
    pub fn documents(&self) -> &Lane {
        &self.documents
    }

    /// The limits of token requests.
    pub fn tokens(&self) -> &Lane {
        &self.tokens
    }

    /// Whether anything may be asked: the tenant's breaker and its host's.
    pub fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// Host and port, which other tenants may share.
    pub fn host_name(&self) -> &str {
        &self.host.name
    }

    /// Says that the tenant has something to send, so that it has its part of the host's places.
    pub fn enter(&self) -> Presence {
        self.host.enter()
    }

    /// How many of the host's places the tenant may hold now, with all who are there.
    pub fn share(&self) -> usize {
        self.host.share()
    }

    /// How many fetches may be made ready to be sent while others have the places: what the limits let through in a moment, and a few for each place.
    /// None where requests are few, so that none waits long between its being ready and its being sent.
    pub fn ahead(&self) -> usize {
        let (tenant, host) = (self.documents.tenant(), &self.host);
        let turns = tenant.turns_within(MOMENT).min(host.part(host.pace.turns_within(MOMENT)));
        turns.min(AHEAD_OF_EACH_PLACE * tenant.concurrent().min(self.share()))
    }

    /// Draws the consequences of an answer for what is sent next: slower, later, or not at all.
    pub fn heard(&self, signal: Signal) {
        let lane = match signal.asked {
            Asked::Token => &self.tokens,
            Asked::Document => &self.documents,
        };
        if signal.slows_tenant() {
            lane.tenant().slow_down(Reason::Throttled);
        }
        if signal.slows_host() {
            lane.host().slow_down(Reason::Edge);
        }
        if let Some(pause) = signal.pause {
            lane.tenant().pause(pause);
        }
        self.circuit.heard(signal.asked, signal.reason);
    }

    /// `POST generate-token`: a new token of an account.
    pub async fn generate_token(&self, credentials: &Credentials) -> Exchange<Token> {
        let hold = self.budget.reserve().await;
        let body = reqwest::Body::from(bytes::Bytes::from_owner(self.token_form(credentials)));
        let request = self.http.post(self.url("generate-token")).header(CONTENT_TYPE, FORM).body(body);
        let exchange = ask(request, Patience::new(self.timeouts.token, self.timeouts.token), hold, SMALL, &self.clock).await;
        let issue = Issue { asked_at: exchange.sent_at, issued_at: self.clock.elapsed() };
        let secrets = [
            credentials.username.expose_secret(),
            credentials.password.expose_secret(),
            self.client_secret.expose_secret(),
            &self.client_id,
        ];
        exchange.and_then(|arrived| answer::token(arrived, &Asker { tenant: &self.tenant, secrets: &secrets }, issue))
    }

    /// `GET patient_data`: the document of a patient, the whole chart where no dates are given.
    ///
    /// May wait for memory before it sends anything.
    pub async fn patient_data(&self, token: &Token, patient: &PatientToken, dates: Option<RequestedDates>) -> Exchange<DocumentAnswer> {
        let hold = self.budget.reserve().await;
        let request = self
            .http
            .get(self.url("patient_data"))
            .query(&[("patient_token", patient.expose())])
            .query(&dates.map(|dates| [("start_date", dates.start.to_string()), ("end_date", dates.end.to_string())]))
            .bearer_auth(token.expose())
            // The contract lists it as required, although there is no body.
            .header(CONTENT_TYPE, FORM)
            .header(ACCEPT_ENCODING, "gzip");
        let patience = Patience::new(self.timeouts.idle, self.timeouts.total);
        ask(request, patience, hold, self.body_limit, &self.clock).await.and_then(answer::document)
    }

    fn url(&self, endpoint: &str) -> Url {
        let mut url = self.base_url.clone();
        url.set_path(&format!("/ccda/ccda/{endpoint}"));
        url
    }

    /// The form of a token request, zeroed when it has been sent.
    fn token_form(&self, credentials: &Credentials) -> Zeroizing<Vec<u8>> {
        let fields = [
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.expose_secret()),
            ("username", credentials.username.expose_secret()),
            ("password", credentials.password.expose_secret()),
        ];
        // Long enough for the worst encoding, because a buffer that grows leaves copies behind.
        let capacity = fields.iter().map(|(name, value)| name.len() + 2 + 3 * value.len()).sum();
        let mut form = Zeroizing::new(Vec::with_capacity(capacity));
        for (name, value) in fields {
            if !form.is_empty() {
                form.push(b'&');
            }
            form.extend_from_slice(name.as_bytes());
            form.push(b'=');
            byte_serialize(value.as_bytes()).for_each(|piece| form.extend_from_slice(piece.as_bytes()));
        }
        form
    }
}

//! What was asked and what was answered, for tests and for the curious. Lies in memory and forgets the oldest.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde::Serialize;

/// Requests that are remembered one by one; counts go on.
const REMEMBERED: usize = 1_000_000;

/// Which endpoint was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Token,
    Document,
    Other,
}

/// What is known of a request when its answer is.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// Names of the tenant and of the account, where the request proved whose it was, or at least claimed it.
    pub tenant: Option<Arc<str>>,
    pub account: Option<Arc<str>>,
    pub patient_token: Option<Arc<str>>,
    /// The `Content-Type` that was sent.
    pub content_type: Option<String>,
}

#[derive(Debug, Serialize)]
struct Request {
    sequence: u64,
    kind: Kind,
    tenant: Option<Arc<str>>,
    account: Option<Arc<str>>,
    patient_token: Option<Arc<str>>,
    content_type: Option<String>,
    status: u16,
    /// Monotonic milliseconds since the sandbox started, when the answer was ready.
    at_ms: u64,
}

/// The requests and their counts; this is also what `GET /sandbox/requests` answers with.
#[derive(Debug, Default, Serialize)]
pub(super) struct Journal {
    /// By endpoint and status.
    counts: BTreeMap<Kind, BTreeMap<u16, u64>>,
    requests: VecDeque<Request>,
    #[serde(skip)]
    last: u64,
}

impl Journal {
    /// Adds a request; the first is number 1.
    pub fn record(&mut self, kind: Kind, facts: Facts, status: u16, at_ms: u64) {
        *self.counts.entry(kind).or_default().entry(status).or_default() += 1;
        self.last += 1;
        let Facts { tenant, account, patient_token, content_type } = facts;
        if self.requests.len() == REMEMBERED {
            self.requests.pop_front();
        }
        self.requests.push_back(Request { sequence: self.last, kind, tenant, account, patient_token, content_type, status, at_ms });
    }
}

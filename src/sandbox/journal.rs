//! What was asked and what was answered, for tests and for the curious. Lies in memory and forgets the oldest.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde::Serialize;

/// Requests that are remembered one by one; counts go on.
const REMEMBERED: usize = 1_000_000;

/// Which endpoint was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
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
    /// The dates as they stand in the query.
    pub start_date: Option<String>,
    pub end_date: Option<String>,
    /// The `Content-Type` that was sent.
    pub content_type: Option<String>,
}

/// A request and what it was answered with.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    /// From 1 on, in the order of the answers.
    pub sequence: u64,
    pub kind: Kind,
    /// Whose it was, as far as the request proved or claimed it.
    pub tenant: Option<Arc<str>>,
    pub account: Option<Arc<str>>,
    pub patient_token: Option<Arc<str>>,
    /// The dates as they stood in the query.
    pub start_date: Option<String>,
    pub end_date: Option<String>,
    pub content_type: Option<String>,
    /// `None` where the client was gone before there was an answer.
    pub status: Option<u16>,
    /// Monotonic milliseconds since the sandbox started, when the request came.
    pub asked_at_ms: u64,
    /// The same, when the answer was ready.
    pub at_ms: u64,
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
    /// Adds a request that came and was answered, or given up, at these times; the first is number 1.
    pub fn record(&mut self, kind: Kind, facts: Facts, status: Option<u16>, [asked_at_ms, at_ms]: [u64; 2]) {
        if let Some(status) = status {
            *self.counts.entry(kind).or_default().entry(status).or_default() += 1;
        }
        self.last += 1;
        let Facts { tenant, account, patient_token, start_date, end_date, content_type } = facts;
        if self.requests.len() == REMEMBERED {
            self.requests.pop_front();
        }
        let sequence = self.last;
        self.requests.push_back(Request {
            sequence,
            kind,
            tenant,
            account,
            patient_token,
            start_date,
            end_date,
            content_type,
            status,
            asked_at_ms,
            at_ms,
        });
    }

    /// The requests after the one of this number.
    pub fn after(&self, sequence: u64) -> Vec<Request> {
        let first = self.requests.partition_point(|request| request.sequence <= sequence);
        self.requests.range(first..).cloned().collect()
    }
}

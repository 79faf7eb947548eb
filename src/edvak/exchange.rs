//! What one request to the vendor came to, whether it worked or not: data for the attempt's row and for the decision what is next.

use std::time::Duration;

use super::{BodyHold, RateLimit};
use crate::{clock::Millis, domain::Reason};

/// One request and its answer.
#[derive(Debug)]
pub struct Exchange<T> {
    /// When it was sent, on the wall.
    pub started_at: Millis,
    /// When it was sent, on the monotonic clock.
    pub sent_at: Duration,
    pub duration: Duration,
    /// `None` where no answer began.
    pub http_status: Option<u16>,
    /// Length of the answer's body after decoding, as far as it was read.
    pub bytes: u64,
    /// For how long the server asks to be left alone; not capped.
    pub retry_after: Option<Duration>,
    pub rate_limit: Option<RateLimit>,
    pub result: Result<T, Failure>,
}

/// Why a request brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub reason: Reason,
    /// For people. Never a URL, query, user name, secret, token or piece of a document.
    pub detail: String,
    /// Whether the answer was a page for a browser: a second 401 or 403 is `edge` then, not `denied`.
    pub html: bool,
}

impl Failure {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), html: false }
    }
}

/// What the vendor answers to the question for a patient's document.
#[derive(Debug)]
pub enum DocumentAnswer {
    /// A body, not yet checked for being a chart.
    Body(Body),
    /// There is no such patient.
    Absent,
}

/// The body of a 200, as it was sent, after HTTP decoding; never empty.
pub struct Body {
    pub bytes: Vec<u8>,
    /// The `Content-Type` without parameters; recorded, never trusted.
    pub media_type: Option<String>,
    /// Its share of the memory for bodies: to be dropped when the bytes are.
    pub hold: BodyHold,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("bytes", &self.bytes.len()).field("media_type", &self.media_type).finish_non_exhaustive()
    }
}

impl<T> Exchange<T> {
    /// For how long the server asks to be left alone, by `Retry-After` or, where it says nothing there, by a used-up limit; not capped.
    pub fn asked_pause(&self) -> Option<Duration> {
        self.retry_after.or_else(|| self.limit_resets_in())
    }

    /// Time until a limit is filled up again of which nothing remains.
    pub(super) fn limit_resets_in(&self) -> Option<Duration> {
        self.rate_limit.filter(|limit| limit.remaining == 0 && !limit.reset.is_zero()).map(|limit| limit.reset)
    }

    /// The same exchange with its result judged.
    pub(super) fn and_then<U>(self, judge: impl FnOnce(T) -> Result<U, Failure>) -> Exchange<U> {
        let Self { started_at, sent_at, duration, http_status, bytes, retry_after, rate_limit, result } = self;
        Exchange { started_at, sent_at, duration, http_status, bytes, retry_after, rate_limit, result: result.and_then(judge) }
    }
}

//! How a run is getting on, for whoever watches: counters that the run moves and a display reads. Counting never waits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::sync::SetOnce;

use crate::{
    domain::{FetchState, RunId, TenantName},
    report::Effort,
};

/// The counters of one tenant.
#[derive(Debug)]
pub struct TenantProgress {
    pub tenant: TenantName,
    due: AtomicU64,
    done: AtomicU64,
    absent: AtomicU64,
    failed: AtomicU64,
    waits: AtomicU64,
    requests: AtomicU64,
    tokens: AtomicU64,
    bytes: AtomicU64,
}

/// What the counters said at one moment.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Fetches to do at the start.
    pub due: u64,
    pub done: u64,
    pub absent: u64,
    /// Dead or quarantined.
    pub failed: u64,
    /// Times that a fetch was sent back to wait for another try.
    pub waits: u64,
    pub requests: u64,
    pub tokens: u64,
    /// Of stored documents.
    pub bytes: u64,
}

/// All counters of a run; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    tenants: Arc<[Arc<TenantProgress>]>,
    run: Arc<SetOnce<RunId>>,
}

impl Progress {
    pub fn new(tenants: impl IntoIterator<Item = TenantName>) -> Self {
        let tenants = tenants.into_iter().map(|tenant| Arc::new(TenantProgress::new(tenant))).collect();
        Self { tenants, run: Arc::default() }
    }

    pub fn tenants(&self) -> &[Arc<TenantProgress>] {
        &self.tenants
    }

    /// The run, once it has its row.
    pub fn run(&self) -> Option<RunId> {
        self.run.get().copied()
    }

    /// The same, waited for.
    pub async fn begun(&self) -> RunId {
        *self.run.wait().await
    }

    pub(super) fn begin(&self, run: RunId) {
        // There is one run to a progress.
        let _ = self.run.set(run);
    }

    pub fn total(&self) -> Snapshot {
        self.tenants.iter().map(|tenant| tenant.snapshot()).fold(Snapshot::default(), Snapshot::plus)
    }
}

impl TenantProgress {
    fn new(tenant: TenantName) -> Self {
        let zero = AtomicU64::default;
        Self {
            tenant,
            due: zero(),
            done: zero(),
            absent: zero(),
            failed: zero(),
            waits: zero(),
            requests: zero(),
            tokens: zero(),
            bytes: zero(),
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            due: self.due.load(Relaxed),
            done: self.done.load(Relaxed),
            absent: self.absent.load(Relaxed),
            failed: self.failed.load(Relaxed),
            waits: self.waits.load(Relaxed),
            requests: self.requests.load(Relaxed),
            tokens: self.tokens.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        }
    }

    pub(super) fn set_due(&self, due: u64) {
        self.due.store(due, Relaxed);
    }

    pub(super) fn asked_for_document(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    pub(super) fn asked_for_token(&self) {
        self.tokens.fetch_add(1, Relaxed);
    }

    /// Counts a settlement that has been committed.
    pub(super) fn settled(&self, state: FetchState, bytes: u64) {
        let counter = match state {
            FetchState::Done => {
                self.bytes.fetch_add(bytes, Relaxed);
                &self.done
            }
            FetchState::Absent => &self.absent,
            FetchState::Dead | FetchState::Quarantined => &self.failed,
            FetchState::Pending | FetchState::Leased | FetchState::Waiting | FetchState::Superseded => &self.waits,
        };
        counter.fetch_add(1, Relaxed);
    }
}

impl Snapshot {
    fn plus(self, other: Self) -> Self {
        Self {
            due: self.due + other.due,
            done: self.done + other.done,
            absent: self.absent + other.absent,
            failed: self.failed + other.failed,
            waits: self.waits + other.waits,
            requests: self.requests + other.requests,
            tokens: self.tokens + other.tokens,
            bytes: self.bytes + other.bytes,
        }
    }

    /// Fetches that came to an end in this run.
    pub fn ended(self) -> u64 {
        self.done + self.absent + self.failed
    }

    /// Time that the rest takes at the speed so far; `None` before there is a speed.
    pub fn time_left(self, elapsed: Duration) -> Option<Duration> {
        let left = self.due.saturating_sub(self.ended());
        (self.ended() > 0).then(|| elapsed.mul_f64(left as f64 / self.ended() as f64))
    }

    pub fn effort(self) -> Effort {
        Effort { documents: self.done, document_requests: self.requests, token_requests: self.tokens, bytes: self.bytes }
    }
}

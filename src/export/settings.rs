//! What the operator sets about a run: how often a fetch is tried, how long the run may take.

use std::time::Duration;

use super::{Retention, ShrinkPolicy};

/// When a failed fetch is tried again, and when it is given up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Wait after the first failure; each further one is three times as long.
    pub first_wait: Duration,
    /// Longest wait between two tries.
    pub longest_wait: Duration,
    /// Longest `Retry-After` that is honoured.
    pub longest_retry_after: Duration,
    /// Attempts that count until a fetch is dead; at least 1.
    pub attempts: u32,
    /// Days until a patient who was denied is asked for again.
    pub denied_days: u32,
}

impl RetryPolicy {
    /// Furthest ahead that anything of these settings is due.
    pub fn furthest(&self) -> Duration {
        self.longest_wait.max(self.longest_retry_after)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { first_wait: seconds(10), longest_wait: seconds(300), longest_retry_after: seconds(900), attempts: 5, denied_days: 7 }
    }
}

/// How long a run may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunSettings {
    pub retry: RetryPolicy,
    /// Time from the run's start after which nothing new starts.
    pub deadline: Duration,
    /// Longest that a run with nothing else to do waits for a retry that is due later.
    pub patience: Duration,
    /// How long requests in flight may go on after a signal or the deadline.
    pub grace: Duration,
    /// For so many patients at most a night is planned in one transaction; where there are more, while the run works.
    pub planned_at_once: u32,
    /// When a chart counts as shrunk, and is held.
    pub shrink: ShrinkPolicy,
    /// Whether rows are made of documents when they are stored.
    pub flatten: bool,
    /// Whether also the newest body of a patient is stored as a zstd frame, and not as it came.
    pub compress: bool,
    /// What of the past is kept when the run has ended.
    pub retention: Retention,
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::default(),
            deadline: Duration::from_secs(6 * 3600),
            patience: Duration::from_secs(15 * 60),
            grace: Duration::from_secs(20),
            planned_at_once: 10_000,
            shrink: ShrinkPolicy::default(),
            flatten: true,
            compress: false,
            retention: Retention::default(),
        }
    }
}

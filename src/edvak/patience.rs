//! How long a server may take for one answer. Real time under any clock, as all timeouts of the HTTP client.

use std::time::Duration;

use tokio::time::{Instant, timeout};

/// What is left of the time for one request. Only waiting for the server uses it up, so that our own waiting for memory is not held against it.
#[derive(Debug)]
pub(super) struct Patience {
    idle: Duration,
    left: Duration,
}

impl Patience {
    pub(super) fn new(idle: Duration, total: Duration) -> Self {
        Self { idle, left: total }
    }

    /// Waits for the head of the answer, as long as the request may take in all: a document is made on request, and a large one takes its time.
    pub(super) async fn for_head<F: Future>(&mut self, head: F) -> Option<F::Output> {
        self.within(self.left, head).await
    }

    /// Waits for the next bytes.
    pub(super) async fn for_bytes<F: Future>(&mut self, bytes: F) -> Option<F::Output> {
        self.within(self.idle.min(self.left), bytes).await
    }

    async fn within<F: Future>(&mut self, limit: Duration, work: F) -> Option<F::Output> {
        let started = Instant::now();
        let output = timeout(limit, work).await.ok();
        self.left = self.left.saturating_sub(started.elapsed());
        output
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const SHORT: Duration = Duration::from_millis(2);
    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn bytes_may_take_idle_and_a_head_the_total() {
        let mut patience = Patience::new(SHORT, LONG);
        assert!(patience.for_bytes(pending::<()>()).await.is_none());
        assert!(patience.left > LONG / 2);
        let mut patience = Patience::new(LONG, SHORT);
        assert!(patience.for_head(pending::<()>()).await.is_none());
    }

    #[tokio::test]
    async fn a_server_that_dribbles_uses_up_the_total() {
        let mut patience = Patience::new(LONG, 10 * SHORT);
        let mut waits = 0;
        while patience.for_bytes(tokio::time::sleep(SHORT)).await.is_some() {
            waits += 1;
        }
        assert!(waits <= 10, "{waits}");
        assert!(patience.left.is_zero());
    }
}

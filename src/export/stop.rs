//! How a run is asked to end: first nothing new starts, then, after the grace period, what is in flight is given up.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

/// Passed to everything that starts or waits; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    finish: CancellationToken,
    abandon: CancellationToken,
}

impl Stop {
    /// For one of several runs: it ends with this one, and by its own deadline alone.
    pub fn child(&self) -> Self {
        Self { finish: self.finish.child_token(), abandon: self.abandon.child_token() }
    }

    /// Nothing new starts from now on.
    pub fn finish(&self) {
        self.finish.cancel();
    }

    pub fn is_finishing(&self) -> bool {
        self.finish.is_cancelled()
    }

    /// Returns once nothing new may start.
    pub async fn finishing(&self) {
        self.finish.cancelled().await;
    }

    /// Returns once what is in flight is to be given up.
    pub async fn abandoned(&self) {
        self.abandon.cancelled().await;
    }

    /// `future`, unless the run ends before it does: then `None`.
    pub async fn or<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.finish.cancelled() => None,
            value = future => Some(value),
        }
    }

    /// Ends the run at its deadline, and what is in flight a grace period after its end began. Runs until it is dropped.
    pub(super) async fn watch(&self, clock: &Clock, deadline: Duration, grace: Duration) {
        tokio::select! {
            () = self.finish.cancelled() => {}
            () = clock.sleep(deadline) => self.finish.cancel(),
        }
        clock.sleep(grace).await;
        self.abandon.cancel();
        std::future::pending().await
    }
}

//! How many logins of a tenant may be on their way while nothing proves that its credentials are any good.
//!
//! One, until an answer shows that the client is accepted; then no more than may still be rejected before the tenant rests; once a login was
//! accepted, any number. So a rejected client costs one request, and a credentials file that is shifted by a line ten, however many are in the queue.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Rejected accounts without an accepted one before the tenant rests: a credentials file may be shifted by a line.
const MOST_REJECTED: usize = 10;
/// More than are ever on their way: their number is bounded by the tenant's places.
const ANY_NUMBER: usize = 1 << 20;

/// The gate of one tenant in one run.
#[derive(Debug)]
pub(super) struct LoginGate {
    permits: Semaphore,
    answers: Mutex<Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    accepted: usize,
    rejected: usize,
}

/// Leave to log in once; to be given to [`LoginGate::accepted`] or [`LoginGate::rejected`], or dropped where the answer said neither.
pub(super) type Leave<'a> = SemaphorePermit<'a>;

impl LoginGate {
    pub fn new() -> Self {
        Self { permits: Semaphore::new(1), answers: Mutex::default() }
    }

    /// Waits for leave to log in; `None` once too many were rejected.
    pub async fn enter(&self) -> Option<Leave<'_>> {
        self.permits.acquire().await.ok()
    }

    /// A login was accepted.
    pub fn accepted(&self, leave: Leave<'_>) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.accepted == 0 {
            self.permits.add_permits(ANY_NUMBER);
        }
        answers.accepted += 1;
        drop(leave);
    }

    /// An account was rejected; true when the tenant is to rest.
    pub fn rejected(&self, leave: Leave<'_>) -> bool {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.rejected += 1;
        if answers.accepted > 0 {
            return false;
        }
        leave.forget();
        if answers.rejected == 1 {
            self.permits.add_permits(MOST_REJECTED - 1);
        }
        let too_many = answers.rejected >= MOST_REJECTED;
        if too_many {
            self.permits.close();
        }
        too_many
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn enter(gate: &LoginGate) -> Option<Leave<'_>> {
        gate.enter().now_or_never().flatten()
    }

    #[test]
    fn one_goes_alone_until_the_client_is_known_to_be_good() {
        let gate = LoginGate::new();
        let first = enter(&gate).unwrap();
        assert!(enter(&gate).is_none());
        gate.accepted(first);
        let many: Vec<_> = (0..100).map_while(|_| enter(&gate)).collect();
        assert_eq!(many.len(), 100);
    }

    #[test]
    fn no_more_are_on_their_way_than_may_be_rejected() {
        let gate = LoginGate::new();
        assert!(!gate.rejected(enter(&gate).unwrap()));
        let leaves: Vec<_> = (0..100).map_while(|_| enter(&gate)).collect();
        assert_eq!(leaves.len(), 9);
        let rests: Vec<_> = leaves.into_iter().map(|leave| gate.rejected(leave)).collect();
        assert_eq!(rests.iter().filter(|rest| **rest).count(), 1);
        assert!(rests[8] && enter(&gate).is_none());
    }

    #[test]
    fn rejections_beside_accepted_logins_close_nothing() {
        let gate = LoginGate::new();
        gate.accepted(enter(&gate).unwrap());
        assert!((0..1_000).all(|_| !gate.rejected(enter(&gate).unwrap())));
        assert!(enter(&gate).is_some());
    }

    #[test]
    fn an_answer_that_said_neither_gives_its_leave_to_the_next() {
        let gate = LoginGate::new();
        drop(enter(&gate).unwrap());
        assert!(enter(&gate).is_some());
    }
}

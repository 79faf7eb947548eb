//! The life of a fetch: from what was known and what was answered to the next state. Pure: the time and the chance come in.

use std::time::Duration;

use crate::{
    clock::Millis,
    domain::{FetchState, Outcome, Reason},
    store::fetches::Next,
};

use super::{
    RetryPolicy,
    rules::{Then, counts},
};

/// How often a fetch was tried before this answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// Attempts that counted.
    pub attempts: u32,
    /// Requests that this run has sent for it, replays apart, the answered one included.
    pub sent: u32,
    /// Its body was refused before in this run, or in its last try: the one more try has been had.
    pub refused: bool,
    /// One attempt is all it gets: the last occurrence ended in a verdict on the answer.
    pub single: bool,
}

/// What a document request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Chart,
    Absent,
    Failed {
        reason: Reason,
        /// What the server asked to wait for, at least.
        retry_after: Option<Duration>,
    },
    /// We ended it ourselves at the end of the grace period: it says nothing.
    Cancelled,
}

impl Answer {
    /// Why it is no document; `None` for what is one, and for what says nothing.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Failed { reason, .. } => Some(reason),
            Self::Chart | Self::Absent | Self::Cancelled => None,
        }
    }
}

/// The state that follows. `jitter` is a random number in 0..1.
pub fn next(tries: Tries, answer: Answer, policy: &RetryPolicy, now: Millis, jitter: f64) -> Next {
    let ended = |state, reason, attempts| Next { state, reason, attempts, due_at: None };
    let (reason, retry_after) = match answer {
        Answer::Chart => return ended(FetchState::Done, None, tries.attempts + 1),
        Answer::Absent => return ended(FetchState::Absent, None, tries.attempts + 1),
        Answer::Cancelled => return Next { state: FetchState::Waiting, reason: None, attempts: tries.attempts, due_at: Some(now) },
        Answer::Failed { reason, retry_after } => (reason, retry_after),
    };
    let attempts = tries.attempts + u32::from(counts(reason));
    let limit = if tries.single { 1 } else { policy.attempts };
    let spent = counts(reason) && attempts >= limit;
    match Then::after_document(reason) {
        Then::Quarantine => ended(FetchState::Quarantined, Some(reason), attempts),
        Then::GiveUp => ended(FetchState::Dead, Some(reason), attempts),
        Then::RetryOnce if spent || tries.refused => ended(FetchState::Dead, Some(reason), attempts),
        Then::Retry if spent => ended(FetchState::Dead, Some(reason), attempts),
        Then::Retry | Then::RetryOnce | Then::TenantRests => {
            let wait =
                backoff(attempts.max(tries.sent), policy, jitter).max(retry_after.unwrap_or_default().min(policy.longest_retry_after));
            Next { state: FetchState::Waiting, reason: Some(reason), attempts, due_at: Some(now + milliseconds(wait)) }
        }
    }
}

/// What the attempt is recorded as, given where it took the fetch.
pub fn outcome(answer: Answer, next: Next) -> Outcome {
    match (answer, next.state) {
        (Answer::Chart, _) => Outcome::Ok,
        (Answer::Absent, _) => Outcome::Absent,
        (Answer::Cancelled, _) => Outcome::Cancelled,
        (Answer::Failed { .. }, FetchState::Waiting) => Outcome::Passing,
        (Answer::Failed { .. }, _) => Outcome::Permanent,
    }
}

/// The wait before try number `failures` + 1: trebled each time up to the longest, half of it left to chance so that many do not come back
/// together.
pub fn backoff(failures: u32, policy: &RetryPolicy, jitter: f64) -> Duration {
    let trebled = policy.first_wait.saturating_mul(3u32.saturating_pow(failures.saturating_sub(1)));
    trebled.min(policy.longest_wait).mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

pub(super) fn milliseconds(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn failed(reason: Reason) -> Answer {
        Answer::Failed { reason, retry_after: None }
    }

    fn lives(tries: Tries, answer: Answer) -> Next {
        next(tries, answer, &RetryPolicy::default(), 1_000_000, 0.5)
    }

    #[test]
    fn the_fifth_server_error_is_the_last() {
        let fourth = lives(Tries { attempts: 3, sent: 4, refused: false, single: false }, failed(Reason::ServerError));
        let fifth = lives(Tries { attempts: 4, sent: 5, refused: false, single: false }, failed(Reason::ServerError));
        assert_eq!((fourth.state, fourth.attempts), (FetchState::Waiting, 4));
        assert_eq!((fifth.state, fifth.attempts, fifth.reason), (FetchState::Dead, 5, Some(Reason::ServerError)));
    }

    #[test]
    fn a_body_that_is_no_chart_gets_one_more_try() {
        let first = lives(Tries { attempts: 0, sent: 1, refused: false, single: false }, failed(Reason::NotCda));
        let second = lives(Tries { attempts: 1, sent: 2, refused: true, single: false }, failed(Reason::Malformed));
        assert_eq!((first.state, second.state), (FetchState::Waiting, FetchState::Dead));
    }

    #[test]
    fn the_one_more_try_is_had_whatever_came_before_it() {
        let after_an_error = Tries { attempts: 1, sent: 2, refused: false, single: false };
        assert_eq!(lives(after_an_error, failed(Reason::NotCda)).state, FetchState::Waiting);
        assert_eq!(lives(Tries { refused: true, ..after_an_error }, failed(Reason::NotCda)).state, FetchState::Dead);
    }

    #[test]
    fn after_a_verdict_an_occurrence_has_a_single_attempt() {
        assert_eq!(lives(Tries { attempts: 0, sent: 1, refused: false, single: true }, failed(Reason::NotCda)).state, FetchState::Dead);
        assert_eq!(lives(Tries { attempts: 0, sent: 1, refused: false, single: true }, failed(Reason::Network)).state, FetchState::Waiting);
    }

    #[test]
    fn retry_after_is_a_floor_and_has_a_ceiling() {
        let policy = RetryPolicy::default();
        let due = |seconds| {
            let answer = Answer::Failed { reason: Reason::Throttled, retry_after: Some(Duration::from_secs(seconds)) };
            next(Tries { attempts: 0, sent: 1, refused: false, single: false }, answer, &policy, 0, 0.0).due_at
        };
        assert_eq!(due(1), Some(5_000));
        assert_eq!(due(60), Some(60_000));
        assert_eq!(due(1_000_000), Some(900_000));
    }

    fn any_answer() -> impl Strategy<Value = Answer> {
        let reason = prop::sample::select(Reason::ALL);
        let failure = (reason, prop::option::of(0u64..10_000_000))
            .prop_map(|(reason, seconds)| Answer::Failed { reason, retry_after: seconds.map(Duration::from_secs) });
        prop_oneof![Just(Answer::Chart), Just(Answer::Absent), Just(Answer::Cancelled), failure]
    }

    proptest! {
        #[test]
        fn attempts_never_pass_the_limit_and_waiting_always_has_an_end(
            attempts in 0u32..5, refused in any::<bool>(), single in any::<bool>(), answer in any_answer(), jitter in 0.0f64..1.0, now in 0i64..1 << 45,
        ) {
            let policy = RetryPolicy::default();
            let next = next(Tries { attempts, sent: attempts + 1, refused, single }, answer, &policy, now, jitter);
            prop_assert!(next.attempts <= policy.attempts && next.attempts >= attempts);
            prop_assert!(next.state != FetchState::Leased && next.state != FetchState::Pending);
            match next.due_at {
                Some(due) => prop_assert!(next.state == FetchState::Waiting && due >= now && due - now <= 900_000),
                None => prop_assert!(next.state != FetchState::Waiting),
            }
        }

        #[test]
        fn whatever_is_answered_for_ever_what_counts_ends(reason in prop::sample::select(Reason::ALL), single in any::<bool>()) {
            let mut tries = Tries { attempts: 0, sent: 1, refused: false, single };
            for _ in 0..RetryPolicy::default().attempts {
                let next = lives(tries, failed(reason));
                if next.state != FetchState::Waiting {
                    return Ok(());
                }
                tries = Tries { attempts: next.attempts, sent: tries.sent + 1, ..tries };
            }
            prop_assert!(!counts(reason), "{} is tried for ever", reason);
        }

        #[test]
        fn backoff_stays_between_half_and_all_of_its_step(failures in 1u32..1_000, jitter in 0.0f64..1.0) {
            let policy = RetryPolicy::default();
            let wait = backoff(failures, &policy, jitter);
            prop_assert!(wait >= policy.first_wait / 2 && wait <= policy.longest_wait);
        }
    }
}

//! The cache on the manual clock, with closures in place of the vendor.

use std::{
    convert::Infallible,
    future::{pending, ready},
    sync::atomic::{AtomicU32, Ordering},
};

use chrono::DateTime;
use futures_util::{FutureExt, future::join_all};
use proptest::prelude::*;
use secrecy::SecretString;
use tokio::sync::Notify;

use super::*;
use crate::edvak::Issue;

const LIFE: u64 = 900;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A cache, its clock, and a count of the requests that it made.
struct Bench<E = Infallible> {
    clock: Clock,
    cache: TokenCache<E>,
    requests: AtomicU32,
}

impl<E: Clone> Bench<E> {
    fn new() -> Self {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        // An hour in, so that there is a past to speak of.
        clock.advance(seconds(3600));
        Self { cache: TokenCache::new(clock.clone()), clock, requests: AtomicU32::new(0) }
    }

    fn issue(&self, life: u64, policy: i64) -> Token {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let now = self.clock.elapsed();
        Token::new(SecretString::from("t"), Issue { asked_at: now, issued_at: now }, seconds(life), policy)
    }

    fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    async fn get(&self, account: u32, need: Need) -> Arc<Token> {
        self.get_living(account, need, LIFE).await
    }

    async fn get_living(&self, account: u32, need: Need, life: u64) -> Arc<Token> {
        let token = self.cache.get(account, need, || ready(Ok(self.issue(life, 0)))).await;
        token.unwrap_or_else(|_| panic!("issuing does not fail"))
    }

    async fn get_with_policy(&self, account: u32, policy: i64) -> Arc<Token> {
        let token = self.cache.get(account, Need::Any, || ready(Ok(self.issue(LIFE, policy)))).await;
        token.unwrap_or_else(|_| panic!("issuing does not fail"))
    }
}

#[tokio::test]
async fn forty_who_need_a_token_at_once_cause_one_request() {
    let bench = Bench::<Infallible>::new();
    let answer = Notify::new();
    let all = join_all((0..40).map(|_| {
        bench.cache.get(7, Need::Any, || async {
            answer.notified().await;
            Ok(bench.issue(LIFE, 0))
        })
    }));
    let (tokens, ()) = tokio::join!(all, async { answer.notify_one() });
    assert!(tokens.iter().all(|token| Arc::ptr_eq(token.as_ref().unwrap(), tokens[0].as_ref().unwrap())));
    assert_eq!(bench.requests(), 1);
}

#[tokio::test]
async fn forty_refusals_of_one_token_cause_one_request() {
    let bench = Bench::<Infallible>::new();
    let dead = bench.get(7, Need::Any).await;
    dead.brought_document();
    let tokens = join_all((0..40).map(|_| bench.get(7, Need::NewerThan(dead.id())))).await;
    assert!(tokens.iter().all(|token| !Arc::ptr_eq(token, &dead)));
    assert_eq!(bench.requests(), 2);
}

#[tokio::test]
async fn a_straggler_whose_refusal_comes_after_the_new_token_shares_it() {
    let bench = Bench::<Infallible>::new();
    let dead = bench.get(7, Need::Any).await;
    dead.brought_document();
    let new = bench.get(7, Need::NewerThan(dead.id())).await;
    bench.clock.advance(seconds(1));
    assert!(Arc::ptr_eq(&new, &bench.get(7, Need::NewerThan(dead.id())).await));
    assert_eq!(bench.requests(), 2);
}

#[tokio::test]
async fn everybody_who_waited_gets_the_error_and_the_next_asks_again() {
    let bench = Bench::<&'static str>::new();
    let failing = || async {
        bench.requests.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        Err("rejected")
    };
    let all = join_all((0..40).map(|_| bench.cache.get(7, Need::Any, failing))).await;
    assert!(all.iter().all(|result| matches!(result, Err("rejected"))));
    assert_eq!(bench.requests(), 1);
    bench.get(7, Need::Any).await;
    assert_eq!(bench.requests(), 2);
}

#[tokio::test]
async fn a_task_of_its_own_may_ask() {
    let bench = Arc::new(Bench::<Infallible>::new());
    let task = tokio::spawn({
        let bench = Arc::clone(&bench);
        async move { bench.get(7, Need::Any).await.id() }
    });
    assert_eq!(task.await.unwrap(), bench.get(7, Need::Any).await.id());
}

#[tokio::test]
async fn accounts_do_not_wait_for_each_other() {
    let bench = Bench::<Infallible>::new();
    let mut hanging = Box::pin(bench.cache.get(1, Need::Any, pending));
    assert!((&mut hanging).now_or_never().is_none());
    assert!(bench.get(2, Need::Any).now_or_never().is_some());
}

#[tokio::test]
async fn a_cancelled_leader_leaves_the_request_to_the_next() {
    let bench = Bench::<Infallible>::new();
    let mut leader = Box::pin(bench.cache.get(7, Need::Any, pending));
    assert!((&mut leader).now_or_never().is_none());
    let mut next = Box::pin(bench.get(7, Need::Any));
    assert!((&mut next).now_or_never().is_none());
    drop(leader);
    assert!(next.now_or_never().is_some());
}

#[tokio::test]
async fn a_token_is_renewed_when_a_minute_of_its_life_is_left_and_serves_meanwhile() {
    let bench = Bench::<Infallible>::new();
    let old = bench.get(7, Need::Any).await;
    bench.clock.advance(seconds(LIFE - 61));
    assert!(Arc::ptr_eq(&old, &bench.get(7, Need::Any).await));
    bench.clock.advance(seconds(1));
    let mut renewing = Box::pin(bench.cache.get(7, Need::Any, pending));
    assert!((&mut renewing).now_or_never().is_none());
    assert!(Arc::ptr_eq(&old, &bench.get(7, Need::Any).now_or_never().unwrap()));
    drop(renewing);
    bench.clock.advance(PAUSE);
    assert!(!Arc::ptr_eq(&old, &bench.get(7, Need::Any).await));
}

#[tokio::test]
async fn an_expired_token_is_not_used_after_a_long_sleep() {
    let bench = Bench::<Infallible>::new();
    let old = bench.get(7, Need::Any).await;
    bench.clock.advance(seconds(1200));
    assert!(!Arc::ptr_eq(&old, &bench.get(7, Need::Any).await));
}

#[tokio::test]
async fn tokens_that_are_born_dead_cost_two_requests_a_minute() {
    let bench = Bench::<Infallible>::new();
    for _ in 0..600 {
        bench.get_living(7, Need::Any, 0).await;
        bench.clock.advance(Duration::from_millis(100));
    }
    assert_eq!(bench.requests(), 2);
}

#[tokio::test]
async fn a_refused_token_that_never_worked_is_replaced_after_half_a_minute() {
    let bench = Bench::<Infallible>::new();
    let need = Need::NewerThan(bench.get(7, Need::Any).await.id());
    bench.clock.advance(seconds(10));
    assert_eq!(bench.cache.delay(7, need), seconds(20));
    let mut waiting = Box::pin(bench.get(7, need));
    assert!((&mut waiting).now_or_never().is_none());
    bench.clock.advance(seconds(20));
    assert_eq!(bench.cache.delay(7, need), Duration::ZERO);
    waiting.await;
    assert_eq!(bench.requests(), 2);
}

#[tokio::test]
async fn a_greater_not_before_policy_revokes_the_tenants_older_tokens() {
    let bench = Bench::<Infallible>::new();
    let old = bench.get_with_policy(1, 100).await;
    old.brought_document();
    bench.get_with_policy(2, 200).await;
    assert!(!Arc::ptr_eq(&old, &bench.get_with_policy(1, 200).await));
}

#[tokio::test]
async fn a_policy_of_a_single_user_does_not_make_the_others_ask_for_ever() {
    let bench = Bench::<Infallible>::new();
    bench.get_with_policy(1, 100).await.brought_document();
    bench.get_with_policy(2, 200).await.brought_document();
    for _ in 0..10 {
        bench.get_with_policy(1, 100).await.brought_document();
        bench.get_with_policy(2, 200).await.brought_document();
    }
    assert_eq!(bench.requests(), 3);
}

#[tokio::test]
async fn accounts_whose_tokens_are_dead_are_dropped() {
    let bench = Bench::<Infallible>::new();
    for account in 0..10_000 {
        bench.get(account, Need::Any).await;
        bench.clock.advance(seconds(1));
    }
    assert!(bench.cache.state().accounts.len() <= MOST_IDLE);
}

#[tokio::test]
async fn of_many_accounts_whose_tokens_live_those_stay_that_were_needed_last() {
    let bench = Bench::<Infallible>::new();
    for account in 1..=5_000 {
        bench.get(account, Need::Any).await.brought_document();
        // One account that is needed all the time, among those that are needed once.
        bench.get(0, Need::Any).await.brought_document();
        bench.clock.advance(Duration::from_millis(100));
        assert!(bench.cache.state().accounts.len() <= MOST_IDLE);
    }
    assert_eq!(bench.requests(), 5_001);
    bench.get(5_000, Need::Any).await;
    assert_eq!(bench.requests(), 5_001);
}

#[tokio::test]
async fn a_token_that_never_brought_a_document_stays_for_its_pause_however_many_there_are() {
    let bench = Bench::<Infallible>::new();
    for account in 0..5_000 {
        bench.get(account, Need::Any).await;
    }
    assert_eq!(bench.cache.state().accounts.len(), 5_000);
    bench.clock.advance(PAUSE);
    for account in 5_000..20_000 {
        bench.get(account, Need::Any).await.brought_document();
    }
    assert!(bench.cache.state().accounts.len() <= MOST_IDLE);
}

proptest! {
    #[test]
    fn whatever_is_refused_and_whenever_an_account_is_asked_for_at_most_twice_a_minute_unless_documents_came(
        steps in proptest::collection::vec((0u64..20, any::<bool>(), 0u64..LIFE), 1..200)
    ) {
        let bench = Bench::<Infallible>::new();
        let mut asked = Vec::new();
        let mut last = None;
        for (pause, refuse, life) in steps {
            bench.clock.advance(seconds(pause));
            let need = last.filter(|_| refuse).map_or(Need::Any, Need::NewerThan);
            let before = bench.requests();
            last = bench.get_living(7, need, life).now_or_never().map(|token| token.id()).or(last);
            asked.extend((before..bench.requests()).map(|_| bench.clock.elapsed()));
        }
        for pair in asked.windows(2) {
            prop_assert!(pair[1] - pair[0] >= PAUSE);
        }
    }
}

//! The tokens of one tenant's accounts: who gets the one at hand, who asks for a new one, who waits.
//!
//! One request at a time for an account, whoever needs it: the vendor's Keycloak locks users who seem to guess. Nothing is written to disk. How
//! a token is asked for is the caller's closure, so that this knows neither HTTP nor retries.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::token::{Token, TokenId};
use crate::clock::Clock;

/// Shortest time between two tokens of an account where nothing proves that the older one ever worked.
const PAUSE: Duration = Duration::from_secs(30);

/// So many accounts' tokens are kept where they are not all in use: 1.5 MB of the vendor's. With more, whoever was not asked for longest logs in again.
const MOST_IDLE: usize = 1024;

/// What a fetch asks of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// One that is alive.
    Any,
    /// One that was issued after this one, which was refused.
    ///
    /// Of forty requests that a dying token takes down, those whose refusal arrives when the next token is here already share it: its being refused
    /// too is a verdict only if it was issued after the first refusal, which [`Token::issued_at`] tells.
    NewerThan(TokenId),
}

/// Tokens of one tenant by the index of their account. `E` is how asking for one fails; everybody who waited for that answer gets it.
pub struct TokenCache<E> {
    clock: Clock,
    state: Mutex<State<E>>,
}

struct State<E> {
    accounts: HashMap<u32, Arc<Account<E>>>,
    /// The `not-before-policy` that the tenant's newest token came with; tokens that came with a lower one are revoked. It falls again when a newer
    /// token comes with a lower one: what was seen was a single user's policy then, not the tenant's.
    policy: i64,
    /// How many entries there may be until those are dropped that nobody needs.
    sweep_at: usize,
}

struct Account<E> {
    /// Held by the one who asks; the others queue for it.
    flight: tokio::sync::Mutex<()>,
    held: Mutex<Held<E>>,
}

struct Held<E> {
    token: Option<Arc<Token>>,
    /// When somebody needed it last.
    needed_at: Duration,
    /// When a token was asked for last, with or without success.
    asked_at: Option<Duration>,
    /// How many requests have ended, and the error of the last one if it was one.
    flights: u64,
    error: Option<E>,
}

/// What is to be done for one need.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Use,
    /// Ask for a new one; who needs one meanwhile takes the old.
    RenewAhead,
    /// Ask for a new one; who needs one meanwhile waits for it.
    Renew,
    Wait(Duration),
}

impl<E: Clone> TokenCache<E> {
    /// An empty cache for one tenant.
    pub fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::new(State { accounts: HashMap::new(), policy: 0, sweep_at: MOST_IDLE }) }
    }

    /// A token for `account`, at hand or from `generate`, which exactly one of those who need it at once runs.
    ///
    /// May wait up to 30 s before a token that never worked is replaced; [`delay`](Self::delay) tells beforehand. When the one who asks is
    /// cancelled, the next in the queue asks.
    ///
    /// # Errors
    /// What `generate` failed with, here or in the request that this call waited for.
    pub async fn get<F>(&self, account: u32, need: Need, generate: impl FnOnce() -> F) -> Result<Arc<Token>, E>
    where
        F: Future<Output = Result<Token, E>>,
    {
        let entry = self.entry(account);
        let seen = entry.held().flights;
        loop {
            // What came since this call began was issued after anything that the caller knows to be refused.
            if let Some(outcome) = entry.held().outcome_since(seen) {
                return outcome;
            }
            let _flight = match self.step(&entry, need) {
                (Step::Use, Some(token)) => return Ok(token),
                (Step::RenewAhead, Some(token)) => match entry.flight.try_lock() {
                    Ok(flight) => flight,
                    Err(_) => return Ok(token),
                },
                (Step::Wait(time), _) => {
                    self.clock.sleep(time).await;
                    continue;
                }
                _ => entry.flight.lock().await,
            };
            if entry.held().flights == seen {
                return self.ask(&entry, generate).await;
            }
        }
    }

    /// How long [`get`](Self::get) would wait before it asks for a token; zero where it has one or may ask at once. Lets a fetch give its place
    /// to another meanwhile.
    pub fn delay(&self, account: u32, need: Need) -> Duration {
        match self.step(&self.entry(account), need).0 {
            Step::Wait(time) => time,
            _ => Duration::ZERO,
        }
    }

    /// Whether [`get`](Self::get) would give the token at hand and have nobody ask for a new one.
    pub fn is_at_hand(&self, account: u32, need: Need) -> bool {
        self.step(&self.entry(account), need).0 == Step::Use
    }

    /// Drops an account's token: it has no more fetches, or its credentials have changed.
    pub fn forget(&self, account: u32) {
        self.state().accounts.remove(&account);
    }

    async fn ask<F>(&self, entry: &Account<E>, generate: impl FnOnce() -> F) -> Result<Arc<Token>, E>
    where
        F: Future<Output = Result<Token, E>>,
    {
        entry.held().asked_at = Some(self.clock.elapsed());
        let result = generate().await.map(Arc::new);
        if let Ok(token) = &result {
            self.state().policy = token.not_before_policy();
        }
        entry.held().land(&result);
        result
    }

    fn step(&self, entry: &Account<E>, need: Need) -> (Step, Option<Arc<Token>>) {
        let policy = self.state().policy;
        let held = entry.held();
        let step = match &held.token {
            None => Step::Renew,
            Some(token) => decide(token, held.asked_at.unwrap_or_default(), policy, need, self.clock.elapsed()),
        };
        (step, held.token.clone())
    }

    fn entry(&self, account: u32) -> Arc<Account<E>> {
        let (mut state, now) = (self.state(), self.clock.elapsed());
        if state.accounts.len() >= state.sweep_at {
            state.sweep(now);
        }
        let entry = Arc::clone(state.accounts.entry(account).or_default());
        entry.held().needed_at = now;
        entry
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> State<E> {
    /// Drops the accounts that nobody uses and whose token is dead, and of the others those that were needed longest ago, so that a hundred thousand
    /// accounts do not keep as many tokens. One that never brought a document stays for its pause, during which no other is asked for.
    fn sweep(&mut self, now: Duration) {
        let of_use = |token: &Arc<Token>| now < token.expires_at().max(token.issued_at() + PAUSE);
        self.accounts.retain(|_, entry| Arc::strong_count(entry) > 1 || entry.held().token.as_ref().is_some_and(of_use));
        let may_go =
            |entry: &Arc<Account<E>>| Arc::strong_count(entry) == 1 && entry.held().token.as_ref().is_some_and(|token| token.may_go(now));
        let mut idle: Vec<_> =
            self.accounts.iter().filter(|(_, entry)| may_go(entry)).map(|(account, entry)| (entry.held().needed_at, *account)).collect();
        idle.sort_unstable();
        // Half of them at once, or there would be a sweep for each that comes.
        let too_many = self.accounts.len().saturating_sub(MOST_IDLE / 2);
        for (_, account) in idle.into_iter().take(too_many) {
            self.accounts.remove(&account);
        }
        self.sweep_at = MOST_IDLE.max(self.accounts.len() * 2);
    }
}

impl<E> Account<E> {
    fn held(&self) -> MutexGuard<'_, Held<E>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> Default for Account<E> {
    fn default() -> Self {
        Self {
            flight: tokio::sync::Mutex::default(),
            held: Mutex::new(Held { token: None, needed_at: Duration::ZERO, asked_at: None, flights: 0, error: None }),
        }
    }
}

impl<E: Clone> Held<E> {
    fn outcome_since(&self, seen: u64) -> Option<Result<Arc<Token>, E>> {
        if self.flights == seen {
            return None;
        }
        self.error.clone().map(Err).or_else(|| self.token.clone().map(Ok))
    }

    fn land(&mut self, result: &Result<Arc<Token>, E>) {
        self.flights += 1;
        self.error = result.as_ref().err().cloned();
        if let Ok(token) = result {
            self.token = Some(Arc::clone(token));
        }
    }
}

/// The rules of `DESIGN.md`, "Tokens".
fn decide(token: &Token, asked_at: Duration, policy: i64, need: Need, now: Duration) -> Step {
    let next_at = token.issued_at() + PAUSE;
    let refused = matches!(need, Need::NewerThan(refused) if token.id() <= refused);
    if refused || policy > token.not_before_policy() {
        return match next_at.saturating_sub(now) {
            wait if token.has_brought_document() || wait.is_zero() => Step::Renew,
            wait if refused => Step::Wait(wait),
            _ => Step::Use,
        };
    }
    let left = token.expires_at().saturating_sub(now);
    let margin = (token.lifetime() / 10).min(Duration::from_secs(60));
    match () {
        // Below this line it is too old, but a server that gives out dead tokens must not be asked in a ring.
        () if left > margin || now < next_at => Step::Use,
        () if left.is_zero() => Step::Renew,
        () if now < asked_at + PAUSE => Step::Use,
        () => Step::RenewAhead,
    }
}

impl Token {
    /// Whether another one may be asked for at once.
    fn may_go(&self, now: Duration) -> bool {
        self.has_brought_document() || now >= self.issued_at() + PAUSE
    }
}

#[cfg(test)]
mod tests;

//! The tokens that were issued, and who locked himself out. Tells only yes or no: why a token is not valid, the contract never says.

use std::{collections::HashMap, io, time::Duration};

use super::chance::Chance;

/// Failures that lock a user, as Keycloak's brute-force protection has it by default.
const FAILURES_UNTIL_LOCKED: u32 = 30;

/// Issued tokens and failed logins.
#[derive(Debug)]
pub(super) struct Tokens {
    lifetime: Duration,
    grants: HashMap<String, Grant>,
    /// Grants after which the expired ones are thrown away; doubled each time, so that it costs nothing on average.
    sweep_at: usize,
    /// Unix seconds; a token that was issued before is revoked.
    not_before: i64,
    failures: HashMap<usize, u32>,
    served: u64,
    revoke_after: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Grant {
    account: usize,
    /// On the monotonic clock.
    expires: Duration,
}

/// What a login gave.
#[derive(Debug)]
pub(super) struct Issued {
    pub access_token: String,
    pub refresh_token: String,
    pub session: String,
    pub not_before: i64,
}

impl Tokens {
    /// No tokens yet; `now` in Unix seconds.
    pub fn new(lifetime: Duration, revoke_after: Option<u64>, now: i64) -> Self {
        // An hour ago, as in a realm whose administrator once revoked everything.
        let not_before = now - 3600;
        Self { lifetime, grants: HashMap::new(), sweep_at: 1024, not_before, failures: HashMap::new(), served: 0, revoke_after }
    }

    /// A new token for the account, whose failures are forgotten.
    pub fn issue(&mut self, account: usize, chance: &mut Chance, elapsed: Duration) -> io::Result<Issued> {
        self.failures.remove(&account);
        self.sweep(elapsed);
        let access_token = jwt(chance)?;
        self.grants.insert(access_token.clone(), Grant { account, expires: elapsed + self.lifetime });
        Ok(Issued { access_token, refresh_token: jwt(chance)?, session: chance.uuid()?, not_before: self.not_before })
    }

    /// The account of a token that was issued here, has not expired and was not revoked.
    pub fn account(&self, access_token: &str, elapsed: Duration) -> Option<usize> {
        self.grants.get(access_token).filter(|grant| elapsed < grant.expires).map(|grant| grant.account)
    }

    /// Counts a failed login.
    pub fn failed(&mut self, account: usize) {
        *self.failures.entry(account).or_default() += 1;
    }

    /// Whether the right password no longer helps.
    pub fn locked(&self, account: usize) -> bool {
        self.failures.get(&account).is_some_and(|failures| *failures >= FAILURES_UNTIL_LOCKED)
    }

    /// Counts a document that was served, and revokes all tokens where it was the one to do so after; `now` in Unix seconds.
    pub fn served(&mut self, now: i64) {
        self.served += 1;
        if Some(self.served) == self.revoke_after {
            self.grants.clear();
            self.not_before = now.max(self.not_before + 1);
        }
    }

    fn sweep(&mut self, elapsed: Duration) {
        if self.grants.len() >= self.sweep_at {
            self.grants.retain(|_, grant| elapsed < grant.expires);
            self.sweep_at = self.grants.len().max(512) * 2;
        }
    }
}

/// Letters in the shape of a JSON web token (RFC 7519), which a client has no business to read.
fn jwt(chance: &mut Chance) -> io::Result<String> {
    Ok(format!("ey{}.ey{}.{}", chance.letters(34)?, chance.letters(86)?, chance.letters(43)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(900);

    #[test]
    fn a_token_lives_until_the_last_moment_of_its_life() {
        let mut tokens = Tokens::new(LIFE, None, 0);
        let issued = tokens.issue(4, &mut Chance::new(Some(1)), Duration::ZERO).unwrap();
        assert_eq!(tokens.account(&issued.access_token, LIFE - Duration::from_millis(1)), Some(4));
        assert_eq!(tokens.account(&issued.access_token, LIFE), None);
    }

    #[test]
    fn expired_tokens_do_not_pile_up() {
        let mut tokens = Tokens::new(LIFE, None, 0);
        let mut chance = Chance::new(Some(1));
        for second in 0..10_000 {
            tokens.issue(0, &mut chance, Duration::from_secs(second)).unwrap();
        }
        assert!(tokens.grants.len() < 3000, "{}", tokens.grants.len());
    }

    #[test]
    fn thirty_failures_lock_and_a_success_before_forgets_them() {
        let mut tokens = Tokens::new(LIFE, None, 0);
        (0..29).for_each(|_| tokens.failed(1));
        tokens.issue(1, &mut Chance::new(Some(1)), Duration::ZERO).unwrap();
        (0..29).for_each(|_| tokens.failed(1));
        assert!(!tokens.locked(1));
        tokens.failed(1);
        assert!(tokens.locked(1) && !tokens.locked(2));
    }

    #[test]
    fn a_revocation_happens_once_and_is_newer_than_what_was_before() {
        let mut tokens = Tokens::new(LIFE, Some(1), 5000);
        let mut chance = Chance::new(Some(1));
        let first = tokens.issue(0, &mut chance, Duration::ZERO).unwrap();
        tokens.served(0);
        assert_eq!(tokens.account(&first.access_token, Duration::ZERO), None);
        let second = tokens.issue(0, &mut chance, Duration::ZERO).unwrap();
        tokens.served(0);
        assert!(second.not_before > first.not_before);
        assert_eq!(tokens.account(&second.access_token, Duration::ZERO), Some(0));
    }
}

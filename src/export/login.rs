//! Getting a token for an account: within its tenant's pace, recorded, and never once more after a rejection.

use std::{sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;

use crate::{
    clock::Millis,
    domain::{AccountId, AttemptId, AttemptKind, Outcome, Reason},
    edvak::{Credentials, Endpoint, Exchange, Need, Place, Signal, Token},
    failpoint,
    store::{
        accounts,
        accounts::{Suspended, Suspension},
        attempts, tenants,
    },
};

use super::{
    life::backoff,
    login_gate::Leave,
    roster::Account,
    rules::{AfterLogin, is_outage},
    tenant::{NoToken, TenantRun, later},
};

/// Token requests in a row that may fail before the tenant rests.
const MOST_FAILURES: u32 = 3;
/// After how long one more login is tried; the last step repeats. Keycloak locks a user after 30 failures by default.
const LOGIN_PAUSES: [Duration; 3] = [Duration::from_secs(3_600), Duration::from_secs(4 * 3_600), Duration::from_secs(23 * 3_600)];

impl TenantRun {
    /// A token for the account, the one at hand or a new one.
    pub async fn token(&self, account: AccountId, need: Need, place: &Place) -> Result<Arc<Token>, NoToken> {
        let Some((index, login)) = self.accounts.get(&account) else { return Err(NoToken::LeftAlone) };
        self.tokens.get(*index, need, || self.log_in(account, login, place)).await
    }

    /// Asks for a token until there is one, the account or the tenant is to be left alone, or the run ends.
    async fn log_in(&self, account: AccountId, login: &Account, place: &Place) -> Result<Token, NoToken> {
        loop {
            if !self.may_ask(account) {
                return Err(NoToken::LeftAlone);
            }
            let stop = &self.shared.stop;
            let leave = stop.or(self.gate.enter()).await.ok_or(NoToken::Stopping)?.ok_or(NoToken::LeftAlone)?;
            let within = stop.or(self.client.tokens().place_within(place)).await.ok_or(NoToken::Stopping)?;
            stop.or(self.client.tokens().turn()).await.ok_or(NoToken::Stopping)?;
            // Another account's answer may have stopped the tenant while this one queued.
            if !self.may_ask(account) {
                return Err(NoToken::LeftAlone);
            }
            if !self.client.circuit().lets(place) {
                return Err(NoToken::HeldBack);
            }
            let (attempt, exchange) = self.ask_once(account, &login.credentials).await?;
            // Its consequences hold before the next one may be sent.
            let Judged { ended, consequence, verdict } = self.judge(account, login, leave, attempt, exchange);
            drop(within);
            self.record(attempt, ended, consequence).await?;
            match verdict {
                Verdict::Token(token) => return Ok(token),
                Verdict::LeftAlone => return Err(NoToken::LeftAlone),
                // A probe is one request, and what was sent before the breaker opened is not repeated behind it.
                Verdict::Again(_) if !self.client.circuit().is_closed() => return Err(NoToken::HeldBack),
                Verdict::Again(wait) => stop.or(self.shared.clock.sleep(wait)).await.ok_or(NoToken::Stopping)?,
            }
        }
    }

    async fn ask_once(&self, account: AccountId, credentials: &Credentials) -> Result<(AttemptId, Exchange<Token>), NoToken> {
        let (run, now) = (self.cursor.run, self.shared.clock.now_ms());
        let begin = self
            .shared
            .writer
            .write(Box::new(move |c| Box::pin(async move { attempts::begin_token(c, run, account, now).await.map(Some) })));
        let attempt = begin.await?;
        failpoint::pass("token_begun");
        self.progress.asked_for_token();
        let exchange = self.client.generate_token(credentials).await;
        failpoint::pass("token_answered");
        Ok((attempt, exchange))
    }

    /// Draws the consequences of what the server said for the account and the tenant.
    fn judge(&self, account: AccountId, login: &Account, leave: Leave<'_>, attempt: AttemptId, exchange: Exchange<Token>) -> Judged {
        self.note_heard(&exchange);
        let mut ended = attempts::Ended {
            duration: exchange.duration,
            http_status: exchange.http_status,
            outcome: Outcome::Ok,
            reason: None,
            detail: None,
            bytes: exchange.bytes,
        };
        let failure = match exchange.result {
            Ok(token) => {
                self.gate.accepted(leave);
                return Judged { ended, consequence: Consequence::Revive(self.accept(account)), verdict: Verdict::Token(token) };
            }
            Err(failure) => failure,
        };
        let after = AfterLogin::after(failure.reason);
        tracing::warn!(
            tenant = %self.tenant.name, account = %login.name, attempt = attempt.0, reason = %failure.reason, http_status = exchange.http_status,
            detail = failure.detail, "token request failed"
        );
        ended.reason = Some(failure.reason);
        ended.outcome = if after == AfterLogin::Retry { Outcome::Passing } else { Outcome::Permanent };
        ended.detail = Some(failure.detail);
        let (consequence, verdict) = match after {
            AfterLogin::SuspendAccount => (self.suspend(account, login, leave, failure.reason), Verdict::LeftAlone),
            AfterLogin::SuspendTenant => (self.suspend_tenant(failure.reason), Verdict::LeftAlone),
            AfterLogin::TenantRests => (self.rest(failure.reason), Verdict::LeftAlone),
            AfterLogin::Retry => self.retry_or_rest(failure.reason, exchange.retry_after),
        };
        Judged { ended, consequence, verdict }
    }

    fn note_heard(&self, exchange: &Exchange<Token>) {
        use std::sync::atomic::Ordering::Relaxed;
        let reason = exchange.result.as_ref().err().map(|failure| failure.reason);
        self.client.heard(Signal::new(AttemptKind::Token, exchange, reason, self.shared.settings.retry.longest_retry_after));
        self.heard.tokens.fetch_add(1, Relaxed);
        if exchange.result.as_ref().err().is_none_or(|failure| !is_outage(failure.reason)) {
            self.heard.token_answer.store(true, Relaxed);
        }
    }

    /// A login was accepted: what was suspended is so no longer.
    fn accept(&self, account: AccountId) -> Vec<Suspended> {
        let mut standing = self.standing();
        standing.failed_logins = 0;
        let account = standing.suspended.remove(&account).map(|_| Suspended::Account(account));
        let tenant = standing.tenant_suspended.take().map(|_| Suspended::Tenant(self.id));
        account.into_iter().chain(tenant).collect()
    }

    fn suspend(&self, account: AccountId, login: &Account, leave: Leave<'_>, reason: Reason) -> Consequence {
        let now = self.shared.clock.now_ms();
        let mac = credentials_mac(&self.tenant.endpoint, &login.credentials);
        let mut standing = self.standing();
        let suspension = next_suspension(standing.suspended.get(&account), reason, mac, now);
        standing.suspended.insert(account, suspension.clone());
        standing.rejected_until.insert(account, self.shared.clock.elapsed() + LOGIN_PAUSES[0]);
        let rests = self.gate.rejected(leave).then_some(reason);
        if rests.is_some() {
            standing.tenant_rests = rests;
            tracing::warn!(tenant = %self.tenant.name, %reason, "too many accounts are rejected and none is accepted: the tenant rests for this run");
        }
        Consequence::Suspend(Suspended::Account(account), suspension, rests)
    }

    fn suspend_tenant(&self, reason: Reason) -> Consequence {
        let now = self.shared.clock.now_ms();
        let mut standing = self.standing();
        let suspension = next_suspension(standing.tenant_suspended.as_ref(), reason, client_mac(&self.tenant.endpoint), now);
        standing.tenant_suspended = Some(suspension.clone());
        standing.tenant_rests = Some(reason);
        Consequence::Suspend(Suspended::Tenant(self.id), suspension, None)
    }

    fn rest(&self, reason: Reason) -> Consequence {
        self.standing().tenant_rests = Some(reason);
        Consequence::Rest(reason)
    }

    fn retry_or_rest(&self, reason: Reason, retry_after: Option<Duration>) -> (Consequence, Verdict) {
        let failures = {
            let mut standing = self.standing();
            standing.failed_logins += 1;
            standing.failed_logins
        };
        if failures >= MOST_FAILURES {
            return (self.rest(reason), Verdict::LeftAlone);
        }
        let policy = &self.shared.settings.retry;
        let wait = backoff(failures, policy, self.shared.jitter()).max(retry_after.unwrap_or_default().min(policy.longest_retry_after));
        (Consequence::None, Verdict::Again(wait))
    }

    async fn record(&self, attempt: AttemptId, ended: attempts::Ended, consequence: Consequence) -> Result<(), NoToken> {
        let (tenant, now) = (self.id, self.shared.clock.now_ms());
        self.shared
            .writer
            .write(Box::new(move |c| {
                Box::pin(async move {
                    attempts::end_token(c, attempt, &ended).await?;
                    match consequence {
                        Consequence::None => {}
                        Consequence::Revive(who) => {
                            for who in who {
                                accounts::revive(c, who).await?;
                            }
                        }
                        Consequence::Suspend(who, suspension, rests) => {
                            accounts::suspend(c, who, &suspension, now).await?;
                            if let Some(reason) = rests {
                                tenants::rest(c, tenant, reason, now).await?;
                            }
                        }
                        Consequence::Rest(reason) => tenants::rest(c, tenant, reason, now).await?,
                    }
                    Ok(Some(()))
                })
            }))
            .await?;
        failpoint::pass("token_recorded");
        Ok(())
    }
}

/// What a token request came to: its row's end, what it changes in the database, and what it leads to.
struct Judged {
    ended: attempts::Ended,
    consequence: Consequence,
    verdict: Verdict,
}

/// What a token request leads to for the one who asked.
enum Verdict {
    Token(Token),
    LeftAlone,
    Again(Duration),
}

/// What a token request changes in the database beside its own row.
enum Consequence {
    None,
    Revive(Vec<Suspended>),
    Suspend(Suspended, Suspension, Option<Reason>),
    Rest(Reason),
}

/// The suspension after one more rejection of the same credentials; others begin anew.
fn next_suspension(before: Option<&Suspension>, reason: Reason, mac: Vec<u8>, now: Millis) -> Suspension {
    let rejections = before.filter(|before| before.rejected_mac == mac).map_or(0, |before| before.rejections) + 1;
    let next_try_at = latest_try(rejections, now);
    Suspension { state_reason: reason.as_str().to_owned(), next_try_at, rejections, rejected_mac: mac }
}

/// When one more login is tried after so many rejections in a row, the last of them at `now`.
pub(super) fn latest_try(rejections: i64, now: Millis) -> Millis {
    let step = usize::try_from(rejections - 1).unwrap_or(0).min(LOGIN_PAUSES.len() - 1);
    later(now, LOGIN_PAUSES[step])
}

/// Tells changed credentials from the rejected ones without keeping either: the key is the client's secret, which is not in the database.
pub(super) fn credentials_mac(endpoint: &Endpoint, credentials: &Credentials) -> Vec<u8> {
    mac(endpoint, &[credentials.username.expose_secret(), credentials.password.expose_secret()])
}

/// The same for the client itself.
pub(super) fn client_mac(endpoint: &Endpoint) -> Vec<u8> {
    mac(endpoint, &[&endpoint.client_id])
}

fn mac(endpoint: &Endpoint, parts: &[&str]) -> Vec<u8> {
    let key = endpoint.client_secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        // Each with its length, so that no two pairs run together.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().to_vec()
}

//! One tenant in one run: what its loop, its pulls and its logins share, and who of it may be asked.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32},
    },
    time::Duration,
};

use chrono::NaiveDate;
use tokio::sync::watch;

use crate::{
    clock::{Clock, Millis},
    domain::{AccountId, FetchId, Reason, TenantId},
    edvak::{Need, TenantClient, TokenCache, TokenId},
    store::{
        StoreError, WriterHandle,
        accounts::Suspension,
        backfills::ComingUp,
        fetches::{Candidate, Cursor},
    },
};

use super::{
    RunSettings, Stop, Tenant, desk::Desk, login_gate::LoginGate, paces::Shown, progress::TenantProgress, roster::Account,
    suspicion::Suspicion,
};

/// What all tenants of a run share.
#[derive(Debug)]
pub(super) struct Shared {
    pub clock: Clock,
    pub writer: WriterHandle,
    pub desk: Desk,
    pub readers: sqlx::SqlitePool,
    pub stop: Stop,
    pub settings: RunSettings,
    pub dice: Mutex<fastrand::Rng>,
    /// When the deadline is, on the monotonic clock.
    pub ends_at: Duration,
    pub shown: Shown,
}

/// One tenant in one run.
pub(super) struct TenantRun {
    pub shared: Arc<Shared>,
    pub id: TenantId,
    pub tenant: Tenant,
    pub client: TenantClient,
    pub tokens: TokenCache<NoToken>,
    pub gate: LoginGate,
    pub progress: Arc<TenantProgress>,
    /// The roster's accounts by their rows, with their place in the roster.
    pub accounts: HashMap<AccountId, (u32, Account)>,
    /// Where its work begins.
    pub cursor: Cursor,
    /// Whether all of its night is planned; told anew when more of it is.
    pub planned: watch::Sender<bool>,
    /// What of a backfill has not come up yet.
    pub backlog: Option<ComingUp>,
    pub standing: Mutex<Standing>,
    pub heard: Heard,
}

/// Who of the tenant is left alone, and what is suspected. Changed between awaits only.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// For the rest of this run.
    pub tenant_rests: Option<Reason>,
    pub resting: HashSet<AccountId>,
    pub suspended: HashMap<AccountId, Suspension>,
    /// Until when, on the monotonic clock, an account that this run saw rejected makes no request: a wall clock that jumps ahead ends no pause.
    pub rejected_until: HashMap<AccountId, Duration>,
    pub tenant_suspended: Option<Suspension>,
    pub suspicion: Suspicion,
    /// Fetches whose body was refused in this run, and for which token it had come.
    pub refused: HashMap<FetchId, TokenId>,
    /// Token requests in a row that failed in a way that passes.
    pub failed_logins: u32,
}

/// What the tenant's answers were like, to tell an outage from bad luck.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub documents: AtomicU32,
    pub tokens: AtomicU32,
    /// A document request had another end than 5xx, `edge` or network errors.
    pub document_answer: AtomicBool,
    /// The same of a token request.
    pub token_answer: AtomicBool,
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoToken {
    /// The account or its tenant is left alone; its row says why.
    LeftAlone,
    /// A breaker is open: not now.
    HeldBack,
    /// The run ends.
    Stopping,
    /// The database ended the run.
    WriterGone,
}

impl TenantRun {
    /// Whether the tenant may be asked now: not resting, and not suspended until later.
    pub fn may_ask_tenant(&self) -> bool {
        let now = self.shared.clock.now_ms();
        let standing = self.standing();
        standing.tenant_rests.is_none() && standing.tenant_suspended.as_ref().is_none_or(|suspension| suspension.next_try_at <= now)
    }

    /// Whether the account may be used now: it and its tenant neither rest nor are suspended until later.
    pub fn may_ask(&self, account: AccountId) -> bool {
        let (now, elapsed) = (self.shared.clock.now_ms(), self.shared.clock.elapsed());
        let may_ask_account = |standing: &Standing| {
            !standing.resting.contains(&account)
                && standing.suspended.get(&account).is_none_or(|suspension| suspension.next_try_at <= now)
                && standing.rejected_until.get(&account).is_none_or(|until| *until <= elapsed)
        };
        self.may_ask_tenant() && may_ask_account(&self.standing())
    }

    /// What a fetch needs of a token: the one more try after a refused body goes with a new one, because a login page may be what a dead one gets.
    pub fn token_need(&self, fetch: FetchId) -> Need {
        self.standing().refused.get(&fetch).copied().map_or(Need::Any, Need::NewerThan)
    }

    /// How long the fetch would have to wait for its token.
    pub fn token_delay(&self, candidate: &Candidate) -> Duration {
        let account = self.accounts.get(&candidate.account);
        account.map_or(Duration::ZERO, |(index, _)| self.tokens.delay(*index, self.token_need(candidate.fetch)))
    }

    /// Whether the fetch has its token already, and nobody is to ask for the next one.
    pub fn has_token(&self, candidate: &Candidate) -> bool {
        let account = self.accounts.get(&candidate.account);
        account.is_some_and(|(index, _)| self.tokens.is_at_hand(*index, self.token_need(candidate.fetch)))
    }

    /// Lets the account's token go, because it has no more fetches.
    pub fn forget_token(&self, account: AccountId) {
        if let Some((index, _)) = self.accounts.get(&account) {
            self.tokens.forget(*index);
        }
    }

    /// The reason for which the account may not be used now.
    pub fn why_left_alone(&self, account: AccountId) -> Reason {
        let standing = self.standing();
        let suspension = standing.suspended.get(&account).or(standing.tenant_suspended.as_ref());
        let suspended = suspension.and_then(|suspension| suspension.state_reason.parse().ok());
        suspended.or(standing.tenant_rests).unwrap_or(Reason::Network)
    }

    pub fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The operator's name of an account, for logs.
    pub fn account_name(&self, account: AccountId) -> &str {
        self.accounts.get(&account).map_or("?", |(_, account)| &account.name.0)
    }

    /// Today, where the tenant is.
    pub fn today(&self) -> NaiveDate {
        self.shared.clock.now().with_timezone(&self.tenant.zone).date_naive()
    }

    /// Whether nothing but outages was heard of it, although it was asked; `None` when it was not asked.
    pub fn is_out(&self) -> Option<bool> {
        use std::sync::atomic::Ordering::Relaxed;
        let heard = &self.heard;
        match (heard.documents.load(Relaxed), heard.tokens.load(Relaxed)) {
            (0, 0) => None,
            (0, _) => Some(!heard.token_answer.load(Relaxed)),
            _ => Some(!heard.document_answer.load(Relaxed)),
        }
    }
}

impl From<StoreError> for NoToken {
    fn from(_: StoreError) -> Self {
        // The writer's own error ends the run and is told there.
        Self::WriterGone
    }
}

impl Shared {
    /// A random number in 0..1.
    pub fn jitter(&self) -> f64 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }
}

/// An instant as it stands in the database, so much later.
pub(super) fn later(now: Millis, wait: Duration) -> Millis {
    now + super::life::milliseconds(wait)
}

//! One tenant's part of a run: takes what is due there in order, keeps as many pulls in flight as there are places, and waits for what is due soon.
//!
//! Each tenant has a loop of its own, so that a slow or dead one delays no other.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32},
    },
    time::Duration,
};

use chrono::NaiveDate;
use tokio::task::JoinSet;

use crate::{
    clock::{Clock, Millis},
    domain::{AccountId, FetchId, Reason, TenantId},
    edvak::{Place, TenantClient, TokenCache, TokenId},
    store::{
        StoreError, WriterHandle,
        accounts::Suspension,
        fetches::{Candidate, Cursor, candidates, next_due, pull_in},
    },
};

use super::{
    RunError, RunSettings, Stop, Tenant, login::NoToken, progress::TenantProgress, pull::pull, roster::Account, suspicion::Suspicion,
};

/// Pulls of a tenant, those included whose answers wait to be committed. Their bodies are bounded apart, by the memory for all of them.
const MOST_PULLS: usize = 256;

/// What all tenants of a run share.
#[derive(Debug)]
pub(super) struct Shared {
    pub clock: Clock,
    pub writer: WriterHandle,
    pub readers: sqlx::SqlitePool,
    pub stop: Stop,
    pub settings: RunSettings,
    pub dice: Mutex<fastrand::Rng>,
    /// When the deadline is, on the monotonic clock.
    pub ends_at: Duration,
}

/// One tenant in one run.
pub(super) struct TenantRun {
    pub shared: Arc<Shared>,
    pub id: TenantId,
    pub tenant: Tenant,
    pub client: TenantClient,
    pub tokens: TokenCache<NoToken>,
    pub progress: Arc<TenantProgress>,
    /// The roster's accounts by their rows, with their place in the roster.
    pub accounts: HashMap<AccountId, (u32, Account)>,
    /// Where its work begins.
    pub cursor: Cursor,
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
    pub tenant_suspended: Option<Suspension>,
    pub suspicion: Suspicion,
    /// Fetches whose body was refused in this run, and for which token it had come.
    pub refused: HashMap<FetchId, TokenId>,
    /// Token requests in a row that failed in a way that passes.
    pub failed_logins: u32,
    pub rejected_accounts: u32,
    pub accepted_accounts: u32,
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

impl TenantRun {
    /// Works off what is due, until nothing is, or nothing soon enough, or the run ends.
    pub async fn work(self: Arc<Self>) -> Result<(), RunError> {
        let mut feed = Feed { cursor: self.cursor.clone(), page: VecDeque::new() };
        let mut pulls = Pulls::default();
        while self.may_go_on() {
            let Some(candidate) = feed.next(&self, &pulls).await? else {
                if self.wait_for_more(&self.cursor, &mut pulls).await? { continue } else { break }
            };
            // The place comes before the task: no task waits for one.
            let Some(place) = self.shared.stop.or(self.client.documents().place()).await else { break };
            if self.may_go_on() && self.may_ask(candidate.account) {
                pulls.start(Arc::clone(&self), candidate, place);
            }
            pulls.reap()?;
            while pulls.tasks.len() >= MOST_PULLS {
                pulls.next().await?;
            }
        }
        pulls.finish().await
    }

    /// Works off what earlier runs lost twice, one at a time, those that were lost least often first.
    pub async fn work_alone(&self) -> Result<(), RunError> {
        let from_the_start = Cursor { fragile: true, ..self.cursor.clone() };
        while self.may_go_on() {
            let now = self.shared.clock.now_ms();
            let mut page = candidates(&self.shared.readers, &mut from_the_start.clone(), now).await?;
            page.sort_by_key(|candidate| candidate.losses);
            for candidate in page {
                let Some(place) = self.shared.stop.or(self.client.documents().place()).await else { return Ok(()) };
                if self.may_go_on() && self.may_ask(candidate.account) {
                    tracing::warn!(
                        tenant = %self.tenant.name, fetch = candidate.fetch.0, losses = candidate.losses,
                        "earlier runs died while they held this fetch: it is tried alone"
                    );
                    pull(self, candidate, place).await?;
                }
            }
            if !self.wait_for_more(&from_the_start, &mut Pulls::default()).await? {
                break;
            }
        }
        Ok(())
    }

    /// Waits for a pull to end or a retry to become due; false when neither will happen soon enough.
    async fn wait_for_more(&self, cursor: &Cursor, pulls: &mut Pulls) -> Result<bool, RunError> {
        let now = self.shared.clock.now_ms();
        let due = next_due(&self.shared.readers, cursor, now).await?;
        let latest = later(now, self.shared.settings.retry.furthest());
        if due.is_some_and(|due| due > latest) {
            // The wall clock was set back: what was due in a moment is not to be due in an hour.
            let job = self.cursor.job.clone();
            let write = self.shared.writer.write(Box::new(move |c| Box::pin(async move { pull_in(c, &job, latest, now).await.map(Some) })));
            let fetches = write.await?;
            tracing::warn!(tenant = %self.tenant.name, fetches, "the clock was set back: due dates too far ahead are pulled in");
            return Ok(true);
        }
        let wait = due.map(|due| Duration::from_millis(u64::try_from(due - now).unwrap_or(0)));
        let left = self.shared.ends_at.saturating_sub(self.shared.clock.elapsed());
        let wait = wait.filter(|wait| *wait <= self.shared.settings.patience.min(left));
        if pulls.tasks.is_empty() {
            let Some(wait) = wait else { return Ok(false) };
            return Ok(self.shared.stop.or(self.shared.clock.sleep(wait)).await.is_some());
        }
        let retry = async {
            match wait {
                // At least a moment: what is due and still in a task's hands is not to be asked for in a ring.
                Some(wait) => self.shared.clock.sleep(wait.max(Duration::from_millis(10))).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = pulls.next() => ended?,
            () = retry => {}
            () = self.shared.stop.finishing() => {}
        }
        Ok(true)
    }

    fn may_go_on(&self) -> bool {
        !self.shared.stop.is_finishing() && self.standing().tenant_rests.is_none() && self.is_permitted_now()
    }

    /// Whether the tenant's local time lies in its permitted hours.
    fn is_permitted_now(&self) -> bool {
        let local = self.shared.clock.now().with_timezone(&self.tenant.zone);
        self.tenant.permitted_hours.is_none_or(|hours| hours.contain(local.time()))
    }

    /// Whether the account may be used now: not resting, and not suspended until later.
    pub fn may_ask(&self, account: AccountId) -> bool {
        let now = self.shared.clock.now_ms();
        let standing = self.standing();
        standing.tenant_rests.is_none()
            && !standing.resting.contains(&account)
            && standing.suspended.get(&account).is_none_or(|suspension| suspension.next_try_at <= now)
            && standing.tenant_suspended.as_ref().is_none_or(|suspension| suspension.next_try_at <= now)
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

impl Shared {
    /// A random number in 0..1.
    pub fn jitter(&self) -> f64 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }
}

/// What is due, a page in memory at a time.
struct Feed {
    cursor: Cursor,
    page: VecDeque<Candidate>,
}

impl Feed {
    /// The next fetch that is not in flight already.
    async fn next(&mut self, run: &TenantRun, pulls: &Pulls) -> sqlx::Result<Option<Candidate>> {
        loop {
            if let Some(candidate) = self.page.pop_front() {
                if pulls.has(candidate.fetch) {
                    continue;
                }
                return Ok(Some(candidate));
            }
            let now = run.shared.clock.now_ms();
            self.page = candidates(&run.shared.readers, &mut self.cursor, now).await?.into();
            if self.page.is_empty() {
                // The end: the next page is the first one again, for what has become due since.
                self.cursor.after = run.cursor.after;
                return Ok(None);
            }
        }
    }
}

/// The pulls in flight.
#[derive(Default)]
struct Pulls {
    tasks: JoinSet<(FetchId, Result<(), StoreError>)>,
    fetches: HashSet<FetchId>,
}

impl Pulls {
    fn has(&self, fetch: FetchId) -> bool {
        self.fetches.contains(&fetch)
    }

    fn start(&mut self, run: Arc<TenantRun>, candidate: Candidate, place: Place) {
        let fetch = candidate.fetch;
        self.fetches.insert(fetch);
        self.tasks.spawn(async move { (fetch, pull(&run, candidate, place).await) });
    }

    /// Takes note of those that have ended.
    fn reap(&mut self) -> Result<(), RunError> {
        while let Some(ended) = self.tasks.try_join_next() {
            self.note(ended)?;
        }
        Ok(())
    }

    /// Waits for one to end.
    async fn next(&mut self) -> Result<(), RunError> {
        match self.tasks.join_next().await {
            Some(ended) => self.note(ended),
            None => Ok(()),
        }
    }

    async fn finish(mut self) -> Result<(), RunError> {
        while !self.tasks.is_empty() {
            self.next().await?;
        }
        Ok(())
    }

    fn note(&mut self, ended: Result<(FetchId, Result<(), StoreError>), tokio::task::JoinError>) -> Result<(), RunError> {
        let (fetch, result) = ended.map_err(|panic| RunError::Panicked(panic.to_string()))?;
        self.fetches.remove(&fetch);
        Ok(result?)
    }
}

/// An instant as it stands in the database, so much later.
pub(super) fn later(now: Millis, wait: Duration) -> Millis {
    now + super::life::milliseconds(wait)
}

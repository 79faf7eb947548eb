//! The tenants of a run, ready to be asked: their clients, their accounts, who of them is suspended.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use sqlx::SqliteConnection;
use tokio::sync::watch;

use crate::{
    clock::Millis,
    domain::{AccountId, TenantId},
    edvak::{Edvak, TokenCache},
    store::{
        Session, accounts,
        accounts::{Suspended, Suspension},
        fetches::Cursor,
    },
};

use super::{
    Account, Progress, RunError, RunRequest, backlog,
    login::{client_mac, credentials_mac, latest_try},
    login_gate::LoginGate,
    night::Night,
    opening::Opened,
    tenant::{Heard, Shared, Standing, TenantRun},
};

/// No run sends more requests for a fetch than this, replays apart.
const MOST_SENDS: u32 = 5;

/// Who of the tenants and accounts is suspended when the run begins.
#[derive(Debug, Default)]
pub(super) struct Suspensions {
    accounts: HashMap<AccountId, Suspension>,
    tenants: HashMap<TenantId, Suspension>,
}

impl Suspensions {
    /// Reads them; whose credentials in the roster have changed may try again at once.
    pub async fn load(session: &mut Session, request: &RunRequest, opened: &Opened) -> sqlx::Result<Self> {
        let connection = &mut session.connection;
        let mut accounts = accounts::suspensions(connection).await?;
        let mut tenants = accounts::tenant_suspensions(connection).await?;
        let roster = &request.roster;
        let mut changed = Vec::new();
        for (account, row) in roster.accounts.iter().zip(&opened.rows.accounts) {
            let Some(suspension) = accounts.get_mut(row) else { continue };
            let endpoint = &roster.tenants[account.tenant as usize].endpoint;
            if suspension.rejected_mac != credentials_mac(endpoint, &account.credentials) {
                suspension.next_try_at = opened.started_at;
                changed.push(*row);
            }
        }
        for (tenant, row) in roster.tenants.iter().zip(&opened.rows.tenants) {
            let Some(suspension) = tenants.get_mut(row) else { continue };
            if suspension.rejected_mac != client_mac(&tenant.endpoint) {
                suspension.next_try_at = opened.started_at;
            }
        }
        accounts::allow_now(connection, &changed, opened.started_at).await?;
        let mut all = Self { accounts, tenants };
        all.pull_in(connection, opened.started_at).await?;
        Ok(all)
    }

    /// No pause is longer than it would be after a rejection at this moment: one that is was written by a clock that was ahead.
    async fn pull_in(&mut self, connection: &mut SqliteConnection, now: Millis) -> sqlx::Result<()> {
        let accounts = self.accounts.iter_mut().map(|(id, suspension)| (Suspended::Account(*id), suspension));
        let tenants = self.tenants.iter_mut().map(|(id, suspension)| (Suspended::Tenant(*id), suspension));
        for (who, suspension) in accounts.chain(tenants) {
            let latest = latest_try(suspension.rejections, now);
            if suspension.next_try_at > latest {
                suspension.next_try_at = latest;
                accounts::suspend(connection, who, suspension, now).await?;
                tracing::warn!(?who, "the clock was wrong in an earlier run: the next login of a suspended account is pulled in");
            }
        }
        Ok(())
    }
}

/// Makes each tenant of the roster ready to be asked, in the roster's order.
pub(super) fn prepare(
    request: &RunRequest,
    opened: &Opened,
    mut suspensions: Suspensions,
    shared: &Arc<Shared>,
    progress: &Progress,
) -> Result<Vec<Arc<TenantRun>>, RunError> {
    let edvak = Edvak::new(&request.http, shared.clock.clone()).map_err(|error| client_error("(all)", &error))?;
    let mut by_tenant = accounts_by_tenant(request, opened);
    let mut runs = Vec::with_capacity(request.roster.tenants.len());
    for (index, tenant) in request.roster.tenants.iter().enumerate() {
        let id = opened.rows.tenants[index];
        let accounts = std::mem::take(&mut by_tenant[index]);
        let standing = Standing {
            suspended: accounts.keys().filter_map(|id| Some((*id, suspensions.accounts.remove(id)?))).collect(),
            tenant_suspended: suspensions.tenants.remove(&id),
            ..Standing::default()
        };
        let client = edvak.tenant(&tenant.endpoint).map_err(|error| client_error(&tenant.name.0, &error))?;
        runs.push(Arc::new(TenantRun {
            shared: Arc::clone(shared),
            id,
            tenant: tenant.clone(),
            client,
            tokens: TokenCache::new(shared.clock.clone()),
            gate: LoginGate::new(),
            progress: Arc::clone(&progress.tenants()[index]),
            accounts,
            cursor: cursor(request, opened, id),
            planned: watch::Sender::new(opened.night.is_none()),
            backlog: backlog::of_tenant(request, opened, (tenant, id)),
            standing: Mutex::new(standing),
            heard: Heard::default(),
        }));
    }
    Ok(runs)
}

fn accounts_by_tenant(request: &RunRequest, opened: &Opened) -> Vec<HashMap<AccountId, (u32, Account)>> {
    let mut by_tenant = vec![HashMap::new(); request.roster.tenants.len()];
    for ((index, account), row) in (0u32..).zip(&request.roster.accounts).zip(&opened.rows.accounts) {
        by_tenant[account.tenant as usize].insert(*row, (index, account.clone()));
    }
    by_tenant
}

fn cursor(request: &RunRequest, opened: &Opened, tenant: TenantId) -> Cursor {
    Cursor {
        run: opened.id,
        narrowed: opened.narrowed,
        job: request.job.clone(),
        backfill: opened.backfill.map(|known| known.id),
        tenant,
        above: opened.night.as_ref().map_or(0, Night::highest_before),
        after: (Millis::MIN, 0),
        most_sends: MOST_SENDS,
        fragile: false,
        compares: request.settings.flatten,
    }
}

fn client_error(tenant: &str, error: &impl ToString) -> RunError {
    RunError::Client { tenant: tenant.to_owned(), message: error.to_string() }
}

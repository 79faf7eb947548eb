//! How much of a backfill has not come up yet, counted from its rule: no row stands for any of it.

use sqlx::{FromRow, SqliteConnection};

use crate::{
    domain::{FetchState, RunId, TenantId, Window},
    store::receipts::Count,
};

use super::{
    Known,
    pass::{Pass, pass},
};

/// What of a tenant has not become fetches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub tenant: String,
    /// Windows of patients that have not come up, at most: dates that a document holds already are not asked for.
    pub coming: u64,
    /// Windows that were passed by because the patient rests.
    pub resting: u64,
    /// Why the rest of it cannot be asked for at present; of `coming` as a whole.
    pub blocked_by: Option<String>,
    pub accounts: i64,
    pub account: Option<String>,
}

#[derive(FromRow)]
struct Tenant {
    id: i64,
    tenant: String,
    state_reason: Option<String>,
    patients: i64,
}

/// What is left of the backfill for the run's patients, by tenant; nothing for a tenant of which nothing is.
pub async fn left(connection: &mut SqliteConnection, known: &Known, (run, narrowed): (RunId, bool), job: &str) -> sqlx::Result<Vec<Left>> {
    let mut all = Vec::new();
    for tenant in tenants(connection, run, narrowed, job).await? {
        let Some(at) = pass(connection, known.id, TenantId(tenant.id)).await? else { continue };
        let unseen = if at.has_ended { 0 } else { unseen(connection, known, &at, &tenant, (run, narrowed), job).await? };
        let (coming, resting) = (unseen + unsigned(at.blocked), unsigned(at.resting));
        if coming + resting == 0 {
            continue;
        }
        // Where something comes up yet, or the tenant itself is left alone, single accounts are not the reason.
        let blocked = if tenant.state_reason.is_none() && unseen == 0 && coming > 0 {
            blocked_accounts(connection, TenantId(tenant.id), job).await?
        } else {
            Blocked { blocked_by: tenant.state_reason, accounts: 0, account: None }
        };
        let Blocked { blocked_by, accounts, account } = blocked;
        all.push(Left { tenant: tenant.tenant, coming, resting, blocked_by, accounts, account });
    }
    Ok(all)
}

impl Left {
    /// Adds what is coming to what has come up and was not tried, which a receipt does not tell apart.
    pub fn add_to(self, counts: &mut Vec<Count>) {
        let Self { tenant, coming, blocked_by, accounts, account, .. } = self;
        let (state, fetches) = (FetchState::Pending.as_str(), i64::try_from(coming).unwrap_or(i64::MAX));
        let alike =
            |count: &&mut Count| count.tenant == tenant && count.state == state && count.reason.is_none() && count.blocked_by == blocked_by;
        match counts.iter_mut().find(alike) {
            // What comes is of any account of the tenant.
            Some(count) if blocked_by.is_none() => {
                *count = Count { fetches: count.fetches + fetches, accounts: 0, account: None, ..count.clone() }
            }
            Some(count) => count.fetches += fetches,
            None if fetches > 0 => {
                counts.push(Count {
                    tenant,
                    state: state.to_owned(),
                    reason: None,
                    blocked_by,
                    fetches,
                    accounts,
                    account,
                    held: 0,
                    unchanged: 0,
                });
            }
            None => {}
        }
    }
}

async fn tenants(connection: &mut SqliteConnection, run: RunId, narrowed: bool, job: &str) -> sqlx::Result<Vec<Tenant>> {
    sqlx::query_as(
        "SELECT t.id, t.tenant, t.state_reason, count(*) AS patients
         FROM job_patients j JOIN tenants t ON t.id = j.tenant_id
         WHERE j.job = ?1 AND (NOT ?2 OR EXISTS (SELECT 1 FROM run_patients n WHERE n.run_id = ?3 AND n.patient_id = j.patient_id))
         GROUP BY t.id ORDER BY t.tenant",
    )
    .bind(job)
    .bind(narrowed)
    .bind(run.0)
    .fetch_all(connection)
    .await
}

/// Windows of patients that the pass has not come to.
async fn unseen(
    connection: &mut SqliteConnection,
    known: &Known,
    at: &Pass,
    tenant: &Tenant,
    (run, narrowed): (RunId, bool),
    job: &str,
) -> sqlx::Result<u64> {
    let in_this_window: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM job_patients j
         WHERE j.job = ?1 AND j.tenant_id = ?2 AND j.patient_id > ?3
           AND (NOT ?4 OR EXISTS (SELECT 1 FROM run_patients n WHERE n.run_id = ?5 AND n.patient_id = j.patient_id))",
    )
    .bind(job)
    .bind(tenant.id)
    .bind(at.patient.0)
    .bind(narrowed)
    .bind(run.0)
    .fetch_one(connection)
    .await?;
    let windows_after =
        std::iter::successors(known.backfill.next(at.up_to, at.window), |window: &Option<Window>| known.backfill.next(at.up_to, *window));
    Ok(unsigned(in_this_window) + windows_after.count() as u64 * unsigned(tenant.patients))
}

#[derive(FromRow)]
struct Blocked {
    blocked_by: Option<String>,
    accounts: i64,
    account: Option<String>,
}

/// Why accounts of the tenant that the job names are left alone; the most frequent reason.
async fn blocked_accounts(connection: &mut SqliteConnection, tenant: TenantId, job: &str) -> sqlx::Result<Blocked> {
    let found: Option<Blocked> = sqlx::query_as(
        "SELECT a.state_reason AS blocked_by, count(*) AS accounts, min(a.account) AS account
         FROM accounts a
         WHERE a.state <> 'active' AND a.tenant_id = ?1
           AND EXISTS (SELECT 1 FROM patients p JOIN job_patients j ON j.job = ?2 AND j.tenant_id = ?1 AND j.patient_id = p.id WHERE p.account_id = a.id)
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1",
    )
    .bind(tenant.0)
    .bind(job)
    .fetch_optional(connection)
    .await?;
    Ok(found.unwrap_or(Blocked { blocked_by: None, accounts: 0, account: None }))
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

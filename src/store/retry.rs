//! Reviving by hand what the program gave up: dead and quarantined fetches, suspended accounts and tenants.

use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{AccountName, FetchId, FetchState, Reason, TenantName},
};

/// What to revive, all conditions together; none is everything that the job gave up.
#[derive(Debug, Default, Clone)]
pub struct Given {
    pub tenant: Option<TenantName>,
    pub account: Option<AccountName>,
    /// This fetch alone, and no account.
    pub fetch: Option<FetchId>,
    pub reason: Option<Reason>,
    /// At most so many fetches, and so many accounts.
    pub limit: Option<u32>,
}

/// What an act of reviving did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Revived {
    pub fetches: u64,
    /// Accounts that may try one login at once.
    pub accounts: u64,
    pub tenants: u64,
}

/// Makes fetches of the job pending with no attempts, and lets suspended accounts and tenants try again at once.
///
/// Of each patient and window only the newest fetch is revived, and only for whom the job's roster still names. A suspension is not taken back: if
/// the one login is rejected again, it grows as if the time had come by itself, so that nobody is locked out.
pub async fn revive(connection: &mut SqliteConnection, job: &str, given: &Given, now: Millis) -> sqlx::Result<Revived> {
    let fetches = revive_fetches(connection, job, given, now).await?;
    if given.fetch.is_some() {
        return Ok(Revived { fetches, ..Revived::default() });
    }
    let accounts = allow_accounts(connection, given, now).await?;
    let tenants = if given.account.is_some() { 0 } else { allow_tenants(connection, given, now).await? };
    Ok(Revived { fetches, accounts, tenants })
}

async fn revive_fetches(connection: &mut SqliteConnection, job: &str, given: &Given, now: Millis) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "UPDATE fetches SET state = 'pending', reason = NULL, attempts = 0, losses = 0, single_attempt = 0, due_at = NULL, run_id = NULL,
                            sends = 0, document_id = NULL, changed_at = ?2
         WHERE id IN (
             SELECT f.id FROM fetches f
             JOIN job_patients j ON j.job = f.job AND j.tenant_id = f.tenant_id AND j.patient_id = f.patient_id
             JOIN patients p ON p.id = f.patient_id
             JOIN tenants t ON t.id = p.tenant_id
             JOIN accounts a ON a.id = p.account_id
             WHERE f.job = ?1 AND f.state IN ('dead', 'quarantined')
               AND (?3 IS NULL OR t.tenant = ?3) AND (?4 IS NULL OR a.account = ?4) AND (?5 IS NULL OR f.id = ?5) AND (?6 IS NULL OR f.reason = ?6)
               AND NOT EXISTS (SELECT 1 FROM fetches n
                               WHERE n.patient_id = f.patient_id AND n.job = f.job AND n.id > f.id AND n.state <> 'superseded'
                                 AND n.window_start IS f.window_start AND n.window_end IS f.window_end)
             ORDER BY f.id LIMIT ?7)",
    )
    .bind(job)
    .bind(now)
    .bind(given.tenant.as_ref().map(|tenant| &tenant.0))
    .bind(given.account.as_ref().map(|account| &account.0))
    .bind(given.fetch.map(|fetch| fetch.0))
    .bind(given.reason.map(Reason::as_str))
    .bind(limit(given))
    .execute(connection)
    .await?;
    Ok(result.rows_affected())
}

async fn allow_accounts(connection: &mut SqliteConnection, given: &Given, now: Millis) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "UPDATE accounts SET next_try_at = ?1
         WHERE id IN (
             SELECT a.id FROM accounts a JOIN tenants t ON t.id = a.tenant_id
             WHERE a.state = 'suspended' AND (?2 IS NULL OR t.tenant = ?2) AND (?3 IS NULL OR a.account = ?3) AND (?4 IS NULL OR a.state_reason = ?4)
             ORDER BY a.id LIMIT ?5)",
    )
    .bind(now)
    .bind(given.tenant.as_ref().map(|tenant| &tenant.0))
    .bind(given.account.as_ref().map(|account| &account.0))
    .bind(given.reason.map(Reason::as_str))
    .bind(limit(given))
    .execute(connection)
    .await?;
    Ok(result.rows_affected())
}

async fn allow_tenants(connection: &mut SqliteConnection, given: &Given, now: Millis) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "UPDATE tenants SET next_try_at = ?1
         WHERE state = 'suspended' AND (?2 IS NULL OR tenant = ?2) AND (?3 IS NULL OR state_reason = ?3)",
    )
    .bind(now)
    .bind(given.tenant.as_ref().map(|tenant| &tenant.0))
    .bind(given.reason.map(Reason::as_str))
    .execute(connection)
    .await?;
    Ok(result.rows_affected())
}

/// How a fetch of the job stands, for who asked to revive it in vain; `None` where the job has no such fetch.
pub async fn state_of(connection: &mut SqliteConnection, job: &str, fetch: FetchId) -> sqlx::Result<Option<FetchState>> {
    let state: Option<String> =
        sqlx::query_scalar("SELECT state FROM fetches WHERE id = ? AND job = ?").bind(fetch.0).bind(job).fetch_optional(connection).await?;
    state.map(|state| state.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))).transpose()
}

/// SQLite takes a negative limit for none.
fn limit(given: &Given) -> i64 {
    given.limit.map_or(-1, i64::from)
}

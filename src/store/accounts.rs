//! `accounts`: the users of a tenant, and whether they may log in.
//!
//! A tenant whose client is rejected is suspended in the same columns by the same rules, so both tables are served here.

use std::collections::HashMap;

use serde_json::json;
use sqlx::{FromRow, SqliteConnection};

use crate::{
    clock::Millis,
    domain::{AccountId, AccountName, Reason, TenantId},
};

/// Who is suspended: one account, or a tenant with all its accounts because its client is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspended {
    Account(AccountId),
    Tenant(TenantId),
}

/// What is known of a login that was rejected; kept across runs so that nobody is locked out.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Suspension {
    /// In the words of [`Reason`].
    pub state_reason: String,
    /// When one token request may be made again, in milliseconds since the epoch.
    pub next_try_at: Millis,
    /// Rejections in a row.
    pub rejections: i64,
    /// HMAC of the credentials that were rejected; others are tried at once.
    pub rejected_mac: Vec<u8>,
}

/// Makes rows for the accounts of a tenant that have none, and tells the row of each.
pub async fn ensure(
    connection: &mut SqliteConnection,
    tenant: TenantId,
    accounts: &[&AccountName],
) -> sqlx::Result<HashMap<String, AccountId>> {
    for chunk in accounts.chunks(1_000) {
        let names = json!(chunk.iter().map(|account| &account.0).collect::<Vec<_>>());
        sqlx::query("INSERT INTO accounts (tenant_id, account) SELECT ?1, value FROM jsonb_each(?2) WHERE true ON CONFLICT DO NOTHING")
            .bind(tenant.0)
            .bind(names.to_string())
            .execute(&mut *connection)
            .await?;
    }
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT account, id FROM accounts WHERE tenant_id = ?").bind(tenant.0).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(account, id)| (account, AccountId(id))).collect())
}

/// Every account that is suspended.
pub async fn suspensions(connection: &mut SqliteConnection) -> sqlx::Result<HashMap<AccountId, Suspension>> {
    load(connection, "SELECT id, state_reason, next_try_at, rejections, rejected_mac FROM accounts WHERE state = 'suspended'", AccountId)
        .await
}

/// Every tenant that is suspended.
pub async fn tenant_suspensions(connection: &mut SqliteConnection) -> sqlx::Result<HashMap<TenantId, Suspension>> {
    load(connection, "SELECT id, state_reason, next_try_at, rejections, rejected_mac FROM tenants WHERE state = 'suspended'", TenantId)
        .await
}

async fn load<Id: std::hash::Hash + Eq>(
    connection: &mut SqliteConnection,
    sql: &'static str,
    id: fn(i64) -> Id,
) -> sqlx::Result<HashMap<Id, Suspension>> {
    #[derive(FromRow)]
    struct Row {
        id: i64,
        #[sqlx(flatten)]
        suspension: Suspension,
    }
    let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (id(row.id), row.suspension)).collect())
}

/// Stops logins until `suspension.next_try_at`.
pub async fn suspend(connection: &mut SqliteConnection, who: Suspended, suspension: &Suspension, now: Millis) -> sqlx::Result<()> {
    let (sql, id) = match who {
        Suspended::Account(id) => (
            "UPDATE accounts SET state = 'suspended', state_reason = ?, state_since = CASE state WHEN 'suspended' THEN state_since ELSE ? END,
             next_try_at = ?, rejections = ?, rejected_mac = ? WHERE id = ?",
            id.0,
        ),
        Suspended::Tenant(id) => (
            "UPDATE tenants SET state = 'suspended', state_reason = ?, state_since = CASE state WHEN 'suspended' THEN state_since ELSE ? END,
             next_try_at = ?, rejections = ?, rejected_mac = ? WHERE id = ?",
            id.0,
        ),
    };
    sqlx::query(sql)
        .bind(&suspension.state_reason)
        .bind(now)
        .bind(suspension.next_try_at)
        .bind(suspension.rejections)
        .bind(&suspension.rejected_mac)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes a suspension back, because a login was accepted.
pub async fn revive(connection: &mut SqliteConnection, who: Suspended) -> sqlx::Result<()> {
    let (sql, id) = match who {
        Suspended::Account(id) => (
            "UPDATE accounts SET state = 'active', state_reason = NULL, state_since = NULL, next_try_at = NULL, rejections = 0,
             rejected_mac = NULL WHERE id = ?",
            id.0,
        ),
        Suspended::Tenant(id) => (
            "UPDATE tenants SET state = 'active', state_reason = NULL, state_since = NULL, next_try_at = NULL, rejections = 0,
             rejected_mac = NULL WHERE id = ?",
            id.0,
        ),
    };
    sqlx::query(sql).bind(id).execute(connection).await?;
    Ok(())
}

/// Leaves the account alone for the rest of this run. A suspension, which lasts longer, stays.
pub async fn rest(connection: &mut SqliteConnection, account: AccountId, reason: Reason, now: Millis) -> sqlx::Result<()> {
    sqlx::query("UPDATE accounts SET state = 'resting', state_reason = ?, state_since = ? WHERE id = ? AND state <> 'suspended'")
        .bind(reason.as_str())
        .bind(now)
        .bind(account.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Lets suspended accounts whose credentials in the roster have changed try again at once.
pub async fn allow_now(connection: &mut SqliteConnection, accounts: &[AccountId], now: Millis) -> sqlx::Result<()> {
    let ids = json!(accounts.iter().map(|account| account.0).collect::<Vec<_>>());
    sqlx::query("UPDATE accounts SET next_try_at = ?2 WHERE state = 'suspended' AND id IN (SELECT value FROM json_each(?1))")
        .bind(ids.to_string())
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

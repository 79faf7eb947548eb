//! `tenants`: the organisations, and whether they may be asked.

use sqlx::{SqliteConnection, SqlitePool};

use crate::{
    clock::Millis,
    domain::{Reason, TenantId, TenantName},
};

/// The row of this tenant, made where there is none.
pub async fn ensure(connection: &mut SqliteConnection, tenant: &TenantName) -> sqlx::Result<TenantId> {
    sqlx::query_scalar("INSERT INTO tenants (tenant) VALUES (?) ON CONFLICT (tenant) DO UPDATE SET tenant = excluded.tenant RETURNING id")
        .bind(&tenant.0)
        .fetch_one(connection)
        .await
        .map(TenantId)
}

/// All of them with their names; even a large site has few.
pub async fn all(readers: &SqlitePool) -> sqlx::Result<Vec<(TenantId, String)>> {
    let rows: Vec<(i64, String)> = sqlx::query_as("SELECT id, tenant FROM tenants").fetch_all(readers).await?;
    Ok(rows.into_iter().map(|(id, tenant)| (TenantId(id), tenant)).collect())
}

/// Ends the rests of an earlier run: a rest lasts for one run, a suspension across runs.
pub async fn end_rests(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    for sql in [
        "UPDATE tenants SET state = 'active', state_reason = NULL, state_since = NULL WHERE state = 'resting'",
        "UPDATE accounts SET state = 'active', state_reason = NULL, state_since = NULL WHERE state = 'resting'",
    ] {
        sqlx::query(sql).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Leaves the tenant alone for the rest of this run. A suspension, which lasts longer, stays.
pub async fn rest(connection: &mut SqliteConnection, tenant: TenantId, reason: Reason, now: Millis) -> sqlx::Result<()> {
    sqlx::query("UPDATE tenants SET state = 'resting', state_reason = ?, state_since = ? WHERE id = ? AND state <> 'suspended'")
        .bind(reason.as_str())
        .bind(now)
        .bind(tenant.0)
        .execute(connection)
        .await?;
    Ok(())
}

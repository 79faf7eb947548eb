//! `paces`: how fast tenants and hosts are asked while a run goes on, where that is or was not as configured.

use sqlx::SqliteConnection;

use crate::{clock::Millis, domain::TenantId};

/// Whose pace it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Paced {
    Tenant(TenantId),
    /// Host and port, for all its tenants.
    Host(String),
}

/// How fast it is asked, and whether at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Requests per second; a host's for both endpoints together.
    pub documents_per_second: f64,
    /// `None` for a host.
    pub tokens_per_second: Option<f64>,
    /// Whether the breaker is open.
    pub broken: bool,
}

/// Forgets what an earlier run had come to: each begins with what is configured.
pub async fn clear(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM paces").execute(connection).await?;
    Ok(())
}

/// Writes how one of them stands now.
pub async fn show(connection: &mut SqliteConnection, paced: &Paced, standing: Standing, now: Millis) -> sqlx::Result<()> {
    let (tenant, host) = match paced {
        Paced::Tenant(tenant) => (Some(tenant.0), None),
        Paced::Host(host) => (None, Some(host.as_str())),
    };
    sqlx::query("DELETE FROM paces WHERE tenant_id IS ? AND host IS ?").bind(tenant).bind(host).execute(&mut *connection).await?;
    sqlx::query(
        "INSERT INTO paces (tenant_id, host, documents_per_second, tokens_per_second, breaker, changed_at) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(tenant)
    .bind(host)
    .bind(standing.documents_per_second)
    .bind(standing.tokens_per_second)
    .bind(if standing.broken { "open" } else { "closed" })
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

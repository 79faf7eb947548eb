//! Forgetting for good: rows, documents and bytes of patients or of a whole tenant, in the file and in its WAL, and a tombstone in their place.
//!
//! What is deleted is overwritten with zeros (`secure_delete`), the one index that holds patient tokens in random order is built anew, because
//! pages that were split keep copies, and the WAL is folded into the file and cut to nothing. What a file system or an older backup still holds is
//! beyond this program.

use std::path::Path;

use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, SqliteConnection, SqlitePool};

use crate::{
    clock::Millis,
    domain::{PatientId, TenantId, TenantName},
};

use super::{Session, StoreError, act::Act, bodies::delete_unneeded, tombstones};

/// Who is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    Patients(Vec<PatientId>),
    /// With all its accounts and patients, and those whom a roster may name later.
    Tenant(TenantName),
}

/// What is there of those who are to be forgotten.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub patients: u64,
    pub documents: u64,
    /// Bodies that nobody else needs.
    pub bodies: u64,
    /// Bodies that other patients share, which stay.
    pub shared_bodies: u64,
    pub fetches: u64,
    pub attempts: u64,
    /// Accounts of the tenant; else those that reached nobody else.
    pub accounts: u64,
}

/// What came of forgetting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgotten {
    pub extent: Extent,
    /// Whether the WAL could be cut: a reader who holds an old snapshot keeps it until the run after he left.
    pub wal_is_clean: bool,
}

/// The ids of all rows that are about them, found before anything is deleted.
struct Rows {
    /// JSON array, as the statements take it.
    patients: String,
    accounts: String,
    tenant: Option<TenantId>,
    bodies: Vec<i64>,
}

/// Fetches of these patients, and tokens of these accounts.
const ATTEMPTS: &str = "(fetch_id IN (SELECT id FROM fetches WHERE patient_id IN (SELECT value FROM json_each(?1)))
                         OR account_id IN (SELECT value FROM jsonb_each(?2)))";

/// How much there is to forget; `None` where the database knows no such tenant, or not all of these patients.
pub async fn extent(readers: &SqlitePool, path: &Path, whom: &Whom) -> Result<Option<Extent>, StoreError> {
    let measured = async {
        let mut connection = readers.acquire().await?;
        match find(&mut connection, whom).await? {
            Some(rows) => measure(&mut connection, &rows).await.map(Some),
            None => Ok(None),
        }
    };
    measured.await.map_err(|source| StoreError::from_sql(path, source))
}

impl Session {
    /// Forgets them; `None` as [`extent`], and nothing was done.
    pub async fn forget(&mut self, whom: &Whom, act: &Act) -> Result<Option<Forgotten>, StoreError> {
        let rows = find(&mut self.connection, whom).await.map_err(|source| self.error(source))?;
        let Some(rows) = rows else { return Ok(None) };
        // We delete children before parents by ourselves: SQLite would look for children of every single row, mostly without an index. That
        // nothing is left dangling is checked before the commit.
        self.pragma("PRAGMA foreign_keys = OFF").await?;
        let extent = self.act(act, async |connection| delete(connection, &rows, act.at).await).await?;
        self.pragma("PRAGMA foreign_keys = ON").await?;
        let checkpoint: Result<(i64, i64, i64), _> =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut self.connection).await;
        let (busy, ..) = checkpoint.map_err(|source| self.error(source))?;
        Ok(Some(Forgotten { extent, wal_is_clean: busy == 0 }))
    }

    async fn pragma(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let result = self.connection.execute(sql).await;
        result.map(drop).map_err(|source| self.error(source))
    }
}

async fn find(connection: &mut SqliteConnection, whom: &Whom) -> sqlx::Result<Option<Rows>> {
    let (tenant, patients) = match whom {
        Whom::Patients(patients) => (None, patients.iter().map(|patient| patient.0).collect()),
        Whom::Tenant(name) => {
            let id: Option<i64> =
                sqlx::query_scalar("SELECT id FROM tenants WHERE tenant = ?").bind(&name.0).fetch_optional(&mut *connection).await?;
            let Some(id) = id else { return Ok(None) };
            let patients: Vec<i64> =
                sqlx::query_scalar("SELECT id FROM patients WHERE tenant_id = ?").bind(id).fetch_all(&mut *connection).await?;
            (Some(TenantId(id)), patients)
        }
    };
    let wanted = json!(patients).to_string();
    let known: Vec<i64> = sqlx::query_scalar("SELECT id FROM patients WHERE id IN (SELECT value FROM json_each(?))")
        .bind(&wanted)
        .fetch_all(&mut *connection)
        .await?;
    if tenant.is_none() && patients.iter().any(|patient| !known.contains(patient)) {
        return Ok(None);
    }
    let patients = json!(known).to_string();
    let accounts = json!(accounts(connection, &patients, tenant).await?).to_string();
    let bodies = sqlx::query_scalar(
        "SELECT DISTINCT body_id FROM documents WHERE patient_id IN (SELECT value FROM json_each(?)) AND body_id IS NOT NULL",
    )
    .bind(&patients)
    .fetch_all(connection)
    .await?;
    Ok(Some(Rows { patients, accounts, tenant, bodies }))
}

/// All of the tenant's; else those that never reached anybody else, as with an account for each patient.
async fn accounts(connection: &mut SqliteConnection, patients: &str, tenant: Option<TenantId>) -> sqlx::Result<Vec<i64>> {
    if let Some(tenant) = tenant {
        return sqlx::query_scalar("SELECT id FROM accounts WHERE tenant_id = ?").bind(tenant.0).fetch_all(connection).await;
    }
    sqlx::query_scalar(
        "WITH gone AS MATERIALIZED (SELECT value AS id FROM json_each(?1))
         SELECT a.id FROM accounts a
         WHERE a.id IN (SELECT account_id FROM patients WHERE id IN (SELECT id FROM gone))
           AND NOT EXISTS (SELECT 1 FROM patients o WHERE o.account_id = a.id AND o.id NOT IN (SELECT id FROM gone))
           AND NOT EXISTS (SELECT 1 FROM attempts t JOIN fetches f ON f.id = t.fetch_id
                           WHERE t.account_id = a.id AND f.patient_id NOT IN (SELECT id FROM gone))",
    )
    .bind(patients)
    .fetch_all(connection)
    .await
}

async fn measure(connection: &mut SqliteConnection, rows: &Rows) -> sqlx::Result<Extent> {
    let attempts = format!("SELECT count(*) FROM attempts WHERE {ATTEMPTS}");
    let attempts: i64 =
        sqlx::query_scalar(AssertSqlSafe(attempts)).bind(&rows.patients).bind(&rows.accounts).fetch_one(&mut *connection).await?;
    let (patients, documents, fetches, accounts, own): (i64, i64, i64, i64, i64) = sqlx::query_as(
        "WITH gone AS MATERIALIZED (SELECT value AS id FROM json_each(?1))
         SELECT (SELECT count(*) FROM gone),
                (SELECT count(*) FROM documents WHERE patient_id IN (SELECT id FROM gone)),
                (SELECT count(*) FROM fetches WHERE patient_id IN (SELECT id FROM gone)),
                json_array_length(?2),
                (SELECT count(*) FROM json_each(?3) b
                 WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.body_id = b.value AND d.patient_id NOT IN (SELECT id FROM gone)))",
    )
    .bind(&rows.patients)
    .bind(&rows.accounts)
    .bind(json!(rows.bodies).to_string())
    .fetch_one(connection)
    .await?;
    let unsigned = |count: i64| u64::try_from(count).unwrap_or(0);
    Ok(Extent {
        patients: unsigned(patients),
        documents: unsigned(documents),
        bodies: unsigned(own),
        shared_bodies: rows.bodies.len() as u64 - unsigned(own),
        fetches: unsigned(fetches),
        attempts: unsigned(attempts),
        accounts: unsigned(accounts),
    })
}

async fn delete(connection: &mut SqliteConnection, rows: &Rows, now: Millis) -> sqlx::Result<Extent> {
    let extent = measure(connection, rows).await?;
    bury(connection, rows, now).await?;
    let attempts = format!("DELETE FROM attempts WHERE {ATTEMPTS}");
    sqlx::query("DELETE FROM refused_bodies WHERE patient_id IN (SELECT value FROM json_each(?))")
        .bind(&rows.patients)
        .execute(&mut *connection)
        .await?;
    sqlx::query(AssertSqlSafe(attempts)).bind(&rows.patients).bind(&rows.accounts).execute(&mut *connection).await?;
    for sql in [
        "DELETE FROM fetches WHERE patient_id IN (SELECT value FROM json_each(?))",
        "DELETE FROM run_patients WHERE patient_id IN (SELECT value FROM json_each(?))",
        "DELETE FROM job_patients WHERE patient_id IN (SELECT value FROM json_each(?))",
        "DELETE FROM documents WHERE patient_id IN (SELECT value FROM json_each(?))",
        "DELETE FROM identities WHERE patient_id IN (SELECT value FROM json_each(?))",
        "DELETE FROM patients WHERE id IN (SELECT value FROM json_each(?))",
    ] {
        sqlx::query(sql).bind(&rows.patients).execute(&mut *connection).await?;
    }
    delete_unneeded(connection, &rows.bodies).await?;
    sqlx::query("DELETE FROM accounts WHERE id IN (SELECT value FROM json_each(?))").bind(&rows.accounts).execute(&mut *connection).await?;
    if let Some(tenant) = rows.tenant {
        sqlx::query("DELETE FROM backfill_passes WHERE tenant_id = ?").bind(tenant.0).execute(&mut *connection).await?;
        sqlx::query("DELETE FROM tenants WHERE id = ?").bind(tenant.0).execute(&mut *connection).await?;
    }
    connection.execute("REINDEX patients").await?;
    refuse_dangling(connection).await?;
    Ok(extent)
}

/// Sets the tombstones while names and tokens are still there.
async fn bury(connection: &mut SqliteConnection, rows: &Rows, now: Millis) -> sqlx::Result<()> {
    if let Some(tenant) = rows.tenant {
        let name: String = sqlx::query_scalar("SELECT tenant FROM tenants WHERE id = ?").bind(tenant.0).fetch_one(&mut *connection).await?;
        return tombstones::insert(connection, tombstones::of_tenant(&name), now).await;
    }
    let patients: Vec<(String, String)> = sqlx::query_as(
        "SELECT t.tenant, p.patient_token FROM patients p JOIN tenants t ON t.id = p.tenant_id
         WHERE p.id IN (SELECT value FROM json_each(?))",
    )
    .bind(&rows.patients)
    .fetch_all(&mut *connection)
    .await?;
    for (tenant, token) in patients {
        tombstones::insert(connection, tombstones::of_patient(&tenant, &token), now).await?;
    }
    Ok(())
}

/// A table that came later and was forgotten here must not keep what points at nobody: then nothing is committed.
async fn refuse_dangling(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let dangling: Option<(String, Option<i64>, String, i64)> =
        sqlx::query_as("PRAGMA foreign_key_check").fetch_optional(connection).await?;
    match dangling {
        None => Ok(()),
        Some((table, ..)) => Err(sqlx::Error::Protocol(format!("rows of {table} would refer to what was forgotten; nothing was deleted"))),
    }
}

//! Which documents there are, for an operator: by row ids and facts that name nobody; and the bytes of one.

use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection, SqlitePool};

use crate::{
    clock::Millis,
    domain::{DocumentId, DocumentStatus, PatientId, Reason, RunId, TenantName},
    store::bodies,
};

/// Which ones; all conditions together, and none is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Which {
    pub tenant: Option<TenantName>,
    pub patient: Option<PatientId>,
    pub status: Option<DocumentStatus>,
    pub run: Option<RunId>,
    pub reason: Option<Reason>,
}

/// One document, without anything that it says of a person.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Listed {
    pub id: i64,
    pub tenant: String,
    pub patient_id: i64,
    pub run_id: i64,
    pub fetched_at: Millis,
    pub window_start: Option<String>,
    pub window_end: Option<String>,
    pub status: String,
    pub reason: Option<String>,
    pub sections: i64,
    pub entries: i64,
    /// Of the body, in bytes; `None` when it was let go.
    pub length: Option<i64>,
}

/// The newest of them first, `most` at most.
pub async fn list(readers: &SqlitePool, which: &Which, most: u32) -> sqlx::Result<Vec<Listed>> {
    let mut sql = statement(which);
    sql.push(" ORDER BY d.id DESC LIMIT ").push_bind(most);
    sql.build_query_as().fetch_all(readers).await
}

/// Only the conditions that are given, so that each finds its index.
fn statement(which: &Which) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "SELECT d.id, t.tenant, d.patient_id, d.run_id, d.fetched_at, d.window_start, d.window_end, d.status, d.reason, d.sections, d.entries,
                b.length
         FROM documents d
         JOIN patients p ON p.id = d.patient_id
         JOIN tenants t ON t.id = p.tenant_id
         LEFT JOIN bodies b ON b.id = d.body_id
         WHERE true",
    );
    narrow(&mut sql, which);
    sql
}

/// Adds the conditions on `documents d`, `patients p` and `tenants t`.
pub(super) fn narrow(sql: &mut QueryBuilder<Sqlite>, which: &Which) {
    if let Some(tenant) = &which.tenant {
        sql.push(" AND t.tenant = ").push_bind(tenant.0.clone());
    }
    if let Some(patient) = which.patient {
        sql.push(" AND d.patient_id = ").push_bind(patient.0);
    }
    if let Some(status) = which.status {
        if matches!(status, DocumentStatus::Quarantined | DocumentStatus::Shrunk) {
            // The words of the index of what is undecided.
            sql.push(" AND d.status IN ('quarantined', 'shrunk')");
        }
        sql.push(" AND d.status = ").push_bind(status.as_str());
    }
    if let Some(run) = which.run {
        sql.push(" AND d.run_id = ").push_bind(run.0);
    }
    if let Some(reason) = which.reason {
        sql.push(" AND d.reason = ").push_bind(reason.as_str());
    }
}

/// The body of a document; `None` where there is no such document, `Some(None)` where its bytes were let go.
pub async fn body(connection: &mut SqliteConnection, document: DocumentId) -> sqlx::Result<Option<Option<i64>>> {
    sqlx::query_scalar("SELECT body_id FROM documents WHERE id = ?").bind(document.0).fetch_optional(connection).await
}

/// The bytes of a document that is filed; `None` where it is not, or has none any more.
pub async fn filed_bytes(connection: &mut SqliteConnection, document: DocumentId) -> sqlx::Result<Option<Vec<u8>>> {
    let body: Option<i64> = sqlx::query_scalar(
        "SELECT body_id FROM documents WHERE id = ? AND status IN ('accepted', 'unchanged', 'shrunk') AND body_id IS NOT NULL",
    )
    .bind(document.0)
    .fetch_optional(&mut *connection)
    .await?;
    match body {
        Some(body) => bodies::read(connection, body).await.map(Some),
        None => Ok(None),
    }
}

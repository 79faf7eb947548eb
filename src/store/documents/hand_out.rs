//! Which documents are handed out as files, patient by patient, so that a million of them need no memory and no long snapshot; their bytes come by
//! [`bytes`](super::bytes).

use serde_json::json;
use sqlx::{FromRow, QueryBuilder, Sqlite, SqlitePool};

use crate::{
    clock::Millis,
    domain::{DocumentStatus, PatientId},
    store::runs::Narrowing,
};

/// Which of a patient's documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The latest whole chart, as the view `latest_documents` has it: of patients whom a roster names.
    Latest,
    /// Everything that is filed, whole charts and windows.
    Filed,
    /// Everything with this status.
    With(DocumentStatus),
}

/// A document that is to be handed out, with what names it and nothing that it says of a person.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct HandedOut {
    pub id: i64,
    pub patient_id: i64,
    pub tenant_id: i64,
    pub tenant: String,
    pub account: String,
    pub status: String,
    pub fetched_at: Millis,
    pub window_start: Option<String>,
    pub window_end: Option<String>,
    /// Of the body; `None` when it was let go.
    pub sha256: Option<Vec<u8>>,
    pub length: Option<i64>,
}

/// The next patients behind `after`, by row id.
pub async fn patients(readers: &SqlitePool, whose: &Narrowing, after: PatientId, most: u32) -> sqlx::Result<Vec<PatientId>> {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new("SELECT p.id FROM patients p WHERE p.id > ");
    sql.push_bind(after.0);
    if let Some(tenant) = &whose.tenant {
        sql.push(" AND p.tenant_id IN (SELECT id FROM tenants WHERE tenant = ").push_bind(&tenant.0).push(")");
    }
    if let Some(account) = &whose.account {
        sql.push(" AND p.account_id IN (SELECT id FROM accounts WHERE account = ").push_bind(&account.0).push(")");
    }
    if !whose.patients.is_empty() || !whose.tokens.is_empty() {
        sql.push(" AND p.id IN (SELECT value FROM json_each(").push_bind(ids(whose)).push(")");
        sql.push(" UNION ALL SELECT q.id FROM tenants t CROSS JOIN patients q ON q.tenant_id = t.id AND q.patient_token IN (SELECT value FROM json_each(");
        sql.push_bind(tokens(whose)).push(")))");
    }
    sql.push(" ORDER BY p.id LIMIT ").push_bind(most);
    let patients: Vec<i64> = sql.build_query_scalar().fetch_all(readers).await?;
    Ok(patients.into_iter().map(PatientId).collect())
}

/// Whole charts that are filed, windows, and what is undecided apart, because each has its index.
const OF_A_PATIENT: &str = "WITH found AS (
         SELECT id FROM documents WHERE patient_id = ?1 AND window_start IS NULL AND status IN ('accepted', 'unchanged')
         UNION ALL
         SELECT id FROM documents WHERE patient_id = ?1 AND window_start IS NOT NULL
         UNION ALL
         SELECT id FROM documents WHERE patient_id = ?1 AND window_start IS NULL AND status IN ('quarantined', 'shrunk'))
     SELECT d.id, d.patient_id, p.tenant_id, t.tenant, a.account, d.status, d.fetched_at, d.window_start, d.window_end, b.sha256, b.length
     FROM found f
     CROSS JOIN documents d ON d.id = f.id
     JOIN patients p ON p.id = d.patient_id
     JOIN tenants t ON t.id = p.tenant_id
     JOIN accounts a ON a.id = p.account_id
     LEFT JOIN bodies b ON b.id = d.body_id
     WHERE d.status IN (SELECT value FROM jsonb_each(?2))
     ORDER BY d.id";

const LATEST_OF_A_PATIENT: &str =
    "SELECT d.id, d.patient_id, p.tenant_id, l.tenant, l.account, d.status, d.fetched_at, d.window_start, d.window_end, b.sha256, b.length
     FROM latest_documents l
     JOIN documents d ON d.id = l.document_id
     JOIN patients p ON p.id = d.patient_id
     LEFT JOIN bodies b ON b.id = d.body_id
     WHERE l.patient_id = ?1";

/// The statements, by the names under which a test looks at their plans.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: [(&str, &str); 2] =
    [("documents of a patient", OF_A_PATIENT), ("latest document of a patient", LATEST_OF_A_PATIENT)];

/// The patient's documents, by row id. What was discarded has no index and is never among them.
pub async fn of_patient(readers: &SqlitePool, patient: PatientId, wanted: Wanted) -> sqlx::Result<Vec<HandedOut>> {
    let statuses: &[DocumentStatus] = match &wanted {
        Wanted::Latest => return sqlx::query_as(LATEST_OF_A_PATIENT).bind(patient.0).fetch_all(readers).await,
        Wanted::Filed => &[DocumentStatus::Accepted, DocumentStatus::Unchanged, DocumentStatus::Shrunk],
        Wanted::With(status) => &[*status],
    };
    let statuses: Vec<_> = statuses.iter().map(|status| status.as_str()).collect();
    sqlx::query_as(OF_A_PATIENT).bind(patient.0).bind(json!(statuses).to_string()).fetch_all(readers).await
}

/// What of a narrowing names nobody in this database, in words that show no patient token.
pub async fn unknown(readers: &SqlitePool, whose: &Narrowing) -> sqlx::Result<Option<String>> {
    if let Some(tenant) = &whose.tenant {
        let known: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM tenants WHERE tenant = ?)").bind(&tenant.0).fetch_one(readers).await?;
        if !known {
            return Ok(Some(format!("--tenant {tenant}: the database has no such tenant")));
        }
    }
    if let Some(account) = &whose.account {
        let known: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM accounts a JOIN tenants t ON t.id = a.tenant_id WHERE a.account = ?1 AND (?2 IS NULL OR t.tenant = ?2))",
        )
        .bind(&account.0)
        .bind(whose.tenant.as_ref().map(|tenant| &tenant.0))
        .fetch_one(readers)
        .await?;
        if !known {
            return Ok(Some(format!("--account {account}: the database has no such account")));
        }
    }
    let id: Option<i64> = sqlx::query_scalar("SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM patients) LIMIT 1")
        .bind(ids(whose))
        .fetch_optional(readers)
        .await?;
    if let Some(id) = id {
        return Ok(Some(format!("--patient {id}: the database has no such patient")));
    }
    let line: Option<i64> = sqlx::query_scalar(
        "SELECT n.key + 1 FROM json_each(?) n
         WHERE NOT EXISTS (SELECT 1 FROM tenants t CROSS JOIN patients p ON p.tenant_id = t.id AND p.patient_token = n.value) LIMIT 1",
    )
    .bind(tokens(whose))
    .fetch_optional(readers)
    .await?;
    Ok(line.map(|line| format!("--patients: the database has no patient with token {line} of the list")))
}

/// JSON arrays.
fn ids(whose: &Narrowing) -> String {
    json!(whose.patients.iter().map(|patient| patient.0).collect::<Vec<_>>()).to_string()
}

fn tokens(whose: &Narrowing) -> String {
    json!(whose.tokens.iter().map(|token| token.expose()).collect::<Vec<_>>()).to_string()
}

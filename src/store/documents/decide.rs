//! An operator's decision about documents: accepted or discarded, with their fetches and with what is thought of whom they name.
//!
//! A decision about another person's chart is one about the person: it holds for all charts of the patient that name the same, and for later ones.

use serde_json::json;
use sqlx::{QueryBuilder, SqliteConnection};

use super::{
    content,
    list::{Which, narrow},
    newest,
};
use crate::{
    clock::Millis,
    domain::{DocumentId, DocumentStatus, PatientId, words},
    store::identities,
};

words! {
    /// What an operator decides.
    pub enum Decision {
        /// It is this patient's, and whole.
        Accept = "accept",
        /// It is not to be used.
        Discard = "discard",
    }
}

/// A document that somebody wants to decide about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decidable {
    pub id: DocumentId,
    pub status: DocumentStatus,
}

impl Decision {
    /// Whether it changes anything about a document of this status.
    pub fn changes(self, status: DocumentStatus) -> bool {
        match self {
            Self::Accept => !matches!(status, DocumentStatus::Accepted | DocumentStatus::Unchanged),
            Self::Discard => status != DocumentStatus::Discarded,
        }
    }
}

/// These documents, as far as they exist.
pub async fn by_id(connection: &mut SqliteConnection, ids: &[DocumentId]) -> sqlx::Result<Vec<Decidable>> {
    let rows: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, status FROM documents WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id")
            .bind(json(ids))
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(decidable).collect()
}

/// All of these that wait for a decision, or that have the status which is named.
pub async fn which(connection: &mut SqliteConnection, which: &Which) -> sqlx::Result<Vec<Decidable>> {
    let mut sql = QueryBuilder::new(
        "SELECT d.id, d.status FROM documents d JOIN patients p ON p.id = d.patient_id JOIN tenants t ON t.id = p.tenant_id WHERE true",
    );
    if which.status.is_none() {
        sql.push(" AND d.status IN ('quarantined', 'shrunk')");
    }
    narrow(&mut sql, which);
    let rows: Vec<(i64, String)> = sql.build_query_as().fetch_all(connection).await?;
    rows.into_iter().map(decidable).collect()
}

fn decidable((id, status): (i64, String)) -> sqlx::Result<Decidable> {
    let status = status.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Decidable { id: DocumentId(id), status })
}

/// Carries the decision out, and tells which documents it changed: those of the same patients that name the same person too.
pub async fn decide(
    connection: &mut SqliteConnection,
    decision: Decision,
    ids: &[DocumentId],
    now: Millis,
) -> sqlx::Result<Vec<DocumentId>> {
    let ids = json(ids);
    stand(connection, decision, &ids, now).await?;
    if decision == Decision::Discard {
        leave(connection, &ids).await?;
    }
    let (sql, state) = match decision {
        Decision::Accept => (
            "UPDATE documents SET status = 'accepted'
             WHERE status NOT IN ('accepted', 'unchanged') AND id IN (SELECT id FROM decided) RETURNING id, patient_id",
            "UPDATE fetches SET state = 'done', reason = NULL, due_at = NULL, changed_at = ?2
             WHERE (state = 'quarantined' OR (state = 'dead' AND reason = 'discarded'))",
        ),
        Decision::Discard => (
            "UPDATE documents SET status = 'discarded' WHERE status <> 'discarded' AND id IN (SELECT id FROM decided) RETURNING id, patient_id",
            "UPDATE fetches SET state = 'dead', reason = 'discarded', due_at = NULL, changed_at = ?2 WHERE state IN ('done', 'quarantined')",
        ),
    };
    let changed: Vec<(i64, i64)> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{DECIDED} {sql}"))).bind(&ids).fetch_all(&mut *connection).await?;
    let (documents, patients): (Vec<i64>, Vec<i64>) = changed.into_iter().unzip();
    let state = format!("{state} AND patient_id IN (SELECT value FROM json_each(?3)) AND document_id IN (SELECT value FROM json_each(?1))");
    sqlx::query(sqlx::AssertSqlSafe(state))
        .bind(json!(documents).to_string())
        .bind(now)
        .bind(json!(patients).to_string())
        .execute(&mut *connection)
        .await?;
    let patients: Vec<_> = patients.into_iter().map(PatientId).collect();
    identities::reconsider(connection, &patients).await?;
    newest::make_plain(connection, &patients).await?;
    Ok(documents.into_iter().map(DocumentId).collect())
}

/// Finds for those that the decided ones stand for another one.
async fn leave(connection: &mut SqliteConnection, ids: &str) -> sqlx::Result<()> {
    let leaving = format!("{DECIDED} SELECT d.id FROM documents d JOIN decided USING (id) WHERE d.status <> 'discarded'");
    let leaving: Vec<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(leaving)).bind(ids).fetch_all(&mut *connection).await?;
    content::leave(connection, &json!(leaving).to_string()).await
}

/// The documents that are named, and those which were kept apart because they name the same other person.
const DECIDED: &str = "WITH decided AS (
    SELECT value AS id FROM json_each(?1)
    UNION
    SELECT o.id FROM documents d JOIN documents o ON o.patient_id = d.patient_id AND o.identity_id = d.identity_id
    WHERE d.id IN (SELECT value FROM json_each(?1)) AND d.reason = 'identity_mismatch'
      AND o.status IN ('quarantined', 'shrunk') AND o.status = 'quarantined' AND o.reason = 'identity_mismatch')";

/// What is thought from now on of whom they name. Accepting one that shrank, or discarding one that was filed or mixed up, says nothing about the
/// person.
async fn stand(connection: &mut SqliteConnection, decision: Decision, ids: &str, now: Millis) -> sqlx::Result<()> {
    let sql = match decision {
        Decision::Accept => {
            "UPDATE identities SET standing = 'accepted', decided_at = ?2
             WHERE id IN (SELECT identity_id FROM documents
                          WHERE id IN (SELECT value FROM json_each(?1)) AND status IN ('quarantined', 'discarded'))"
        }
        Decision::Discard => {
            "UPDATE identities SET standing = 'discarded', decided_at = ?2
             WHERE id IN (SELECT identity_id FROM documents WHERE id IN (SELECT value FROM json_each(?1)) AND reason = 'identity_mismatch')"
        }
    };
    sqlx::query(sql).bind(ids).bind(now).execute(connection).await.map(drop)
}

fn json(ids: &[DocumentId]) -> String {
    json!(ids.iter().map(|id| id.0).collect::<Vec<_>>()).to_string()
}

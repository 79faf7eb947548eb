//! The same bytes for several patients of a tenant in one run: who has them, and how all of them are kept apart.

use serde_json::json;
use sqlx::SqliteConnection;

use super::{content, newest};
use crate::{
    clock::Millis,
    domain::{DocumentId, PatientId, Reason, RunId, TenantId},
};

/// Patients of the tenant to whom the bytes of this document came in this run.
pub async fn sharers(
    connection: &mut SqliteConnection,
    tenant: TenantId,
    run: RunId,
    document: DocumentId,
) -> sqlx::Result<Vec<PatientId>> {
    let patients: Vec<i64> = sqlx::query_scalar(
        "SELECT DISTINCT d.patient_id FROM documents d JOIN patients p ON p.id = d.patient_id
         WHERE d.body_id = (SELECT body_id FROM documents WHERE id = ?) AND d.run_id = ? AND p.tenant_id = ?",
    )
    .bind(document.0)
    .bind(run.0)
    .bind(tenant.0)
    .fetch_all(connection)
    .await?;
    Ok(patients.into_iter().map(PatientId).collect())
}

/// Keeps apart what of this document's bytes came to these patients in this run, with the fetches that brought it.
pub async fn quarantine(
    connection: &mut SqliteConnection,
    patients: &[PatientId],
    run: RunId,
    document: DocumentId,
    now: Millis,
) -> sqlx::Result<()> {
    let ids = json!(patients.iter().map(|patient| patient.0).collect::<Vec<_>>()).to_string();
    let documents: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM documents
         WHERE body_id = (SELECT body_id FROM documents WHERE id = ?1) AND run_id = ?2 AND patient_id IN (SELECT value FROM json_each(?3))
           AND status <> 'discarded'",
    )
    .bind(document.0)
    .bind(run.0)
    .bind(&ids)
    .fetch_all(&mut *connection)
    .await?;
    let documents = json!(documents).to_string();
    content::leave(connection, &documents).await?;
    sqlx::query("UPDATE documents SET status = 'quarantined', reason = ?1 WHERE id IN (SELECT value FROM jsonb_each(?2))")
        .bind(Reason::MixedUp.as_str())
        .bind(&documents)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE fetches SET state = 'quarantined', reason = ?1, changed_at = ?2
         WHERE patient_id IN (SELECT value FROM json_each(?3)) AND document_id IN (SELECT value FROM json_each(?4))",
    )
    .bind(Reason::MixedUp.as_str())
    .bind(now)
    .bind(&ids)
    .bind(&documents)
    .execute(&mut *connection)
    .await?;
    newest::make_plain(connection, patients).await
}

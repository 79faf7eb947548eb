//! `identities`: whom the documents of a patient named so far, and what the roster states of the patient.

use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::{FromRow, SqliteConnection};

use crate::{
    clock::Millis,
    domain::{Identity, IdentityId, PatientId, TenantId, words},
};

words! {
    /// What is thought of an identity.
    pub enum Standing {
        /// Documents that name it are filed under the patient: later ones are compared with it.
        Accepted = "accepted",
        /// Documents that name it are kept apart, and compared with nothing.
        Quarantined = "quarantined",
        /// An operator decided that it is somebody else.
        Discarded = "discarded",
    }
}

/// An identity that documents of the patient named before.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub id: IdentityId,
    pub standing: Standing,
    /// When an operator decided about it.
    pub decided_at: Option<Millis>,
    pub identity: Identity,
}

/// What a document of the patient is measured against.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub tenant: TenantId,
    /// The roster's own columns, a JSON object.
    pub extra: String,
    /// When the roster's line last changed.
    pub changed_at: Millis,
    pub known: Vec<Known>,
}

#[derive(FromRow)]
struct Row {
    tenant_id: i64,
    extra: String,
    changed_at: Millis,
    id: Option<i64>,
    standing: Option<String>,
    decided_at: Option<Millis>,
    persons: Option<String>,
}

/// The patient's line and every identity, oldest first.
pub async fn of_patient(connection: &mut SqliteConnection, patient: PatientId) -> sqlx::Result<Record> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT p.tenant_id, p.extra, p.changed_at, i.id, i.standing, i.decided_at, i.persons
         FROM patients p LEFT JOIN identities i ON i.patient_id = p.id WHERE p.id = ? ORDER BY i.id",
    )
    .bind(patient.0)
    .fetch_all(connection)
    .await?;
    let Some(first) = rows.first() else { return Err(sqlx::Error::RowNotFound) };
    let (tenant, extra, changed_at) = (TenantId(first.tenant_id), first.extra.clone(), first.changed_at);
    let known = rows.into_iter().filter_map(known).collect::<Result<_, _>>()?;
    Ok(Record { tenant, extra, changed_at, known })
}

fn known(row: Row) -> Option<sqlx::Result<Known>> {
    let (id, standing, persons) = (row.id?, row.standing?, row.persons?);
    let read = || {
        let standing = standing.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let identity = serde_json::from_str(&persons).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(Known { id: IdentityId(id), standing, decided_at: row.decided_at, identity })
    };
    Some(read())
}

/// Adds an identity that the patient's documents have not named before.
pub async fn insert(
    connection: &mut SqliteConnection,
    patient: PatientId,
    identity: &Identity,
    standing: Standing,
) -> sqlx::Result<IdentityId> {
    let persons = json!(identity).to_string();
    sqlx::query_scalar("INSERT INTO identities (patient_id, standing, persons, digest) VALUES (?, ?, ?, ?) RETURNING id")
        .bind(patient.0)
        .bind(standing.as_str())
        .bind(&persons)
        .bind(digest(&persons))
        .fetch_one(connection)
        .await
        .map(IdentityId)
}

/// Changes what is thought of an identity, without a decision of anybody.
pub async fn set_standing(connection: &mut SqliteConnection, id: IdentityId, standing: Standing) -> sqlx::Result<()> {
    let set = sqlx::query("UPDATE identities SET standing = ? WHERE id = ?").bind(standing.as_str()).bind(id.0);
    set.execute(connection).await.map(drop)
}

/// Somebody else in the tenant whose filed documents name exactly the same.
pub async fn namesake(
    connection: &mut SqliteConnection,
    tenant: TenantId,
    patient: PatientId,
    identity: &Identity,
) -> sqlx::Result<Option<PatientId>> {
    let persons = json!(identity).to_string();
    let other: Option<i64> = sqlx::query_scalar(
        "SELECT p.id FROM identities i JOIN patients p ON p.id = i.patient_id
         WHERE i.digest = ? AND i.persons = ? AND i.standing = 'accepted' AND p.tenant_id = ? AND p.id <> ? LIMIT 1",
    )
    .bind(digest(&persons))
    .bind(&persons)
    .bind(tenant.0)
    .bind(patient.0)
    .fetch_optional(connection)
    .await?;
    Ok(other.map(PatientId))
}

/// Thinks anew of these patients' identities after their documents went from hand to hand: accepted is whom a filed or held document names,
/// and of all others what an operator decided stays.
pub async fn reconsider(connection: &mut SqliteConnection, patients: &[PatientId]) -> sqlx::Result<()> {
    let patients = json!(patients.iter().map(|patient| patient.0).collect::<Vec<_>>());
    sqlx::query(
        "UPDATE identities SET standing = CASE
             -- Each of them has its index.
             WHEN EXISTS (SELECT 1 FROM documents d WHERE d.patient_id = identities.patient_id AND d.identity_id = identities.id
                                                      AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged'))
               OR EXISTS (SELECT 1 FROM documents d WHERE d.patient_id = identities.patient_id AND d.identity_id = identities.id
                                                      AND d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged'))
               OR EXISTS (SELECT 1 FROM documents d WHERE d.patient_id = identities.patient_id AND d.identity_id = identities.id
                                                      AND d.status IN ('quarantined', 'shrunk') AND d.status = 'shrunk')
             THEN 'accepted'
             WHEN standing = 'accepted' THEN 'quarantined'
             ELSE standing END
         WHERE patient_id IN (SELECT value FROM json_each(?))",
    )
    .bind(patients.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

fn digest(persons: &str) -> i64 {
    let digest = Sha256::digest(persons.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

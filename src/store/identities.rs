//! `identities`: whom the documents of a patient named so far, and what the roster states of the patient.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::{FromRow, SqliteConnection};

use crate::{
    clock::Millis,
    domain::{Identity, IdentityId, PatientId, TenantId, words},
};

use super::lines::{self, Target, cells};

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
    patient_id: i64,
    tenant_id: i64,
    extra: String,
    changed_at: Millis,
    id: Option<i64>,
    standing: Option<String>,
    decided_at: Option<Millis>,
    persons: Option<String>,
}

/// Each patient's line, with every identity, oldest first.
pub async fn of_patients(connection: &mut SqliteConnection, patients: &[PatientId]) -> sqlx::Result<HashMap<PatientId, Record>> {
    let ids = json!(patients.iter().map(|patient| patient.0).collect::<Vec<_>>());
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT p.id AS patient_id, p.tenant_id, p.extra, p.changed_at, i.id, i.standing, i.decided_at, i.persons
         FROM jsonb_each(?) n CROSS JOIN patients p ON p.id = n.value LEFT JOIN identities i ON i.patient_id = p.id ORDER BY n.key, i.id",
    )
    .bind(ids.to_string())
    .fetch_all(connection)
    .await?;
    let mut records = HashMap::with_capacity(patients.len());
    for row in rows {
        let new = || Record { tenant: TenantId(row.tenant_id), extra: row.extra.clone(), changed_at: row.changed_at, known: Vec::new() };
        let record = records.entry(PatientId(row.patient_id)).or_insert_with(new);
        if let Some(known) = known(row) {
            record.known.push(known?);
        }
    }
    Ok(records)
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

/// An identity that the patient's documents have not named before.
#[derive(Debug, Clone, Copy)]
pub struct NewIdentity<'a> {
    pub patient: PatientId,
    pub identity: &'a Identity,
    pub standing: Standing,
}

/// Adds identities; gives their rows in the same order.
pub async fn insert(connection: &mut SqliteConnection, new: &[NewIdentity<'_>]) -> sqlx::Result<Vec<IdentityId>> {
    static TARGET: LazyLock<Target> = LazyLock::new(|| Target::plain("identities", "patient_id, standing, persons, digest"));
    let line = |new: &NewIdentity<'_>| {
        let persons = json!(new.identity).to_string();
        let digest = digest(&persons);
        cells![new.patient.0, new.standing.as_str(), persons, digest]
    };
    let ids = lines::insert(connection, &TARGET, new.iter().map(line).collect()).await?;
    Ok(ids.map(IdentityId).collect())
}

/// Changes what is thought of an identity, without a decision of anybody.
pub async fn set_standing(connection: &mut SqliteConnection, id: IdentityId, standing: Standing) -> sqlx::Result<()> {
    let set = sqlx::query("UPDATE identities SET standing = ? WHERE id = ?").bind(standing.as_str()).bind(id.0);
    set.execute(connection).await.map(drop)
}

/// For each of these new identities somebody else of the patient's tenant whose filed documents named exactly the same before, in the same order.
pub async fn namesakes(connection: &mut SqliteConnection, identities: &[IdentityId]) -> sqlx::Result<Vec<Option<PatientId>>> {
    let ids = json!(identities.iter().map(|identity| identity.0).collect::<Vec<_>>());
    let found: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT i.id, q.id
         -- Nearly nobody is named like somebody else.
         FROM jsonb_each(?) n CROSS JOIN identities i ON i.id = n.value AND i.shared = 1 CROSS JOIN patients p ON p.id = i.patient_id
         CROSS JOIN patients q ON q.id = (
             SELECT q.id FROM identities o CROSS JOIN patients q ON q.id = o.patient_id
             WHERE o.digest = i.digest AND o.persons = i.persons AND o.standing = 'accepted' AND o.id < i.id
               AND q.tenant_id = p.tenant_id AND q.id <> p.id LIMIT 1)",
    )
    .bind(ids.to_string())
    .fetch_all(connection)
    .await?;
    let others: HashMap<_, _> = found.into_iter().map(|(identity, other)| (IdentityId(identity), PatientId(other))).collect();
    Ok(identities.iter().map(|identity| others.get(identity).copied()).collect())
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

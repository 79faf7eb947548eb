//! `tombstones`: who was forgotten. A digest recognises them in a roster; neither a name nor a patient token can be read from it.

use std::collections::HashSet;

use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{PatientToken, TenantName},
};

/// All tombstones of a database.
#[derive(Debug, Default)]
pub struct Tombstones(HashSet<[u8; 32]>);

impl Tombstones {
    /// Whether this patient, or the whole tenant, was forgotten.
    pub fn hold(&self, tenant: &TenantName, token: &PatientToken) -> bool {
        !self.0.is_empty() && (self.0.contains(&of_tenant(&tenant.0)) || self.0.contains(&of_patient(&tenant.0, token.expose())))
    }
}

/// Reads them all: 32 bytes for each patient or tenant that was ever forgotten.
pub async fn load(connection: &mut SqliteConnection) -> sqlx::Result<Tombstones> {
    let rows: Vec<Vec<u8>> = sqlx::query_scalar("SELECT digest FROM tombstones").fetch_all(connection).await?;
    Ok(Tombstones(rows.into_iter().filter_map(|digest| digest.try_into().ok()).collect()))
}

pub(super) async fn insert(connection: &mut SqliteConnection, digest: [u8; 32], now: Millis) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO tombstones (digest, at) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(digest.to_vec())
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) fn of_patient(tenant: &str, token: &str) -> [u8; 32] {
    digest("patient", &[tenant, token])
}

pub(super) fn of_tenant(tenant: &str) -> [u8; 32] {
    digest("tenant", &[tenant])
}

/// Each part with its length before it, so that no two lists of parts have the same bytes.
fn digest(kind: &str, parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix("ccda-export tombstone ");
    for part in [&[kind], parts].concat() {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tombstone_means_one_patient_of_one_tenant() {
        let tombstones = Tombstones(HashSet::from([of_patient("TENANT_AA", "tok-1"), of_tenant("TENANT_CC")]));
        let hold = |tenant: &str, token: &str| tombstones.hold(&TenantName(tenant.into()), &PatientToken::new(token));
        assert!(hold("TENANT_AA", "tok-1") && hold("TENANT_CC", "anybody"));
        assert!(!hold("TENANT_AA", "tok-2") && !hold("TENANT_BB", "tok-1") && !hold("TENANT_A", "Atok-1"));
    }
}

//! `social_history`.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::{
    entries::{self, Table},
    value,
};
use crate::domain::{
    DocumentId,
    clinical::{Coded, SocialObservation},
};

const OWN: &str = "kind, value_type, value_text, value_num, value_num_high, comparator, unit, value_code, value_code_system, value_display, value_null_flavor";

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    document: DocumentId,
    observations: &[SocialObservation],
) -> sqlx::Result<()> {
    let rows = observations.iter().map(|observation| (&observation.entry, own(observation))).collect();
    entries::insert(connection, document, Table { name: "social_history", own: OWN, rows }).await?;
    let coded: Vec<_> = observations.iter().map(|observation| (&observation.entry, roles(observation))).collect();
    entries::insert_details(connection, document, &coded).await
}

fn own(observation: &SocialObservation) -> Vec<Value> {
    std::iter::once(json!(observation.kind)).chain(value::columns(&observation.value)).collect()
}

fn roles(observation: &SocialObservation) -> Vec<(String, &Coded)> {
    vec![("code".to_owned(), &observation.entry.code), ("value".to_owned(), &observation.value.code)]
}

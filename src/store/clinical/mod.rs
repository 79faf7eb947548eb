//! The clinical tables: the rows of a document are written all at once, and again all at once when the rules have improved.

mod allergies;
mod encounters;
mod entries;
mod header;
mod immunizations;
mod measurements;
mod medications;
mod notes;
mod participations;
mod place;
mod plan_of_treatment;
mod problems;
mod procedures;
mod row;
mod sections;
mod social_history;
mod unknown_entries;
mod unread;
mod value;

pub use place::{Place, place};
pub use unread::{Unread, next, unread_without_bytes};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::domain::{
    DocumentId,
    clinical::{Flat, Issue},
};

/// Whatever is made of a document; what refers to others comes before them.
fn tables() -> impl Iterator<Item = &'static str> {
    ["codes", "entry_ids", "allergy_reactions"].into_iter().chain(place::ENTRIES).chain(place::ROOTED).chain(["flatten_issues"])
}

/// Writes the rows of a document in place of those that it has.
pub async fn replace(connection: &mut SqliteConnection, document: DocumentId, flat: &Flat) -> sqlx::Result<()> {
    delete(connection, document).await?;
    insert(connection, document, flat).await
}

/// Writes the rows of a document that has none.
pub(super) async fn insert(connection: &mut SqliteConnection, document: DocumentId, flat: &Flat) -> sqlx::Result<()> {
    header::insert(connection, document, &flat.header).await?;
    sections::insert(connection, document, &flat.sections).await?;
    problems::insert(connection, document, &flat.problems).await?;
    medications::insert(connection, document, &flat.medications).await?;
    allergies::insert(connection, document, &flat.allergies).await?;
    immunizations::insert(connection, document, &flat.immunizations).await?;
    measurements::insert_panels(connection, document, &flat.panels).await?;
    measurements::insert(connection, document, "results", &flat.results).await?;
    measurements::insert(connection, document, "vital_signs", &flat.vital_signs).await?;
    procedures::insert(connection, document, &flat.procedures).await?;
    encounters::insert(connection, document, &flat.encounters).await?;
    plan_of_treatment::insert(connection, document, &flat.plan_of_treatment).await?;
    social_history::insert(connection, document, &flat.social_history).await?;
    notes::insert(connection, document, &flat.notes).await?;
    unknown_entries::insert(connection, document, &flat.unknown_entries).await?;
    insert_issues(connection, document, &flat.issues).await?;
    sqlx::query("UPDATE documents SET rules_version = ?, content_digest = ?, outside_digest = ?, digest_rules = ? WHERE id = ?")
        .bind(flat.rules)
        .bind(flat.digest.map(|digest| digest.whole.to_vec()))
        .bind(flat.digest.map(|digest| digest.outside.to_vec()))
        .bind(flat.digest.map(|digest| digest.rules))
        .bind(document.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes the rows of a document.
async fn delete(connection: &mut SqliteConnection, document: DocumentId) -> sqlx::Result<()> {
    for table in tables() {
        let sql = AssertSqlSafe(format!("DELETE FROM {table} WHERE document_id = ?"));
        sqlx::query(sql).bind(document.0).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Makes the rows of a document those of another one, which says the same and has none.
pub(super) async fn hand_over(connection: &mut SqliteConnection, from: DocumentId, to: DocumentId) -> sqlx::Result<()> {
    for table in tables() {
        let sql = AssertSqlSafe(format!("UPDATE {table} SET document_id = ? WHERE document_id = ?"));
        sqlx::query(sql).bind(to.0).bind(from.0).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_issues(connection: &mut SqliteConnection, document: DocumentId, issues: &[Issue]) -> sqlx::Result<()> {
    if issues.is_empty() {
        return Ok(());
    }
    let rows = issues.iter().map(|issue| json!([issue.path, issue.reason.as_str()])).collect();
    sqlx::query("INSERT INTO flatten_issues (document_id, path, reason) SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2)")
        .bind(document.0)
        .bind(Value::Array(rows).to_string())
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{DatabaseFile, Session};

    #[tokio::test]
    async fn every_table_that_is_made_of_documents_is_emptied_and_handed_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = DatabaseFile {
            path: folder.path().join("export.sqlite"),
            readers: None,
            allow_network_file_system: true,
            sharing: Default::default(),
        };
        let mut session = Session::open(file, "a test").await.unwrap();
        let mut made: Vec<String> = sqlx::query_scalar(
            "SELECT t.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND c.name = 'document_id' AND t.name NOT IN ('fetches')",
        )
        .fetch_all(&mut session.connection)
        .await
        .unwrap();
        let mut known: Vec<_> = tables().collect();
        made.sort();
        known.sort_unstable();
        assert_eq!(made, known);
        session.close().await.unwrap();
    }
}

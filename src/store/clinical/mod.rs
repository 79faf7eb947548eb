//! The clinical tables: the rows of a document are written all at once, and again all at once when the rules have improved.

mod allergies;
mod encounters;
mod entries;
mod header;
mod immunizations;
mod lines;
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

use std::{collections::HashMap, sync::LazyLock};

use serde_json::json;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::{
    domain::{
        DocumentId,
        clinical::{ContentDigest, Flat},
    },
    store::{
        digest::hex,
        lines::{Target, cells, execute},
    },
};
use entries::EntryLines;
use lines::{FirstSections, Line, Lines};

/// Whatever is made of a document; what refers to others comes before them.
fn tables() -> impl Iterator<Item = &'static str> {
    ["codes", "entry_ids", "allergy_reactions"].into_iter().chain(place::ENTRIES).chain(place::ROOTED).chain(["flatten_issues"])
}

/// All rows of a document, as lines of their tables. Made where every document has its own task: the writer has only to hand them over.
#[derive(Debug)]
pub struct Rows {
    /// The version of the rules that made them.
    pub rules: u32,
    /// What the document says, where it could be told.
    pub digest: Option<ContentDigest>,
    header: header::Rows,
    sections: Vec<Line>,
    tables: Vec<Lines>,
}

impl Rows {
    pub fn of(flat: &Flat) -> Self {
        let Flat { rules, digest, header, .. } = flat;
        Self {
            rules: *rules,
            digest: *digest,
            header: header::rows(header),
            sections: sections::lines(&flat.sections),
            tables: lines_of(flat),
        }
    }
}

/// Writes the rows of documents in place of those that they have.
pub async fn replace(connection: &mut SqliteConnection, of_documents: Vec<(DocumentId, Rows)>) -> sqlx::Result<()> {
    let documents: Vec<_> = of_documents.iter().map(|(document, _)| document.0).collect();
    let made = |(document, rows): &(DocumentId, Rows)| {
        let digest = rows.digest.as_ref();
        let [content, outside] = [digest.map(|digest| hex(&digest.whole)), digest.map(|digest| hex(&digest.outside))];
        json!([document.0, rows.rules, content, outside, digest.map(|digest| digest.rules)])
    };
    let made: Vec<_> = of_documents.iter().map(made).collect();
    delete(connection, &documents).await?;
    insert(connection, of_documents).await?;
    sqlx::query(
        "UPDATE documents SET rules_version = made.value ->> 1, content_digest = unhex(made.value ->> 2),
                              outside_digest = unhex(made.value ->> 3), digest_rules = made.value ->> 4
         FROM json_each(?) made WHERE documents.id = made.value ->> 0",
    )
    .bind(json!(made).to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the rows of documents that have none.
pub(super) async fn insert(connection: &mut SqliteConnection, of_documents: Vec<(DocumentId, Rows)>) -> sqlx::Result<()> {
    static SECTIONS: LazyLock<Target> = LazyLock::new(sections::target);
    static TARGETS: LazyLock<Vec<Target>> = LazyLock::new(targets);
    let (mut headers, mut of_sections) = (Vec::with_capacity(of_documents.len()), Vec::new());
    let mut of_tables: Vec<Vec<(DocumentId, Line)>> = TARGETS.iter().map(|_| Vec::new()).collect();
    for (document, Rows { header, sections, tables, .. }) in of_documents {
        headers.push((document, header));
        of_sections.extend(sections.into_iter().map(|line| (document, line)));
        for ((all, target), of) in of_tables.iter_mut().zip(TARGETS.iter()).zip(tables) {
            assert_eq!(target.table, of.table, "one order of tables");
            all.extend(of.lines.into_iter().map(|line| (document, line)));
        }
    }
    // What is made of sections refers to them: they come first.
    let documents: Vec<_> = of_sections.iter().map(|(document, _)| *document).collect();
    let ids = execute(connection, lines::statements(&SECTIONS, of_sections, FirstSections::default())).await?;
    let mut sections = HashMap::new();
    for (document, id) in documents.into_iter().zip(ids.into_iter().flatten()) {
        sections.entry(document).or_insert(id);
    }
    let sections = FirstSections::new(sections);
    let others =
        TARGETS.iter().zip(of_tables).flat_map(|(target, lines)| lines::statements(target, lines, FirstSections::clone(&sections)));
    execute(connection, header::statements(headers).chain(others)).await.map(drop)
}

/// Deletes the rows of documents.
async fn delete(connection: &mut SqliteConnection, documents: &[i64]) -> sqlx::Result<()> {
    let documents = json!(documents).to_string();
    for table in tables() {
        let sql = AssertSqlSafe(format!("DELETE FROM {table} WHERE document_id IN (SELECT value FROM json_each(?))"));
        sqlx::query(sql).bind(&documents).execute(&mut *connection).await?;
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

/// The lines of each table in the order of [`targets`].
fn lines_of(flat: &Flat) -> Vec<Lines> {
    let mut entries = EntryLines::default();
    entries.add("problems", flat.problems.iter().map(problems::entered));
    entries.add("medications", flat.medications.iter().map(medications::entered));
    entries.add("allergies", flat.allergies.iter().map(allergies::entered));
    entries.add("immunizations", flat.immunizations.iter().map(immunizations::entered));
    entries.add("result_panels", flat.panels.iter().map(measurements::entered_panel));
    entries.add("results", flat.results.iter().map(measurements::entered));
    entries.add("vital_signs", flat.vital_signs.iter().map(measurements::entered));
    entries.add("procedures", flat.procedures.iter().map(procedures::entered));
    entries.add("encounters", flat.encounters.iter().map(encounters::entered));
    entries.add("plan_of_treatment", flat.plan_of_treatment.iter().map(plan_of_treatment::entered));
    entries.add("social_history", flat.social_history.iter().map(social_history::entered));
    entries.add("notes", flat.notes.iter().map(notes::entered));
    entries.add("unknown_entries", flat.unknown_entries.iter().map(unknown_entries::entered));
    let issues = flat.issues.iter().map(|issue| cells![&issue.path, issue.reason.as_str()].into()).collect();
    let beside = [allergies::reactions(&flat.allergies), Lines { table: "flatten_issues", lines: issues }];
    entries.finish().into_iter().chain(beside).collect()
}

fn targets() -> Vec<Target> {
    let mut targets = vec![
        entries::target("problems", problems::OWN),
        entries::target("medications", medications::OWN),
        entries::target("allergies", allergies::OWN),
        entries::target("immunizations", immunizations::OWN),
        entries::target("result_panels", measurements::OF_PANEL),
        entries::target("results", measurements::OF_MEASUREMENT),
        entries::target("vital_signs", measurements::OF_MEASUREMENT),
        entries::target("procedures", procedures::OWN),
        entries::target("encounters", encounters::OWN),
        entries::target("plan_of_treatment", plan_of_treatment::OWN),
        entries::target("social_history", social_history::OWN),
        entries::target("notes", notes::OWN),
        entries::target("unknown_entries", unknown_entries::OWN),
    ];
    targets.extend(entries::detail_targets());
    targets.extend([allergies::reaction_target(), lines::target("flatten_issues", "path, reason")]);
    targets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{DatabaseFile, Session};

    #[test]
    fn lines_and_their_statements_stand_in_one_order() {
        let lines = lines_of(&Flat::default());
        assert!(lines.iter().map(|of| of.table).eq(targets().iter().map(|target| target.table)));
    }

    #[tokio::test]
    async fn every_table_that_is_made_of_documents_is_emptied_and_handed_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = DatabaseFile::at(folder.path().join("export.sqlite"));
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

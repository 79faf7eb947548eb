//! The reference as text: views first, for analysts begin there, then tables; each with its columns in order.

use std::{fmt::Write, path::Path};

use ccda_export::store::{Cell, ask, open_for_reading};
use sqlx::{AssertSqlSafe, Column as _, Executor, SqlSafeStr, SqlitePool, Statement};

use super::{
    comments::{Comments, read},
    meanings::{Meanings, sources},
};

/// So much of an example is shown.
const LONGEST: usize = 60;

/// A table or a view.
pub struct Relation {
    pub name: String,
    pub is_view: bool,
    pub comments: Comments,
    pub columns: Vec<Column>,
}

pub struct Column {
    pub name: String,
    kind: String,
    example: Option<Cell>,
    /// The table's column that a view shows as it is, or a full-text index indexes.
    pub origin: Option<(String, String)>,
    /// The table of which it names a row.
    pub refers_to: Option<String>,
}

impl Relation {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The reference of a database, and what in it has no meaning.
pub async fn generate(database: &Path) -> (String, Vec<String>) {
    let readers = open_for_reading(database).await.unwrap();
    let relations = relations(&readers, database).await;
    readers.close().await;
    let meanings = Meanings::new(&relations);
    let mut without = meanings.needless();
    let mut text = String::from(PREFACE);
    for (heading, is_view) in [("Views", true), ("Tables", false)] {
        writeln!(text, "\n## {heading}").unwrap();
        for relation in relations.iter().filter(|relation| relation.is_view == is_view) {
            without.extend(describe(relation, &meanings, &mut text));
        }
    }
    (text, without)
}

const PREFACE: &str = "\
# What lies in the database

Generated from the migrations and from a small export of invented patients, and checked by `cargo test`. A migration that changes something here writes it anew:

```console
$ CCDA_SCHEMA_UPDATE=1 cargo test --test it schema
```

The *meaning* is the comment of the migration, which `.schema` shows too. The *source* is where in the C-CDA document a value stands, seen from the element that the row was made of (its `path`).
The *example* is one value of the column, where the invented patients have one; those of a table are of different rows. Instants are integers, milliseconds since 1970 in UTC, in tables, and ISO 8601 in views. Row ids mean something in one file only.
";

/// Writes it, and tells what has no meaning.
fn describe(relation: &Relation, meanings: &Meanings, text: &mut String) -> Vec<String> {
    let mut without = Vec::new();
    let whole = meanings.of_relation(relation).unwrap_or_else(|| {
        without.push(relation.name.clone());
        String::new()
    });
    writeln!(
        text,
        "\n### {}\n\n{}\n\n| column | type | meaning | source | example |\n| --- | --- | --- | --- | --- |",
        relation.name,
        capital(&whole)
    )
    .unwrap();
    for column in &relation.columns {
        let meaning = meanings.of_column(relation, &column.name).unwrap_or_else(|| {
            without.push(format!("{}.{}", relation.name, column.name));
            String::new()
        });
        let sources: Vec<_> = sources(&meaning).iter().map(|path| format!("`{path}`")).collect();
        let example = column.example.as_ref().map(example).unwrap_or_default();
        let cells =
            [format!("`{}`", column.name), column.kind.clone(), meaning, sources.join(", "), example].map(|cell| cell.replace('|', "\\|"));
        writeln!(text, "| {} |", cells.join(" | ")).unwrap();
    }
    without
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).chain((!text.ends_with('?')).then_some('.')).collect()).unwrap_or_default()
}

fn example(cell: &Cell) -> String {
    let text = match cell {
        Cell::Blob(bytes) => format!("{}… ({} bytes)", Cell::Blob(bytes.iter().copied().take(8).collect()), bytes.len()),
        cell => cell.to_string(),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "'");
    let cut = text.char_indices().nth(LONGEST).map(|(end, _)| format!("{}…", &text[..end]));
    format!("`{}`", cut.unwrap_or(text))
}

async fn relations(readers: &SqlitePool, database: &Path) -> Vec<Relation> {
    let list = "SELECT l.name, l.type, s.sql FROM pragma_table_list l JOIN sqlite_schema s ON s.name = l.name
                WHERE l.schema = 'main' AND l.type <> 'shadow' AND l.name NOT GLOB 'sqlite_*' AND l.name NOT GLOB '_sqlx*' ORDER BY l.name";
    let mut relations = Vec::new();
    for row in ask(readers, database, list).await.unwrap().rows {
        let [name, kind, sql] = [0, 1, 2].map(|index| row[index].to_string());
        let columns = columns(readers, database, &name, (&kind, &sql)).await;
        let names: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
        relations.push(Relation { is_view: kind == "view", comments: read(&sql, &names), columns, name });
    }
    relations
}

async fn columns(readers: &SqlitePool, database: &Path, relation: &str, (kind, sql): (&str, &str)) -> Vec<Column> {
    let info = format!("SELECT name, type, \"notnull\" OR pk FROM pragma_table_xinfo('{relation}') WHERE hidden <> 1");
    let info = ask(readers, database, &info).await.unwrap().rows;
    let references = format!("SELECT \"from\", \"table\" FROM pragma_foreign_key_list('{relation}')");
    let references = ask(readers, database, &references).await.unwrap().rows;
    let all = format!("SELECT * FROM {relation}");
    let prepared = readers.acquire().await.unwrap().prepare(AssertSqlSafe(all.clone()).into_sql_str()).await.unwrap();
    let numbers: Vec<_> = (1..=info.len()).map(|number| number.to_string()).collect();
    let rows = ask(readers, database, &format!("{all} ORDER BY {}", numbers.join(", "))).await.unwrap().rows;
    let indexed = sql.split_once("content=\"").and_then(|(_, rest)| rest.split('"').next());
    info.iter()
        .enumerate()
        .map(|(index, info)| {
            let name = info[0].to_string();
            let shown = prepared.columns()[index].origin().table_column().map(|origin| (origin.table.to_string(), origin.name.to_string()));
            let says_something = |cell: &&Cell| !["", "[]", "{}"].contains(&cell.to_string().as_str());
            let example = rows.iter().map(|row| &row[index]).find(says_something).cloned();
            let needed = if info[2].to_string() == "1" && kind == "table" { ", never NULL" } else { "" };
            // Of what a view computes SQLite has no type but that of the value.
            let declared =
                if kind == "view" && shown.is_none() { example.as_ref().map_or("", type_of).to_owned() } else { info[1].to_string() };
            let words = words(sql, &name).map(|words| format!(": {words}")).unwrap_or_default();
            Column {
                kind: format!("{declared}{needed}{words}"),
                refers_to: references.iter().find(|row| row[0].to_string() == name).map(|row| row[1].to_string()),
                origin: indexed.map(|table| (table.to_owned(), name.clone())).or(shown),
                example,
                name,
            }
        })
        .collect()
}

/// The words that a column is confined to: a list of them, or one comparison after the other.
fn words(sql: &str, column: &str) -> Option<String> {
    let starts = [format!("CHECK ({column} IN ('"), format!("CHECK ({column} = '")];
    let start = starts.iter().find_map(|start| sql.find(start))?;
    let (check, _) = sql[start..].split_once("')")?;
    Some(check.split('\'').skip(1).step_by(2).collect::<Vec<_>>().join(", "))
}

fn type_of(cell: &Cell) -> &'static str {
    match cell {
        Cell::Null => "",
        Cell::Integer(_) => "INTEGER",
        Cell::Real(_) => "REAL",
        Cell::Text(_) => "TEXT",
        Cell::Blob(_) => "BLOB",
    }
}

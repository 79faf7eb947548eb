//! What all tables of entries have alike: their first columns, their codes and their ids.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::domain::{
    DocumentId,
    clinical::{Code, Coded, Entry, Time},
};

/// The columns that every table of entries begins with, but for document and section.
const COLUMNS: &str = "seq, parent_seq, path, context, assertion, element, template_root, template_ext, class, mood, entry_id_root, entry_id_ext, negated,
    null_flavor, status, start, start_raw, start_precision, \"end\", end_raw, end_precision, end_null_flavor, time, time_raw, time_precision,
    date_conflict, code, code_system, display, original_text, code_null_flavor, text, narrative_id, author_time, author_name, author_npi, author_org,
    comment";

/// Rows of one table of entries, each with the values of the table's own columns.
pub(super) struct Table<'r> {
    pub name: &'static str,
    /// Beside [`COLUMNS`], separated by commas.
    pub own: &'static str,
    pub rows: Vec<(&'r Entry, Vec<Value>)>,
}

/// So many rows are written by one statement: what stands in memory as JSON is bounded by it, however large the document.
const ROWS_OF_A_STATEMENT: usize = 256;

/// Writes the rows of a table.
pub(super) async fn insert(connection: &mut SqliteConnection, document: DocumentId, table: Table<'_>) -> sqlx::Result<()> {
    let Table { name, own, rows } = table;
    let columns = COLUMNS.split(',').count() + own.split(',').count();
    let values: String = (1..=columns).map(|at| format!(", value ->> {at}")).collect();
    let sql = format!(
        "INSERT INTO {name} (document_id, section_id, {COLUMNS}, {own})
         SELECT ?1, (SELECT s.id FROM sections s WHERE s.document_id = ?1 AND s.seq = value ->> 0){values} FROM json_each(?2)"
    );
    for rows in rows.chunks(ROWS_OF_A_STATEMENT) {
        let rows = rows.iter().map(|(entry, own)| row(entry, own)).collect();
        sqlx::query(AssertSqlSafe(sql.as_str())).bind(document.0).bind(Value::Array(rows).to_string()).execute(&mut *connection).await?;
    }
    Ok(())
}

fn row(entry: &Entry, own: &[Value]) -> Value {
    let Entry { seq, parent_seq, path, context, assertion, element, template_root, template_ext, class, mood, ids, negated, .. } = entry;
    let Entry { null_flavor, status, times, code, text, narrative_id, author, comment, .. } = entry;
    let id = ids.first();
    let [start, end, time] = [&times.start, &times.end, &times.time].map(|time| time.as_ref());
    let raw = |time: Option<&Time>| time.and_then(|time| time.raw.clone());
    let precision = |time: Option<&Time>| time.and_then(|time| time.precision);
    let mut values = vec![json!(entry.section_seq)];
    values.extend([json!(seq), json!(parent_seq), json!(path), json!(context), json!(assertion.as_str()), json!(element)]);
    values.extend([json!(template_root), json!(template_ext), json!(class), json!(mood)]);
    values.extend([json!(id.and_then(|id| id.root.as_ref())), json!(id.and_then(|id| id.extension.as_ref()))]);
    values.extend([json!(u8::from(*negated)), json!(null_flavor), json!(status)]);
    values.extend([json!(iso(start)), json!(raw(start)), json!(precision(start))]);
    values.extend([json!(iso(end)), json!(raw(end)), json!(precision(end)), json!(times.end_null_flavor)]);
    values.extend([json!(iso(time)), json!(raw(time)), json!(precision(time)), json!(u8::from(times.contradict()))]);
    values.extend([code_of(code), system_of(code), json!(code.display()), json!(code.original_text), json!(code.null_flavor)]);
    values.extend([json!(text), json!(narrative_id), json!(iso(author.time.as_ref())), json!(author.name), json!(author.npi)]);
    values.extend([json!(author.organization), json!(comment)]);
    values.extend(own.iter().cloned());
    Value::Array(values)
}

/// A time's ISO text.
pub(super) fn iso(time: Option<&Time>) -> Option<&str> {
    time.and_then(|time| time.iso.as_deref())
}

/// The code that a row carries.
pub(super) fn code_of(coded: &Coded) -> Value {
    json!(coded.preferred().and_then(|code| code.code.as_ref()))
}

/// And its system.
pub(super) fn system_of(coded: &Coded) -> Value {
    json!(coded.preferred().and_then(|code| code.system.as_ref()))
}

/// Names of several as a person reads them, each once. Names may have commas in them.
pub(super) fn joined<'n>(names: impl Iterator<Item = &'n str>) -> Value {
    let mut once = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    json!((!once.is_empty()).then(|| once.join("; ")))
}

/// Several coded elements of a kind, each under a role of its own: `indication.1`.
pub(super) fn numbered<'c>(kind: &'static str, coded: impl IntoIterator<Item = &'c Coded>) -> impl Iterator<Item = (String, &'c Coded)> {
    coded.into_iter().zip(1..).map(move |(coded, at)| (format!("{kind}.{at}"), coded))
}

/// Writes the codes of a row's elements, each under its role, and the ids of its entry.
pub(super) async fn insert_details(
    connection: &mut SqliteConnection,
    document: DocumentId,
    rows: &[(&Entry, Vec<(String, &Coded)>)],
) -> sqlx::Result<()> {
    for rows in rows.chunks(ROWS_OF_A_STATEMENT) {
        insert_some_details(connection, document, rows).await?;
    }
    Ok(())
}

async fn insert_some_details(
    connection: &mut SqliteConnection,
    document: DocumentId,
    rows: &[(&Entry, Vec<(String, &Coded)>)],
) -> sqlx::Result<()> {
    let (mut codes, mut ids) = (Vec::new(), Vec::new());
    for (entry, coded) in rows {
        for (role, coded) in coded {
            codes.extend(coded.codes.iter().enumerate().map(|(rank, written)| {
                let Code { code, system, system_name, display, null_flavor, shape_conflict } = written;
                let (shape_conflict, chosen) = (u8::from(*shape_conflict), u8::from(coded.chosen == Some(rank)));
                json!([entry.seq, role, rank, code, system_name, system, display, null_flavor, shape_conflict, chosen])
            }));
        }
        ids.extend(entry.ids.iter().enumerate().map(|(rank, id)| json!([entry.seq, rank, id.root, id.extension, id.null_flavor])));
    }
    sqlx::query(
        "INSERT INTO codes (document_id, seq, role, rank, code, system, system_oid, display, null_flavor, shape_conflict, chosen)
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8,
                value ->> 9
         FROM json_each(?2)",
    )
    .bind(document.0)
    .bind(Value::Array(codes).to_string())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO entry_ids (document_id, seq, rank, root, extension, null_flavor)
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?2)",
    )
    .bind(document.0)
    .bind(Value::Array(ids).to_string())
    .execute(connection)
    .await
    .map(drop)
}

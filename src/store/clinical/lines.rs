//! The lines that a document adds to the tables of its sections and entries, and the one text of SQL that writes them all.
//!
//! A round trip to the connection's thread costs more than most of these statements do, and `jsonb_each` hands out lines that need no parsing again: a run
//! over 2,000 charts of 36 rows took 18.7 s of CPU with a text for each table over `json_each`, 14.4 s over `jsonb_each`, and takes 12.9 s so.

use std::sync::OnceLock;

use serde_json::Value;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::domain::DocumentId;

/// So many lines of a table go into one execution: what stands in memory as JSON is bounded by it, however large the document.
const LINES_OF_A_STEP: usize = 256;

/// A table with the columns that are filled, but for `document_id`, and what they are filled from: expressions over `value`, the array of a line, and
/// over `$1`, the document.
pub(super) struct Target {
    pub table: &'static str,
    pub columns: String,
    pub values: String,
}

/// The lines for one table, each an array.
pub(super) struct Lines {
    pub table: &'static str,
    pub lines: Vec<Value>,
}

/// `value ->> 0, value ->> 1 …`: so many columns, from this place of a line on.
pub(super) fn cells(from: usize, count: usize) -> String {
    (from..from + count).map(|at| format!("value ->> {at}")).collect::<Vec<_>>().join(", ")
}

/// Writes the lines. `targets` tells about their tables in the same order; the first table's lines are all there before any of the others'.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    document: DocumentId,
    targets: fn() -> Vec<Target>,
    lines: Vec<Lines>,
) -> sqlx::Result<()> {
    // The same text for every document, so that it is prepared once.
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let targets = targets();
        assert!(targets.iter().map(|target| target.table).eq(lines.iter().map(|of| of.table)), "one order of tables");
        text(&targets)
    });
    let mut left: Vec<_> = lines.into_iter().map(|of| of.lines.into_iter()).collect();
    let mut most = usize::MAX;
    while left.iter().any(|lines| lines.len() > 0) {
        let mut query = sqlx::query(AssertSqlSafe(text.as_str())).bind(document.0);
        for lines in &mut left {
            let step: Vec<Value> = lines.by_ref().take(most).collect();
            query = query.bind(Value::Array(step).to_string());
            most = LINES_OF_A_STEP;
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

fn text(targets: &[Target]) -> String {
    let statement = |(at, target): (usize, &Target)| {
        let Target { table, columns, values } = target;
        // Materialized, because each mention of a column of jsonb_each copies the whole line: 12.3 s in place of 12.9 s.
        format!(
            "INSERT INTO {table} (document_id, {columns})
             WITH lines (value) AS MATERIALIZED (SELECT value FROM jsonb_each(${})) SELECT $1, {values} FROM lines;\n",
            at + 2
        )
    };
    targets.iter().enumerate().map(statement).collect()
}

//! The lines that documents add to the tables of its sections and entries, and the one text of SQL that writes them all.
//!
//! A round trip to the connection's thread costs more than most of these statements do, and `jsonb_each` hands out lines that need no parsing again: a run
//! over 2,000 charts of 36 rows took 18.7 s of CPU with a text for each table over `json_each`, 14.4 s over `jsonb_each`, and takes 12.9 s so.

use std::{collections::VecDeque, sync::OnceLock};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::domain::DocumentId;

/// So many lines of a table go into one execution: what stands in memory as JSON is bounded by it, however large the document.
const LINES_OF_A_STEP: usize = 256;

/// A table with the columns that are filled, but for `document_id`, and what they are filled from: expressions over `value`, the array of a line, and
/// over `document`, the row that it is of.
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

/// Writes the lines of documents. `targets` tells about their tables in the same order; the first table's lines are all there before any of the
/// others'.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    targets: fn() -> Vec<Target>,
    of_documents: Vec<(DocumentId, Vec<Lines>)>,
) -> sqlx::Result<()> {
    if of_documents.is_empty() {
        return Ok(());
    }
    // The same text for whatever documents, so that it is prepared once.
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let targets = targets();
        let tables = of_documents.first().into_iter().flat_map(|(_, lines)| lines).map(|of| of.table);
        assert!(targets.iter().map(|target| target.table).eq(tables), "one order of tables");
        text(&targets)
    });
    let mut left: Vec<VecDeque<(DocumentId, std::vec::IntoIter<Value>)>> = Vec::new();
    for (document, tables) in of_documents {
        left.resize_with(tables.len(), VecDeque::new);
        left.iter_mut().zip(tables).for_each(|(left, of)| left.push_back((document, of.lines.into_iter())));
    }
    let mut most = usize::MAX;
    loop {
        let mut query = sqlx::query(AssertSqlSafe(text.as_str()));
        let mut taken = 0;
        for left in &mut left {
            let (step, count) = step(left, most);
            query = query.bind(Value::Array(step).to_string());
            taken += count;
            most = LINES_OF_A_STEP;
        }
        if taken == 0 {
            return Ok(());
        }
        query.execute(&mut *connection).await?;
    }
}

/// Takes so many lines, for each document an array of its row and of its lines; and how many there were.
fn step(left: &mut VecDeque<(DocumentId, std::vec::IntoIter<Value>)>, most: usize) -> (Vec<Value>, usize) {
    let (mut step, mut count) = (Vec::new(), 0);
    while let Some((document, lines)) = left.front_mut().filter(|_| count < most) {
        let taken: Vec<_> = lines.by_ref().take(most - count).collect();
        count += taken.len();
        if !taken.is_empty() {
            step.push(json!([document.0, taken]));
        }
        if lines.len() == 0 {
            left.pop_front();
        }
    }
    (step, count)
}

fn text(targets: &[Target]) -> String {
    let statement = |(at, target): (usize, &Target)| {
        let Target { table, columns, values } = target;
        // Materialized, because each mention of a column of jsonb_each copies the whole line: 12.3 s in place of 12.9 s.
        format!(
            "INSERT INTO {table} (document_id, {columns})
             WITH lines (document, value) AS MATERIALIZED (
                 SELECT o.value ->> 0, l.value FROM jsonb_each(${}) o CROSS JOIN jsonb_each(o.value, '$[1]') l)
             SELECT document, {values} FROM lines;\n",
            at + 1
        )
    };
    targets.iter().enumerate().map(statement).collect()
}

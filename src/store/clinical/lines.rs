//! The lines that documents add to a clinical table, and the statements that write them.
//!
//! Each cell is a parameter of its own. Handed over as JSON, a line of forty cells is walked through for each of them: 5,000 charts took 18.9 s of CPU in
//! all in place of 16.3 s.

use std::sync::OnceLock;

use sqlx::{Arguments, AssertSqlSafe, SqliteConnection, sqlite::SqliteArguments};

use super::cell::Cell;
use crate::domain::DocumentId;

/// So many lines go into one execution, the least that is enough for what is left: a table has as many statements, and places that are left over are NULL.
const STEPS: [usize; 4] = [4, 16, 64, 256];

/// Most cells of one execution: 64 of the widest lines, 256 of the narrow ones, of which a chart has most. With 64 of these too, 5,000 charts took 9.4 s in
/// place of 8.7.
const MOST_CELLS: usize = 5_632;

/// A table, with the columns that a line fills in beside `document_id`.
pub(super) struct Target {
    pub table: &'static str,
    columns: String,
    /// What they are filled from: expressions over [`column`]s.
    values: String,
    /// Cells of a line.
    width: usize,
    /// The statements for [`STEPS`], each once it is needed.
    statements: [OnceLock<String>; STEPS.len()],
}

/// The lines of a document for one table.
#[derive(Debug)]
pub(super) struct Lines {
    pub table: &'static str,
    pub lines: Vec<Vec<Cell>>,
}

/// What a cell of a line is called in the expressions of a [`Target`]; the document is `column1`.
pub(super) fn column(at: usize) -> String {
    format!("column{}", at + 2)
}

impl Target {
    /// A table whose columns are filled with the cells of a line, one each.
    pub fn plain(table: &'static str, columns: &str) -> Self {
        let values = (0..columns.split(',').count()).map(column).collect();
        Self::of(table, columns, values)
    }

    /// A table whose columns are filled with these values, of which each looks at its own cell.
    pub fn of(table: &'static str, columns: &str, values: Vec<String>) -> Self {
        let width = values.len();
        Self { table, columns: columns.to_owned(), values: values.join(", "), width, statements: Default::default() }
    }

    /// Which of [`STEPS`] so many lines take first.
    fn step(&self, lines: usize) -> usize {
        let most = STEPS.iter().rposition(|step| step * self.width <= MOST_CELLS).unwrap_or(0);
        STEPS[..most].iter().position(|step| *step >= lines).unwrap_or(most)
    }

    fn statement(&self, step: usize) -> String {
        let Self { table, columns, values, width, .. } = self;
        let line = format!("(?{})", ", ?".repeat(*width));
        let lines = vec![line; step].join(", ");
        format!("INSERT INTO {table} (document_id, {columns}) SELECT column1, {values} FROM (VALUES {lines}) WHERE column1 IS NOT NULL")
    }
}

/// Writes lines, each with the document that it is of.
pub(super) async fn insert(connection: &mut SqliteConnection, target: &Target, lines: Vec<(DocumentId, Vec<Cell>)>) -> sqlx::Result<()> {
    let mut lines = lines.into_iter();
    while lines.len() > 0 {
        let at = target.step(lines.len());
        let mut arguments = SqliteArguments::default();
        arguments.reserve(STEPS[at].min(lines.len()) * (target.width + 1), 0);
        for (document, line) in lines.by_ref().take(STEPS[at]) {
            // One cell too few, and those of the lines behind it would come into other columns.
            debug_assert_eq!(line.len(), target.width, "{}", target.table);
            arguments.add(document.0).map_err(sqlx::Error::Encode)?;
            for cell in line {
                arguments.add(cell).map_err(sqlx::Error::Encode)?;
            }
        }
        let sql = target.statements[at].get_or_init(|| target.statement(STEPS[at]));
        sqlx::query_with(AssertSqlSafe(sql.as_str()), arguments).execute(&mut *connection).await?;
    }
    Ok(())
}

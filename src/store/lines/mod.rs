//! Lines that are added to a table many at a time, and the statements that write them.
//!
//! Each cell is a parameter of its own. Handed over as JSON, a line of forty cells is walked through for each of them: 5,000 charts took 18.9 s of CPU in
//! all in place of 16.3 s.

mod cell;

use std::{ops::Range, sync::OnceLock};

use sqlx::{Arguments, AssertSqlSafe, SqliteConnection, sqlite::SqliteArguments};

use super::inserted::inserted;

pub(super) use cell::{Cell, cell, cells, json};

/// So many lines go into one execution, the least that is enough for what is left: a table has as many statements, and places that are left over are NULL.
const STEPS: [usize; 4] = [4, 16, 64, 256];

/// Most cells of one execution: 64 of the widest lines, 256 of the narrow ones, of which a chart has most. With 64 of these too, 5,000 charts took 9.4 s in
/// place of 8.7.
const MOST_CELLS: usize = 5_632;

/// A table, with the columns that a line fills in.
pub(super) struct Target {
    pub table: &'static str,
    columns: String,
    /// What they are filled from: expressions over [`column`]s and what is joined.
    values: String,
    /// What the cells are looked up in: joins to the lines, or nothing.
    joined: &'static str,
    /// Cells of a line.
    width: usize,
    /// The statements for [`STEPS`], each once it is needed.
    statements: [OnceLock<String>; STEPS.len()],
}

/// What a cell of a line is called in the expressions of a [`Target`]. The first one is never NULL.
pub(super) fn column(at: usize) -> String {
    format!("column{}", at + 1)
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
        Self { table, columns: columns.to_owned(), values: values.join(", "), joined: "", width, statements: Default::default() }
    }

    /// With another cell at the end of each line, and a join that finds by it what the values look at too.
    pub fn joined(self, join: &'static str) -> Self {
        Self { width: self.width + 1, joined: join, ..self }
    }

    /// Which of [`STEPS`] so many lines take first.
    fn step(&self, lines: usize) -> usize {
        let most = STEPS.iter().rposition(|step| step * self.width <= MOST_CELLS).unwrap_or(0);
        STEPS[..most].iter().position(|step| *step >= lines).unwrap_or(most)
    }

    /// A line that is refused fails the transaction and not the statement alone, so SQLite keeps no copy of each page that it changes, to take its other
    /// lines back: with that and keys that are missed at the commit, 5,000 charts took 2.94 ms of CPU each with their rows in place of 3.14.
    fn statement(&self, step: usize) -> String {
        let Self { table, columns, values, joined, width, .. } = self;
        let lines = places(step, *width);
        format!("INSERT OR FAIL INTO {table} ({columns}) SELECT {values} FROM (VALUES {lines}) {joined} WHERE column1 IS NOT NULL")
    }
}

/// Places for so many lines of so many cells.
pub(super) fn places(lines: usize, cells: usize) -> String {
    let line = format!("(?{})", ", ?".repeat(cells - 1));
    vec![line; lines].join(", ")
}

/// Writes lines; gives their row ids in the same order.
pub(super) async fn insert<L>(connection: &mut SqliteConnection, target: &Target, lines: Vec<L>) -> sqlx::Result<Range<i64>>
where
    L: IntoIterator<Item = Cell>,
{
    let mut lines = lines.into_iter();
    let mut ids = 0..0;
    while lines.len() > 0 {
        let at = target.step(lines.len());
        let mut arguments = SqliteArguments::default();
        arguments.reserve(STEPS[at].min(lines.len()) * target.width, 0);
        for line in lines.by_ref().take(STEPS[at]) {
            let before = arguments.len();
            for cell in line {
                arguments.add(cell).map_err(sqlx::Error::Encode)?;
            }
            // One cell too few, and those of the lines behind it would come into other columns.
            debug_assert_eq!(arguments.len() - before, target.width, "{}", target.table);
        }
        let sql = target.statements[at].get_or_init(|| target.statement(STEPS[at]));
        let added = inserted(&sqlx::query_with(AssertSqlSafe(sql.as_str()), arguments).execute(&mut *connection).await?);
        ids = if ids.is_empty() { *added.start() } else { ids.start }..added.end() + 1;
    }
    Ok(ids)
}

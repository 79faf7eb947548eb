//! Lines that are added to a table many at a time, and the statements that write them.
//!
//! Each cell is a parameter of its own. Handed over as JSON, a line of forty cells is walked through for each of them: 5,000 charts took 18.9 s of CPU in
//! all in place of 16.3 s.

mod cell;

use std::{
    ops::{Range, RangeInclusive},
    sync::{Arc, OnceLock},
};

use sqlx::{Arguments, AssertSqlSafe, SqliteConnection, error::BoxDynError, sqlite::SqliteArguments};

use super::inserted::inserted;

pub(super) use cell::{Cell, cell, cells, json};

/// So many lines go into one execution, the least that is enough for what is left: a table has as many statements.
const STEPS: [usize; 5] = [4, 16, 32, 64, 256];

/// Most cells of one execution: 32 of nearly all the widest lines, 256 of the narrow ones, of which a chart has most. SQLite keeps 56 bytes for each cell of
/// a statement as long as it is prepared: with 5,632 of them, 5,000 charts came no faster and took 68 MB in place of 64; with 1,408 they came a tenth slower.
const MOST_CELLS: usize = 2_048;

/// A table, with the columns that a line fills in.
pub(super) struct Target {
    pub table: &'static str,
    columns: String,
    /// What they are filled with, each `?` a cell of the line.
    line: String,
    /// Cells of a line.
    width: usize,
    /// The statements for [`STEPS`], each once it is needed.
    statements: [OnceLock<Arc<str>>; STEPS.len()],
}

impl Target {
    /// A table whose columns are filled with the cells of a line, one each.
    pub fn plain(table: &'static str, columns: &str) -> Self {
        Self::of(table, columns, &vec!["?"; columns.split(',').count()].join(", "))
    }

    /// A table whose columns are filled with these expressions, in which each `?` is the next cell of a line.
    pub fn of(table: &'static str, columns: &str, line: &str) -> Self {
        let (columns, line, width) = (columns.to_owned(), line.to_owned(), line.matches('?').count());
        Self { table, columns, line, width, statements: Default::default() }
    }

    /// Which of [`STEPS`] so many lines take first.
    fn step(&self, lines: usize) -> usize {
        let most = STEPS.iter().rposition(|step| step * self.width <= MOST_CELLS).unwrap_or(0);
        STEPS[..most].iter().position(|step| *step >= lines).unwrap_or(most)
    }

    /// The statement for the first of the lines.
    fn ready<L>(&self, lines: &mut impl ExactSizeIterator<Item = L>) -> Result<Ready, BoxDynError>
    where
        L: IntoIterator<Item = Cell>,
    {
        let at = self.step(lines.len());
        let taken = STEPS[at].min(lines.len());
        let mut arguments = SqliteArguments::default();
        arguments.reserve(1 + taken * self.width, 0);
        arguments.add(cell(taken))?;
        for line in lines.take(taken) {
            let before = arguments.len();
            for cell in line {
                arguments.add(cell)?;
            }
            // One cell too few, and those of the lines behind it would come into other columns.
            debug_assert_eq!(arguments.len() - before, self.width, "{}", self.table);
        }
        let sql = Arc::clone(self.statements[at].get_or_init(|| self.statement(STEPS[at]).into()));
        Ok(Ready { sql, arguments })
    }

    /// The first cell is how many lines there are. The limit ends the statement behind them, and nothing is copied on the way from a cell to its column,
    /// as it is where lines are VALUES and those that are NULL are passed over.
    ///
    /// A line that is refused fails the transaction and not the statement alone, so SQLite keeps no copy of each page that it changes, to take its other
    /// lines back: with that and keys that are missed at the commit, 5,000 charts took 2.94 ms of CPU each with their rows in place of 3.14.
    fn statement(&self, step: usize) -> String {
        let Self { table, columns, line, .. } = self;
        let lines = vec![format!("SELECT {line}"); step].join(" UNION ALL ");
        format!(
            "WITH given (lines) AS NOT MATERIALIZED (VALUES (?))
             INSERT OR FAIL INTO {table} ({columns}) {lines} LIMIT (SELECT lines FROM given)"
        )
    }
}

/// Places for so many lines of so many cells.
pub(super) fn places(lines: usize, cells: usize) -> String {
    let line = format!("(?{})", ", ?".repeat(cells - 1));
    vec![line; lines].join(", ")
}

/// A statement with its cells, ready to be executed.
pub(super) struct Ready {
    sql: Arc<str>,
    arguments: SqliteArguments,
}

/// The statements that write these lines, each made when it is asked for.
pub(super) fn statements<L>(
    target: &Target,
    mut lines: impl ExactSizeIterator<Item = L>,
) -> impl Iterator<Item = Result<Ready, BoxDynError>>
where
    L: IntoIterator<Item = Cell>,
{
    std::iter::from_fn(move || (lines.len() > 0).then(|| target.ready(&mut lines)))
}

/// Executes statements in their order; gives for each the row ids of its lines.
///
/// The next one is made while SQLite executes the one before: made one after the other, 5,000 charts with their rows came at 415/s in place of 451.
pub(super) async fn execute(
    connection: &mut SqliteConnection,
    mut statements: impl Iterator<Item = Result<Ready, BoxDynError>>,
) -> sqlx::Result<Vec<RangeInclusive<i64>>> {
    let mut ids = Vec::new();
    let mut next = statements.next();
    while let Some(statement) = next {
        let Ready { sql, arguments } = statement.map_err(sqlx::Error::Encode)?;
        let execution = sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut *connection);
        let (executed, following) = tokio::join!(execution, async { statements.next() });
        ids.push(inserted(&executed?));
        next = following;
    }
    Ok(ids)
}

/// Writes lines; gives their row ids in the same order.
pub(super) async fn insert<L>(connection: &mut SqliteConnection, target: &Target, lines: Vec<L>) -> sqlx::Result<Range<i64>>
where
    L: IntoIterator<Item = Cell>,
{
    let ids = execute(connection, statements(target, lines.into_iter())).await?;
    Ok(ids.first().zip(ids.last()).map_or(0..0, |(first, last)| *first.start()..last.end() + 1))
}

#[cfg(test)]
mod tests {
    use sqlx::Connection;

    use super::*;

    #[tokio::test]
    async fn however_many_and_wide_lines_are_each_stands_where_it_belongs_and_has_its_id() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        for (table, width) in [("narrow", 2), ("wide", 45), ("widest", 600)] {
            let columns: Vec<_> = (0..width).map(|at| format!("c{at}")).collect();
            let create = format!("CREATE TABLE {table} (id INTEGER PRIMARY KEY, {})", columns.join(", "));
            sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await.unwrap();
            let target = Target::plain(table, &columns.join(", "));
            let mut first = 1;
            for count in [0, 1, 4, 5, 16, 17, 31, 33, 64, 65, 256, 257, 700] {
                let line = |at: i64| (0..width).map(move |column| cell((column % 2 == 1 || column == 0).then_some(at * 1_000 + column)));
                let ids = insert(&mut connection, &target, (first..first + count).map(line).collect()).await.unwrap();
                assert_eq!(ids, if count == 0 { 0..0 } else { first..first + count }, "{count} lines, {table}");
                first += count;
            }
            let last = width - 1;
            let sql =
                format!("SELECT count(*), sum(c0 = id * 1000 AND c{last} IS iif({last} % 2 = 1, id * 1000 + {last}, NULL)) FROM {table}");
            let all: (i64, i64) = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
            assert_eq!(all, (first - 1, first - 1), "{table}");
        }
    }

    #[tokio::test]
    async fn a_line_that_is_refused_is_an_error_and_nothing_comes_after_it() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        sqlx::query("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL)").execute(&mut connection).await.unwrap();
        let lines = (0..400).map(|at: i64| [cell((at != 300).then_some(at))]).collect();
        insert(&mut connection, &Target::plain("t", "a"), lines).await.unwrap_err();
        let most: i64 = sqlx::query_scalar("SELECT max(a) FROM t").fetch_one(&mut connection).await.unwrap();
        assert_eq!(most, 299);
    }
}

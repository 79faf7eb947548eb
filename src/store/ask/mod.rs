//! A question in SQL and its answer: whole, where it is known to be small, or row by row as a [`Question`] that somebody typed.

mod position;
mod question;
mod statement;
mod tokens;

pub use position::Position;
pub use question::{Question, QuestionError};

use std::{fmt, path::Path};

use sqlx::{AssertSqlSafe, Column, Row, SqlitePool, TypeInfo, ValueRef, sqlite::SqliteRow};

use super::StoreError;

/// A value as SQLite has it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    /// What is no UTF-8 in it is replaced by U+FFFD.
    Text(String),
    Blob(Vec<u8>),
}

/// The answer to a question: names of the columns, then the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// Asks a question of the database whose answer is small; the connections can only read.
pub async fn ask(readers: &SqlitePool, path: &Path, sql: &str) -> Result<Answer, StoreError> {
    let sorted = |source| StoreError::from_sql(path, source);
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(readers).await.map_err(sorted)?;
    let columns = rows.first().map(|row| names(row.columns())).unwrap_or_default();
    let rows = rows.iter().map(cells).collect::<sqlx::Result<_>>().map_err(sorted)?;
    Ok(Answer { columns, rows })
}

fn names(columns: &[sqlx::sqlite::SqliteColumn]) -> Vec<String> {
    columns.iter().map(|column| column.name().to_owned()).collect()
}

fn cells(row: &SqliteRow) -> sqlx::Result<Vec<Cell>> {
    (0..row.columns().len()).map(|index| cell(row, index)).collect()
}

/// By the type of the value itself: that of its column says little in SQLite.
fn cell(row: &SqliteRow, index: usize) -> sqlx::Result<Cell> {
    let value = row.try_get_raw(index)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let kind = value.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INTEGER" => Cell::Integer(row.try_get_unchecked(index)?),
        "REAL" => Cell::Real(row.try_get_unchecked(index)?),
        "BLOB" => Cell::Blob(row.try_get_unchecked(index)?),
        _ => Cell::Text(String::from_utf8_lossy(row.try_get_unchecked(index)?).into_owned()),
    })
}

/// As text: NULL is empty, a number has the shortest form that is read as the same number, a BLOB is hexadecimal as by SQLite's `hex()`.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Integer(number) => number.fmt(f),
            // SQLite has no NaN; an infinite number is written so that it is read as infinite.
            Self::Real(number) if number.is_infinite() => f.write_str(if *number > 0.0 { "9e999" } else { "-9e999" }),
            Self::Real(number) => write!(f, "{number:?}"),
            Self::Text(text) => f.write_str(text),
            Self::Blob(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}")),
        }
    }
}

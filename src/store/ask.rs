//! A question in SQL and its answer as text, for people who read it at the prompt.

use std::path::Path;

use sqlx::{AssertSqlSafe, Column, Row, SqlitePool};

use super::StoreError;

/// The answer to a question: names of the columns, then the rows; NULL is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// Asks a question of the database; the connections can only read.
pub async fn ask(readers: &SqlitePool, path: &Path, sql: &str) -> Result<Answer, StoreError> {
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(readers).await.map_err(|source| StoreError::from_sql(path, source))?;
    let columns = rows.first().map(|row| row.columns().iter().map(|column| column.name().to_owned()).collect()).unwrap_or_default();
    // SQLite turns every value but a blob into text when it is asked for text.
    let text = |row: &sqlx::sqlite::SqliteRow, index| row.try_get_unchecked::<Option<String>, _>(index).ok().flatten().unwrap_or_default();
    let rows = rows.iter().map(|row| (0..row.columns().len()).map(|index| text(row, index)).collect()).collect();
    Ok(Answer { columns, rows })
}

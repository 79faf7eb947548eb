//! A question that somebody typed: one statement, asked of a connection on which nothing can write, answered row by row.

use std::path::{Path, PathBuf};

use futures_util::{Stream, StreamExt};
use sqlx::{AssertSqlSafe, Either, Executor, SqlSafeStr, Sqlite, Statement, pool::PoolConnection};

use super::{Cell, Position, cells, names, position, statement};
use crate::store::{StoreError, open_for_reading};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// It is not one statement that reads.
    #[error("{0}")]
    Refused(String),
    /// SQLite's own words, and where the mistake is, where that is known.
    #[error("{message}{}", position.map(|position| format!(", at {position}")).unwrap_or_default())]
    Wrong { message: String, position: Option<Position> },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A question that is understood, and not yet answered.
#[derive(Debug)]
pub struct Question {
    connection: PoolConnection<Sqlite>,
    path: PathBuf,
    sql: String,
    columns: Vec<String>,
}

impl Question {
    /// Opens the database read-only and prepares the statement on it, which runs nothing yet.
    pub async fn prepare(path: &Path, sql: String) -> Result<Self, QuestionError> {
        if let Some(refused) = statement::refused(&sql) {
            return Err(QuestionError::Refused(refused));
        }
        let store = |source| StoreError::from_sql(path, source);
        let mut connection = open_for_reading(path).await?.acquire().await.map_err(store)?;
        // Temporary tables too; the file itself is opened read-only.
        connection.execute("PRAGMA query_only = ON").await.map_err(store)?;
        let prepared = match connection.prepare(AssertSqlSafe(sql.as_str()).into_sql_str()).await {
            Ok(prepared) => prepared,
            Err(source) => {
                let error = sorted(path, source);
                let QuestionError::Wrong { message, .. } = error else { return Err(error) };
                let position = position::of_message(&mut connection, &sql, &message).await;
                return Err(QuestionError::Wrong { message, position });
            }
        };
        if let Some(Either::Right(1..)) = prepared.parameters() {
            return Err(QuestionError::Refused("it has parameters, for which there are no values here".to_owned()));
        }
        let columns = names(prepared.columns());
        if columns.is_empty() {
            return Err(QuestionError::Refused(WRITES.to_owned()));
        }
        Ok(Self { connection, path: path.to_owned(), sql, columns })
    }

    /// Names of the columns, also where there will be no row.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows as SQLite finds them; a few are in memory at a time.
    pub fn rows(&mut self) -> impl Stream<Item = Result<Vec<Cell>, QuestionError>> {
        let path = &self.path;
        let rows = sqlx::query(AssertSqlSafe(self.sql.as_str())).fetch(&mut *self.connection);
        rows.map(|row| row.and_then(|row| cells(&row)).map_err(|source| sorted(path, source)))
    }
}

/// Of what begins with WITH only this connection tells it.
const WRITES: &str = "the statement writes, and only one that reads is answered";

/// What SQLite says of a statement is the mistake of who wrote it; what it says of the file is not.
fn sorted(path: &Path, source: sqlx::Error) -> QuestionError {
    let database = source.as_database_error();
    let code = database.and_then(|error| error.code()).and_then(|code| code.parse::<i32>().ok());
    let message = database.map(|error| error.message().to_owned());
    match (StoreError::from_sql(path, source), message) {
        // SQLITE_READONLY
        (StoreError::ReadOnly { .. }, _) if code.is_some_and(|code| code & 0xff == 8) => QuestionError::Refused(WRITES.to_owned()),
        (StoreError::Sql { .. }, Some(message)) => QuestionError::Wrong { message, position: None },
        (error, _) => error.into(),
    }
}

//! An operator's act: in one transaction with the row in `operations` that tells of it, on a database that must be there.

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::clock::Millis;

use super::{DatabaseFile, Session, StoreError, fetches, operations, runs};

/// Who acts, when, and what the act is called in `operations`.
#[derive(Debug, Clone)]
pub struct Act {
    pub at: Millis,
    /// The operating system's name of the user.
    pub who: String,
    /// One word: `retry`, `forget` …
    pub what: &'static str,
    /// To what it is done: row ids and the names of jobs, tenants and accounts, never a patient token.
    pub target: String,
}

impl Session {
    /// Takes the lock of a database that exists, and closes what a run that died left behind. `holder` tells others who we are and since when.
    pub async fn open_existing(file: DatabaseFile, holder: &str, now: Millis) -> Result<Self, StoreError> {
        if !file.path.exists() {
            return Err(StoreError::Missing { path: file.path });
        }
        let mut session = Self::open(file, holder).await?;
        let closed = close_dead_runs(&mut session.connection, now).await;
        closed.map_err(|source| session.error(source))?;
        Ok(session)
    }

    /// Does an act and records it, or neither.
    pub async fn act<T>(&mut self, act: &Act, work: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>) -> Result<T, StoreError> {
        let done = recorded(&mut self.connection, act, work).await;
        done.map_err(|source| self.error(source))
    }
}

/// Records an act that only reads. One row needs no lock of ours: SQLite's own lets it in between two batches of a run.
pub async fn record_reading(file: &DatabaseFile, act: &Act) -> Result<(), StoreError> {
    let recorded = async {
        let options = SqliteConnectOptions::new().filename(&file.path).busy_timeout(file.sharing.lock_wait);
        let mut connection = options.disable_statement_logging().connect().await?;
        operations::record(&mut connection, act.at, &act.who, act.what, &act.target).await?;
        connection.close().await
    };
    recorded.await.map_err(|source: sqlx::Error| StoreError::from_sql(&file.path, source))
}

async fn recorded<T>(
    connection: &mut SqliteConnection,
    act: &Act,
    work: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>,
) -> sqlx::Result<T> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let value = work(&mut transaction).await?;
    operations::record(&mut transaction, act.at, &act.who, act.what, &act.target).await?;
    transaction.commit().await?;
    Ok(value)
}

async fn close_dead_runs(connection: &mut SqliteConnection, now: Millis) -> sqlx::Result<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    fetches::close_lost(&mut transaction, now).await?;
    runs::close_dead(&mut transaction, now).await?;
    transaction.commit().await
}

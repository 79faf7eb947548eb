//! Opening the database: as its one writer, which takes the lock, makes and migrates it; or read-only, which changes nothing.

use std::{path::Path, str::FromStr};

use sqlx::{
    ConnectOptions, Connection, Executor, SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{DatabaseFile, StoreError, file::APPLICATION_ID, lock::Lock, wal::WalWatch};
use crate::failpoint;

static MIGRATOR: Migrator = sqlx::migrate!();

/// Measured: pages of 4 or 8 KiB commit bodies of 47 KB at 0.7 to 0.85 of this one's speed, 32 KiB gain little more.
const PAGE_SIZE: u32 = 16_384;

/// All that a run prepares, with three or four for each clinical table: what falls out of the cache is parsed again.
const STATEMENTS: usize = 256;

/// For SQLite's temporary tables, sorts and statement journals: pages of the database, which are patients' data, do not go to the machine's folder
/// for temporary files, whoever can read that and wherever it lies.
const IN_MEMORY: &str = "MEMORY";

/// The database in the hands of its one writer: lock held, schema up to date.
#[derive(Debug)]
pub struct Session {
    pub connection: SqliteConnection,
    pub readers: SqlitePool,
    pub file: DatabaseFile,
    pub(super) wal: WalWatch,
    #[expect(dead_code, reason = "held until the session ends")]
    lock: Lock,
}

impl Session {
    /// Takes the lock, makes the file where there is none, and migrates it. `holder` tells other runs who we are and since when.
    pub async fn open(file: DatabaseFile, holder: &str) -> Result<Self, StoreError> {
        file.create()?;
        let lock = Lock::take(&file, holder)?;
        let ours = file.is_ours()?;
        file.set_modes()?;
        if !ours {
            create(&file.path).await?;
        }
        failpoint::pass("created");
        let mut connection = connect_marked(&file).await?;
        assert_safe_sqlite(&mut connection, &file.path).await?;
        migrate(&mut connection, &file.path).await?;
        failpoint::pass("migrated");
        let readers = reader_pool(&file);
        let wal = WalWatch::new(file.wal_path(), file.sharing.wal_notice);
        Ok(Self { connection, readers, file, wal, lock })
    }

    /// Sorts an error of SQLite by what it asks of a person.
    pub fn error(&self, source: sqlx::Error) -> StoreError {
        StoreError::from_sql(&self.file.path, source)
    }

    /// How large the WAL grew, in bytes, if a reader who kept a snapshot made it grow past the notice.
    pub fn wal_grew_to(&self) -> Option<u64> {
        self.wal.grew_to()
    }

    /// Closes all connections, folds the WAL back into the file, and lets go of the lock.
    ///
    /// The last connection to leave removes the -wal and -shm, unless it can only read. Without them nobody opens the file who may not write to its
    /// folder: where a group may read it, a reader leaves last.
    pub async fn close(mut self) -> Result<(), StoreError> {
        if self.file.readers.is_some() {
            // One of them is connected from here on.
            let _ = self.readers.execute("SELECT count(*) FROM sqlite_schema").await;
        } else {
            self.readers.close().await;
        }
        // Where an analyst is still connected, the last one to leave folds it back; what nobody reads any more is trimmed now, without waiting.
        let _ = self.connection.execute("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)").await;
        let closed = self.connection.close().await;
        self.readers.close().await;
        closed.map_err(|source| StoreError::from_sql(&self.file.path, source))
    }
}

/// Connections that can only read. Meets an older or newer schema with an error and changes nothing.
pub async fn open_for_reading(path: &Path) -> Result<SqlitePool, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing { path: path.to_owned() });
    }
    let file = DatabaseFile::at(path.to_owned());
    if !file.is_ours()? {
        return Err(StoreError::Missing { path: path.to_owned() });
    }
    let pool = reader_pool(&file);
    let found = sqlx::query_scalar("PRAGMA user_version").fetch_one(&pool).await.map_err(|e| StoreError::from_sql(path, e))?;
    let known = newest_version();
    match found {
        found if found > known => Err(StoreError::Newer { path: path.to_owned(), found, known }),
        found if found < known => Err(StoreError::Older { path: path.to_owned(), found, known }),
        _ => Ok(pool),
    }
}

fn newest_version() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Writes the header before the file becomes a WAL database, so that whose it is stands in the file itself and not in a WAL beside it.
async fn create(path: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new().filename(path).page_size(PAGE_SIZE).journal_mode(SqliteJournalMode::Delete);
    let mut connection = connect(options, path).await?;
    let result = connection.execute(sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"))).await;
    result.map_err(|source| StoreError::from_sql(path, source))?;
    connection.close().await.map_err(|source| StoreError::from_sql(path, source))
}

fn writing(file: &DatabaseFile) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&file.path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(file.sharing.lock_wait)
        // A WAL that grew under a long reader is cut back to 64 MiB once that reader has left.
        .pragma("journal_size_limit", "67108864")
        // 8 MB: what most commits change, and the upper pages of each index. With 16, 5,000 charts came no faster and took 5 to 8 MB more.
        .pragma("cache_size", "-8000")
        .pragma("temp_store", IN_MEMORY)
        // What is deleted or replaced is patients' data: it is overwritten, not only unlinked.
        .pragma("secure_delete", "ON")
        .statement_cache_capacity(STATEMENTS)
}

fn reader_pool(file: &DatabaseFile) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(&file.path)
        .read_only(true)
        .busy_timeout(file.sharing.lock_wait)
        .pragma("temp_store", IN_MEMORY);
    SqlitePoolOptions::new().max_connections(4).connect_lazy_with(options)
}

async fn connect(options: SqliteConnectOptions, path: &Path) -> Result<SqliteConnection, StoreError> {
    options.disable_statement_logging().connect().await.map_err(|source| StoreError::from_sql(path, source))
}

/// The writer's connection to a file that is marked as ours.
///
/// A process that died while it made the file may have left a header that SQLite takes back when it opens it: then the file is made once more, or it
/// would be another application's from the next run on.
async fn connect_marked(file: &DatabaseFile) -> Result<SqliteConnection, StoreError> {
    let sql = |source| StoreError::from_sql(&file.path, source);
    let mut connection = connect(writing(file), &file.path).await?;
    let mark: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut connection).await.map_err(sql)?;
    if mark != 0 {
        return Ok(connection);
    }
    connection.close().await.map_err(sql)?;
    create(&file.path).await?;
    connect(writing(file), &file.path).await
}

/// Versions before 3.51.3 can damage a WAL database when a checkpoint resets it while another connection writes.
async fn assert_safe_sqlite(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let found: String =
        sqlx::query_scalar("SELECT sqlite_version()").fetch_one(connection).await.map_err(|source| StoreError::from_sql(path, source))?;
    let numbers: Vec<u32> = found.split('.').map_while(|part| u32::from_str(part).ok()).collect();
    if numbers >= vec![3, 51, 3] { Ok(()) } else { Err(StoreError::UnsafeSqlite { found }) }
}

/// Brings the schema up to date; the caller holds the lock, which sqlx's own does not replace on SQLite.
async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let sql = |source| StoreError::from_sql(path, source);
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await.map_err(sql)?;
    let known = newest_version();
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    if found < known {
        // All of them or none. Committed one by one they make the first run of a database 16 ms longer.
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(sql)?;
        MIGRATOR.run(&mut *transaction).await.map_err(|error| match error {
            // What SQLite itself said: the disk may be full.
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => sql(source),
            other => sql(other.into()),
        })?;
        let set = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {known}"));
        transaction.execute(set).await.map_err(sql)?;
        transaction.commit().await.map_err(sql)?;
    }
    Ok(())
}

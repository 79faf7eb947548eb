//! What can make the database unusable, in the words of the person who has to mend it.

use std::{io, path::PathBuf};

use super::{bodies::Damage, way};

/// An error that ends the run; which exit code it leads to is decided in `cli::exit`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{path}: another run holds this database: {holder}; nothing was asked for (`--wait` waits for it)")]
    Held { path: PathBuf, holder: String },
    #[error("{path}: a signal ended the wait for who holds this database: {holder}; nothing was asked for")]
    StillHeld { path: PathBuf, holder: String },
    #[error("{path}: cannot be created or written: {source}; nothing was asked for")]
    NotWritable { path: PathBuf, source: io::Error },
    #[error("{path}: cannot be written ({message}); what was committed is whole")]
    ReadOnly { path: PathBuf, message: String },
    #[error("{path}: the disk is full; what was committed is whole, the next run goes on once there is space")]
    Full { path: PathBuf },
    #[error("{path}: {free} bytes are free where {wanted} are needed; nothing was asked for")]
    TooLittleSpace { path: PathBuf, free: u64, wanted: u64 },
    #[error("{path}: is no SQLite database; it was left untouched")]
    NotSqlite { path: PathBuf },
    #[error("{path}: is another application's database (application_id {found:#x}); it was left untouched")]
    Foreign { path: PathBuf, found: u32 },
    #[error(
        "{path}: is damaged ({message}); what `ccda-export verify` finds says how badly: put a copy made by `backup` in its place, or save what `sqlite3 .recover` finds"
    )]
    Damaged { path: PathBuf, message: String },
    #[error("{path}: was written by a newer version (schema {found}, this program knows {known}); it was left untouched")]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{path}: has the schema of an older version ({found} of {known}); the next `run` brings it up to date")]
    Older { path: PathBuf, found: i64, known: i64 },
    #[error("{path}: is no place for a copy: {why}; nothing was written")]
    Exists { path: PathBuf, why: &'static str },
    #[error("{path}: there is no such database yet; `ccda-export run` makes it")]
    Missing { path: PathBuf },
    #[error(
        "{path}: lies on a network or shared file system ({kind}), where SQLite's locks and WAL are not safe; use a local disk, or set \
         allow_network_file_system = true"
    )]
    NetworkFileSystem { path: PathBuf, kind: String },
    #[error("{path}: another program has held the write lock for too long; what was committed is whole")]
    Locked { path: PathBuf },
    #[error("this binary has SQLite {found}, and versions before 3.51.3 can damage a WAL database; build it with the bundled SQLite")]
    UnsafeSqlite { found: String },
    #[error("the writer has stopped; its own error says why")]
    WriterGone,
    #[error(
        "another run has taken over the database and what this one held, as if its lock file had been removed; no late answer was written"
    )]
    TakenOver,
    #[error("{path}: {source}")]
    Sql { path: PathBuf, source: sqlx::Error },
}

impl StoreError {
    /// Whether the database is held by another.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Held { .. } | Self::StillHeld { .. })
    }

    /// Whether the database is held by somebody who makes way for whoever asks (`WayRequest`).
    pub fn is_held_by_who_makes_way(&self) -> bool {
        matches!(self, Self::Held { holder, .. } if way::makes_way(holder))
    }

    /// Sorts an error of SQLite by what it asks of a person (<https://www.sqlite.org/rescode.html>).
    pub(crate) fn from_sql(path: &std::path::Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        if let Some(damage) = Damage::of(&source) {
            return Self::Damaged { path, message: damage.to_string() };
        }
        let Some(database) = source.as_database_error() else {
            return Self::Sql { path, source };
        };
        let message = database.message().to_owned();
        let code: i32 = database.code().and_then(|code| code.parse().ok()).unwrap_or(0);
        // The primary code is the low byte of the extended one.
        match code & 0xff {
            5 | 6 => Self::Locked { path },
            8 => Self::ReadOnly { path, message },
            10 => Self::Damaged { path, message: format!("input/output error: {message}") },
            11 => Self::Damaged { path, message },
            13 => Self::Full { path },
            14 => Self::ReadOnly { path, message },
            26 => Self::NotSqlite { path },
            _ => Self::Sql { path, source },
        }
    }
}

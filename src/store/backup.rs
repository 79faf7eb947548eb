//! A consistent, compact copy of the database while a run is writing: complete under another name first, then put in place whole.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

use super::{DatabaseFile, StoreError, act::Act, file::with_suffix, open_for_reading, operations};

/// Copies the database to `to` and tells the copy's size in bytes.
///
/// The copy has no WAL: it is one file, which may be moved and which a reader opens who may not write beside it. It is readable by its owner, and by
/// the group that may read the database. The copy has its own row in `operations`.
///
/// # Errors
/// [`StoreError::Exists`] where `to` is there and `replace` is not said, or has a WAL beside it, or is the database itself.
pub async fn backup(database: &DatabaseFile, to: &Path, replace: bool, act: &Act) -> Result<u64, StoreError> {
    refuse(&database.path, to, replace)?;
    let source = open_for_reading(&database.path).await?;
    let part = Part::create(to)?;
    let copied = copy(&source, &part.0, act).await;
    source.close().await;
    copied.map_err(|source| StoreError::from_sql(&part.0, source))?;
    let not_writable = |source| StoreError::NotWritable { path: to.to_owned(), source };
    let size = finish(database, &part.0).map_err(not_writable)?;
    // Long after the first look: somebody may have put a file there meanwhile.
    refuse(&database.path, to, replace)?;
    fs::rename(&part.0, to).and_then(|()| File::open(folder(to))?.sync_all()).map_err(not_writable)?;
    Ok(size)
}

/// The unfinished copy beside its place; removed unless it was put there.
struct Part(PathBuf);

impl Part {
    /// Makes the file, empty, so that nobody else may read it from the first byte on.
    fn create(to: &Path) -> Result<Self, StoreError> {
        let mut name = std::ffi::OsString::from(".");
        name.push(to.file_name().unwrap_or_default());
        name.push(format!(".{}.part", std::process::id()));
        let path = folder(to).join(name);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(|source| StoreError::NotWritable { path: to.to_owned(), source })?;
        Ok(Self(path))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After the rename there is nothing under this name any more.
        let _ = fs::remove_file(&self.0);
    }
}

fn refuse(database: &Path, to: &Path, replace: bool) -> Result<(), StoreError> {
    let exists = |why| Err(StoreError::Exists { path: to.to_owned(), why });
    let same = |a: fs::Metadata, b: fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    if let (Ok(a), Ok(b)) = (fs::metadata(database), fs::metadata(to))
        && same(a, b)
    {
        return exists("it is the database itself");
    }
    for suffix in ["-wal", "-journal"] {
        if with_suffix(to, suffix).symlink_metadata().is_ok() {
            // SQLite would read it as the copy's own.
            return exists("a -wal or -journal beside it belongs to another database");
        }
    }
    if !replace && to.symlink_metadata().is_ok() {
        return exists("it is there already; --force replaces it");
    }
    Ok(())
}

async fn copy(source: &sqlx::SqlitePool, part: &Path, act: &Act) -> sqlx::Result<()> {
    let name = part.to_str().ok_or_else(|| sqlx::Error::Protocol("the path of the copy is not UTF-8".to_owned()))?;
    sqlx::query("VACUUM INTO ?").bind(name).execute(source).await?;
    // Until it is in place nobody else sees the copy, so its journal may stay in memory.
    let options = SqliteConnectOptions::new().filename(part).journal_mode(SqliteJournalMode::Memory).disable_statement_logging();
    let mut copy: SqliteConnection = options.connect().await?;
    operations::record(&mut copy, act.at, &act.who, act.what, &act.target).await?;
    copy.close().await
}

fn finish(database: &DatabaseFile, part: &Path) -> io::Result<u64> {
    let file = OpenOptions::new().read(true).write(true).open(part)?;
    database.give_mode(&file, database.group()?)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

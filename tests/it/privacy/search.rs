//! Where is looked: folders in which nothing may be written even for a moment, every column of the database, and every byte of its files.

use std::{fs, path::PathBuf};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    marks::{self, Kind, Leaks},
    site::{Site, is_empty},
};

/// Sees whatever is made in folders, a file too that is removed at once.
pub struct Watch {
    folders: Vec<PathBuf>,
    events: Inotify,
}

impl Watch {
    pub fn of(folders: &[PathBuf]) -> Self {
        let events = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).unwrap();
        for folder in folders {
            events.add_watch(folder, AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO).unwrap();
        }
        Self { folders: folders.to_vec(), events }
    }

    pub fn nothing_was_written(&self, by: &str, leaks: &mut Leaks) {
        // EAGAIN where nothing happened.
        for event in self.events.read_events().unwrap_or_default() {
            leaks.0.push(format!("{by} made {:?} in a folder for temporary files, its own or its home", event.name));
        }
        assert!(self.folders.iter().all(|folder| is_empty(folder)) || !leaks.0.is_empty());
    }
}

/// The columns in which a mark of this kind belongs. What a server writes into a body it has written, whatever it is.
fn belongs(kind: Kind, column: &str) -> bool {
    let body = ["bodies.bytes", "bodies.zstd", "refused_bodies.bytes"].contains(&column);
    match kind {
        Kind::Secret => body,
        Kind::PatientToken => body || column == "patients.patient_token",
        Kind::Own => column == "patients.extra",
        Kind::Person => {
            body || column == "identities.persons"
                || ["documents.document_extension", "documents.title", "documents.mrn_extension"].contains(&column)
                || ["document_headers.doc_id_ext", "document_headers.title"].contains(&column)
                // The tables that say who somebody is.
                || ["document_patients.", "patient_"].iter().any(|table| column.starts_with(table))
        }
    }
}

/// Looks into every column of every table and view of the database.
pub async fn database(site: &Site, leaks: &mut Leaks) {
    let path = site.path("export.sqlite");
    if !path.exists() {
        return;
    }
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let columns = "SELECT s.name, c.name FROM sqlite_schema s JOIN pragma_table_xinfo(s.name) c WHERE s.type = 'table'";
    for (table, column) in sqlx::query_as::<_, (String, String)>(columns).fetch_all(&mut connection).await.unwrap() {
        for mark in found(&mut connection, &table, &column).await {
            let kind = marks::ALL.iter().find(|(_, text)| *text == mark).unwrap().0;
            let column = format!("{table}.{column}");
            if !belongs(kind, &column) {
                leaks.0.push(format!("{mark} is in the column {column}"));
            }
        }
    }
    connection.close().await.unwrap();
}

/// The marks that a column holds.
async fn found(connection: &mut SqliteConnection, table: &str, column: &str) -> Vec<&'static str> {
    let tests = marks::ALL.map(|(_, mark)| format!("total(instr(lower(CAST({column} AS TEXT)), '{}') > 0)", mark.to_lowercase()));
    // One row of thirteen numbers would be more than sqlx has tuples for.
    let sql = format!("SELECT json_array({}) FROM {table}", tests.join(", "));
    let counts: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(connection).await.unwrap();
    let counts: Vec<f64> = serde_json::from_str(&counts).unwrap();
    marks::ALL.iter().zip(counts).filter(|(_, count)| *count > 0.0).map(|((_, mark), _)| *mark).collect()
}

/// Looks at every byte of the database, of what stands beside it and of its copy: no secret lies there, unless a server has written it into a body.
pub fn files(site: &Site, leaks: &mut Leaks) {
    for path in site.database_files() {
        let bytes = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".lock") || name.ends_with("-shm") {
            leaks.search(&name, &bytes);
        } else if !marks::contains(&bytes, ECHO) {
            leaks.search_for(&marks::of(&[Kind::Secret]), &name, &bytes);
        }
    }
}

/// Stands in every body in which a server repeats secrets.
pub const ECHO: &str = "this server repeats what it was told";

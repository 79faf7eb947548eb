//! The history of a large roster, written past the program: sets of rows instead of one after the other.

use std::{io, path::Path, process::Stdio};

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::runtime::Runtime;

use crate::{arguments::Arguments, roster::Written};

/// Whom single questions are about: one with clinical rows.
pub const PATIENT: u64 = 5_050;

/// Nothing of it has to survive a power cut, and a large cache spares it most of the disk.
const FAST: &str = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1500000; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY";

/// Makes the database, with one small body in it: a new one asks for a disk that holds a million charts of a usual size.
pub fn begin(database: &Path) -> io::Result<()> {
    block(async {
        use ccda_export::store::{DatabaseFile, Session};
        let file = DatabaseFile { path: database.to_owned(), readers: None, allow_network_file_system: true, sharing: Default::default() };
        let mut session = Session::open(file, "the bench").await.map_err(io::Error::other)?;
        let insert = "INSERT INTO bodies (id, sha256, length, bytes) VALUES (0, zeroblob(32), 1, x'00')";
        session.connection.execute(insert).await.map_err(io::Error::other)?;
        session.close().await.map_err(io::Error::other)
    })
}

/// Writes the nights onto what the first run left.
pub fn write(arguments: &Arguments, roster: &Written) -> io::Result<()> {
    let charts = charts(&arguments.dir)?;
    block(async {
        let mut connection = open(&roster.database).await?;
        let written = async {
            connection.execute("DELETE FROM bodies").await?;
            bodies(&mut connection, arguments.patients).await?;
            connection.execute(AssertSqlSafe(format!("ATTACH '{}' AS charts", charts.display()))).await?;
            let (patients, nights) = (arguments.patients, arguments.nights);
            let size = format!(
                "CREATE TEMP TABLE size AS SELECT {patients} AS patients, {nights} AS nights, unixepoch('now', 'start of day') * 1000 AS today"
            );
            connection.execute(AssertSqlSafe(size)).await?;
            connection.execute(include_str!("history.sql")).await?;
            clinical_rows(&mut connection).await?;
            connection.execute("PRAGMA journal_mode = WAL").await?;
            connection.close().await
        };
        written.await.map_err(io::Error::other)
    })
}

/// A night whose every fetch has ended.
pub fn end_of_night(database: &Path) -> io::Result<()> {
    block(async {
        let mut connection = open(database).await?;
        let end =
            "UPDATE fetches SET state = 'absent', reason = NULL, due_at = NULL, account_id = NULL, leased_at = NULL, lease_kind = NULL
                   WHERE state IN ('pending', 'waiting', 'leased'); PRAGMA journal_mode = WAL";
        connection.execute(end).await.map_err(io::Error::other)?;
        connection.close().await.map_err(io::Error::other)
    })
}

/// The views of the database, and which of them name a patient.
pub fn views(database: &Path) -> io::Result<Vec<(String, bool)>> {
    block(async {
        let mut connection = open(database).await?;
        let views = "SELECT name, EXISTS (SELECT 1 FROM pragma_table_info(s.name) c WHERE c.name = 'patient_id')
                     FROM sqlite_schema s WHERE type = 'view' ORDER BY name";
        let views = sqlx::query_as(views).fetch_all(&mut connection).await.map_err(io::Error::other)?;
        connection.execute("PRAGMA journal_mode = WAL").await.map_err(io::Error::other)?;
        connection.close().await.map_err(io::Error::other)?;
        Ok(views)
    })
}

/// The demo's database, whose charts were flattened by the program.
fn charts(dir: &Path) -> io::Result<std::path::PathBuf> {
    let demo = dir.join("demo");
    if !demo.join("export.sqlite").exists() {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ccda-export"));
        command.env_clear().args(["demo", "--dir"]).arg(&demo).stdout(Stdio::null()).stderr(Stdio::null());
        command.status()?;
    }
    Ok(demo.join("export.sqlite"))
}

/// A small body for each patient, of the SHA-256 that it really has.
async fn bodies(connection: &mut SqliteConnection, patients: u64) -> sqlx::Result<()> {
    let ids: Vec<u64> = (1..=patients).collect();
    for chunk in ids.chunks(10_000) {
        let rows: Vec<_> = chunk.iter().map(|id| body(*id)).collect();
        let rows = serde_json::Value::from(rows).to_string();
        let insert = "INSERT INTO bodies (id, sha256, length, bytes)
                      SELECT value ->> 0, unhex(value ->> 1), length(value ->> 2), CAST(value ->> 2 AS BLOB) FROM json_each(?)";
        sqlx::query(insert).bind(rows).execute(&mut *connection).await?;
    }
    Ok(())
}

fn body(id: u64) -> serde_json::Value {
    let text = format!("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id extension=\"{id}\"/></ClinicalDocument>");
    let sha256: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    serde_json::json!([id, sha256, text])
}

/// The rows of the demo's charts, for the documents in `copies`.
async fn clinical_rows(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let tables = "SELECT t.name, group_concat(c.name) FROM pragma_table_list t JOIN pragma_table_info(t.name) c
                  WHERE t.schema = 'main' AND t.type = 'table' AND t.name <> 'fetches' AND (c.name <> 'id' OR t.name = 'sections')
                    AND EXISTS (SELECT 1 FROM pragma_table_info(t.name) d WHERE d.name = 'document_id')
                  GROUP BY t.name ORDER BY t.name <> 'sections'";
    let tables: Vec<(String, String)> = sqlx::query_as(tables).fetch_all(&mut *connection).await?;
    for (table, columns) in tables {
        let values = columns.split(',').map(|column| match column {
            "document_id" => "k.document_id".to_owned(),
            // A section's id is made of its document and its place there.
            "id" => "k.document_id * 4096 + r.seq".to_owned(),
            "section_id" => "k.document_id * 4096 + (SELECT s.seq FROM charts.sections s WHERE s.id = r.section_id)".to_owned(),
            other => format!("r.\"{other}\""),
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let columns = columns.split(',').map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
        let copy = format!(
            "INSERT INTO main.{table} ({columns}) SELECT {values} FROM temp.copies k CROSS JOIN charts.{table} r ON r.document_id = k.chart_id"
        );
        connection.execute(AssertSqlSafe(copy)).await?;
    }
    Ok(())
}

async fn open(database: &Path) -> io::Result<SqliteConnection> {
    let mut connection = SqliteConnectOptions::new().filename(database).connect().await.map_err(io::Error::other)?;
    connection.execute(FAST).await.map_err(io::Error::other)?;
    Ok(connection)
}

fn block<T>(future: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    Runtime::new()?.block_on(future)
}

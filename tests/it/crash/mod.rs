//! Rows 43 to 60 of the faults: clocks, disks, databases and processes that fail. The real binary, wherever real time allows it.

mod clocks;
mod database;
mod disk;
mod kill;
mod large_night;
mod memory;
mod processes;
mod stopped;
mod upgrade;
mod wal;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
};

use ccda_export::store::open_for_reading;
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::harness::{Ended, Sandbox, ask_file, ccda_export, finish};

/// Charts that differ in every byte that matters, one a file, so that what was exported can be compared with what was served.
struct Charts(TempDir);

impl Charts {
    fn new(count: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for number in 1..=count {
            std::fs::write(dir.path().join(format!("{number:05}.xml")), Self::text(number)).unwrap();
        }
        Self(dir)
    }

    fn text(number: usize) -> String {
        format!("<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.{number}\"/></ClinicalDocument>")
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }
}

/// A run that dies at a step of `src/failpoint.rs`, unless it never reaches it.
fn run_dying(sandbox: &Sandbox, step: &str) -> Ended {
    run_dying_with(sandbox, step, &[])
}

fn run_dying_with(sandbox: &Sandbox, step: &str, args: &[&str]) -> Ended {
    let mut command = ccda_export();
    command.env("CCDA_EXPORT_DIE_AT", step).arg("run").arg(sandbox.job()).args(args);
    finish(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// A connection of another program, outside of the exporter's rules.
pub async fn other_program(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}

fn database(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("export.sqlite")
}

/// Whether the database has been made.
async fn is_there(sandbox: &Sandbox) -> bool {
    let Ok(readers) = open_for_reading(&database(sandbox)).await else { return false };
    readers.close().await;
    true
}

/// Fetches whose requests are on their way.
async fn leased(sandbox: &Sandbox) -> u64 {
    if is_there(sandbox).await { sandbox.count("SELECT count(*) FROM fetches WHERE state = 'leased'").await } else { 0 }
}

/// SQLite finds nothing wrong with the file, and every body is the one that its hash names.
async fn assert_no_damage(path: &Path) {
    assert_eq!(ask_file(path, "PRAGMA integrity_check").await, [["ok"]]);
    assert!(ask_file(path, "PRAGMA foreign_key_check").await.is_empty());
    assert_eq!(ask_file(path, "SELECT count(*) FROM bodies WHERE zstd IS NULL AND length(bytes) IS NOT length").await, [["0"]]);
}

/// The end of an export that was disturbed is that of one that was not: each patient once, each with exactly one fetch and one accepted
/// answer, and every request that the server knows of has its row.
async fn assert_as_undisturbed(sandbox: &Sandbox) {
    assert_no_damage(&database(sandbox)).await;
    let patients = sandbox.patients().len() as u64;
    assert_eq!(sandbox.ask("SELECT state, count(*) FROM fetches GROUP BY state").await, [["done".to_owned(), patients.to_string()]]);
    for one_each in [
        "SELECT count(DISTINCT patient_id) FROM fetches",
        "SELECT count(*) FROM latest_documents",
        "SELECT count(*) FROM documents",
        "SELECT count(*) FROM attempts WHERE outcome = 'ok' AND kind <> 'token'",
    ] {
        assert_eq!(sandbox.count(one_each).await, patients, "{one_each}");
    }
    assert_eq!(sandbox.count("SELECT count(*) FROM attempts WHERE outcome IS NULL").await, 0);
    assert_eq!(sandbox.count("SELECT count(*) FROM runs WHERE ended_at IS NULL").await, 0);
    assert_requests_have_rows(sandbox).await;
}

async fn assert_requests_have_rows(sandbox: &Sandbox) {
    let rows = sandbox
        .ask("SELECT p.patient_token, count(a.id) FROM patients p JOIN fetches f ON f.patient_id = p.id LEFT JOIN attempts a ON a.fetch_id = f.id GROUP BY p.id")
        .await;
    let rows: BTreeMap<&str, u64> = rows.iter().map(|row| (row[0].as_str(), row[1].parse().unwrap())).collect();
    let requests = sandbox.requests().await;
    let requests = requests["requests"].as_array().unwrap();
    let mut asked: BTreeMap<&str, u64> = BTreeMap::new();
    requests.iter().filter_map(|request| request["patient_token"].as_str()).for_each(|token| *asked.entry(token).or_default() += 1);
    for (token, asked) in asked {
        assert!(rows[token] >= asked, "{asked} requests for a patient left only {} attempts", rows[token]);
    }
    let logins = requests.iter().filter(|request| request["kind"] == "token").count() as u64;
    let rows = sandbox.count("SELECT count(*) FROM attempts WHERE kind = 'token'").await;
    assert!(rows >= logins, "{logins} token requests left only {rows} attempts");
}

/// Each stored body is, byte for byte, the file that was served for its patient.
async fn assert_bytes(sandbox: &Sandbox, charts: &Charts) {
    let stored =
        sandbox.ask("SELECT l.extra ->> 'file', CAST(b.bytes AS TEXT) FROM latest_documents l JOIN bodies b ON b.id = l.body_id").await;
    for row in stored {
        assert_eq!(std::fs::read_to_string(charts.0.path().join(&row[0])).unwrap(), row[1], "{}", row[0]);
    }
}

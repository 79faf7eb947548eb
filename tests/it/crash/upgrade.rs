//! A newer binary between two nights: the lock's holder brings the schema up to date, readers are told to wait for it.

use std::{fs, path::Path};

use ccda_export::{
    export::RunError,
    report::ExitCode,
    store::{StoreError, open_for_reading},
};
use sqlx::{Connection, Executor, migrate::Migrator};

use super::{assert_as_undisturbed, database, other_program};
use crate::harness::{Sandbox, call};

/// A database as the version with the first `count` migrations left it.
async fn older(path: &Path, count: usize) {
    let some = tempfile::tempdir().unwrap();
    let mut files: Vec<_> = fs::read_dir("migrations").unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in &files[..count] {
        fs::copy(file, some.path().join(file.file_name().unwrap())).unwrap();
    }
    fs::write(path, "").unwrap();
    let mut connection = other_program(path).await;
    connection.execute("PRAGMA application_id = 0x43434441; PRAGMA journal_mode = WAL").await.unwrap();
    Migrator::new(some.path()).await.unwrap().run(&mut connection).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {count}"))).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn readers_meet_an_older_schema_with_78_and_the_next_run_brings_it_up_to_date() {
    let sandbox = Sandbox::start(&["--patients", "12"]);
    older(&database(&sandbox), 2).await;
    let before = fs::read(database(&sandbox)).unwrap();
    let error = open_for_reading(&database(&sandbox)).await.unwrap_err();
    assert!(matches!(error, StoreError::Older { found: 2, .. }), "{error}");
    assert!(error.to_string().contains("the next `run` brings it up to date"), "{error}");
    assert_eq!(RunError::from(error).exit_code(), ExitCode::Configuration);
    assert_eq!(fs::read(database(&sandbox)).unwrap(), before);

    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_as_undisturbed(&sandbox).await;
}

#[tokio::test]
async fn an_upgrade_that_was_killed_is_finished_by_the_next_run() {
    let sandbox = Sandbox::start(&["--patients", "6"]);
    older(&database(&sandbox), 3).await;
    super::run_dying(&sandbox, "migrated");
    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_as_undisturbed(&sandbox).await;
    assert_eq!(call(["check".as_ref(), sandbox.job().as_os_str()]).code(), 0);
}

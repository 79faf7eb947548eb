//! `backup`: a whole copy or none, while a run is writing.

use std::{fs, os::unix::fs::MetadataExt};

use super::act;
use crate::harness::{Sandbox, ask_file, call, finish, until};

fn left_behind(sandbox: &Sandbox) -> Vec<String> {
    let names = fs::read_dir(sandbox.dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".part") || name.starts_with("copy.sqlite-")).collect()
}

#[tokio::test]
async fn a_copy_taken_while_a_run_is_writing_is_whole_and_opens_as_ours() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "600", "--latency-ms", "200"]);
    let run = sandbox.start_run(&[]);
    let database = sandbox.path("export.sqlite");
    let documents = "SELECT count(*) FROM documents";
    // A schema of some 100 kB is there only after the first commit; what the run writes then stands in the WAL for long.
    until(async || fs::metadata(&database).is_ok_and(|file| file.len() > 100_000) && sandbox.count(documents).await > 5).await;
    let copy = sandbox.path("copy.sqlite");
    let ended = act(&sandbox, "backup", &[copy.to_str().unwrap()]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let still_running = sandbox.count("SELECT count(*) FROM runs WHERE ended_at IS NULL").await;
    assert_eq!(still_running, 1, "the run was over before the copy was: this test shows nothing");
    let sound = call(["verify".as_ref(), "--database".as_ref(), copy.as_os_str()]);
    assert_eq!(sound.code(), 0, "{sound:#?}");
    let copied: u64 = ask_file(&copy, documents).await[0][0].parse().unwrap();
    assert!(copied > 5, "only {copied} documents were copied");
    for file in [&copy, &database] {
        assert_eq!(ask_file(file, "SELECT what, target FROM operations").await, [["backup", copy.to_str().unwrap()]]);
    }
    assert_eq!(ask_file(&copy, "PRAGMA journal_mode").await, [["delete"]]);
    let header = fs::read(&copy).unwrap();
    assert_eq!(&header[68..72], b"CCDA");
    assert_eq!(fs::metadata(&copy).unwrap().mode() & 0o7777, 0o600);
    assert_eq!(left_behind(&sandbox), Vec::<String>::new());
    assert_eq!(finish(run).code(), 0);
    assert_eq!(sandbox.count(documents).await, 600);
}

#[tokio::test]
async fn a_run_goes_on_with_a_copy_that_was_put_in_the_databases_place() {
    let sandbox = Sandbox::start(&["--patients", "9"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let copy = sandbox.path("copy.sqlite");
    assert_eq!(act(&sandbox, "backup", &[copy.to_str().unwrap()]).code(), 0);
    fs::rename(&copy, sandbox.path("export.sqlite")).unwrap();
    let ended = sandbox.run(&["--output", "json"]);
    assert_eq!((ended.code(), ended.json()["effort"]["document_requests"].as_u64()), (0, Some(0)), "{ended:#?}");
    assert_eq!(sandbox.ask("PRAGMA journal_mode").await, [["wal"]]);
}

#[tokio::test]
async fn a_file_that_is_there_is_replaced_only_with_force_and_the_database_never() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let copy = sandbox.path("copy.sqlite");
    fs::write(&copy, "mine").unwrap();
    let ended = act(&sandbox, "backup", &[copy.to_str().unwrap()]);
    assert_eq!(ended.code(), 73, "{ended:#?}");
    assert!(ended.stderr.contains("--force"), "{ended:#?}");
    assert_eq!(fs::read(&copy).unwrap(), b"mine");
    assert_eq!(act(&sandbox, "backup", &[copy.to_str().unwrap(), "--force"]).code(), 0);
    assert!(fs::metadata(&copy).unwrap().len() > 100_000);

    let database = sandbox.path("export.sqlite");
    let before = fs::read(&database).unwrap();
    let acts = sandbox.count("SELECT count(*) FROM operations").await;
    assert_eq!(act(&sandbox, "backup", &[database.to_str().unwrap(), "--force"]).code(), 73);
    assert_eq!(sandbox.count("SELECT count(*) FROM operations").await, acts, "what was refused is on record");
    assert_eq!(fs::read(&database).unwrap(), before);
    // A WAL that belongs to another file would be read as the copy's own.
    fs::write(sandbox.path("copy.sqlite-wal"), "another's").unwrap();
    assert_eq!(act(&sandbox, "backup", &[copy.to_str().unwrap(), "--force"]).code(), 73);
}

#[tokio::test]
async fn a_folder_that_is_missing_or_closed_gets_no_copy() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let ended = act(&sandbox, "backup", &[sandbox.path("no/such/copy.sqlite").to_str().unwrap()]);
    assert_eq!(ended.code(), 73, "{ended:#?}");
    assert!(!sandbox.path("no").exists());
}

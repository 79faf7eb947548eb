//! Rows 50 to 52: a file that is damaged, of another version, or locked by another program.

use std::{fs, path::Path, time::Duration};

use sqlx::{Connection, Executor};

use super::{assert_as_undisturbed, assert_no_damage, database, is_there, other_program};
use crate::harness::{Sandbox, finish, until};

/// Overwrites the first page of a table or index.
async fn damage(sandbox: &Sandbox, name: &str) {
    let page: usize = sandbox.count(&format!("SELECT rootpage FROM sqlite_schema WHERE name = '{name}'")).await.try_into().unwrap();
    let size: usize = sandbox.count("PRAGMA page_size").await.try_into().unwrap();
    let mut bytes = fs::read(database(sandbox)).unwrap();
    bytes[(page - 1) * size..page * size].fill(0xAA);
    fs::write(database(sandbox), bytes).unwrap();
}

#[tokio::test]
async fn fault_50_a_damaged_page_ends_the_run_where_it_is_met() {
    // The first is met before any request, the second when the first document is to be written.
    for (page, before_requests) in [("fetches", true), ("bodies_by_digest", false)] {
        let sandbox = Sandbox::start(&["--patients", "12"]);
        assert_eq!(sandbox.run(&[]).code(), 0);
        damage(&sandbox, page).await;
        let ended = sandbox.run(&["--again"]);
        assert_eq!(ended.code(), 74, "{page}: {ended:#?}");
        for word in ["is damaged", "verify", "backup"] {
            assert!(ended.stderr.contains(word), "{page}: {ended:#?}");
        }
        assert_eq!(sandbox.requests_with("document", 200).await == 12, before_requests, "{page}");
        // What is whole can still be read, and nothing new was put into it.
        assert_eq!(sandbox.count("SELECT count(*) FROM documents").await, 12, "{page}");
    }
}

#[tokio::test]
async fn fault_50_what_is_no_database_of_ours_is_refused_and_left_untouched() {
    for (make, words) in [(text_file as fn(&Path), "no SQLite database"), (foreign_file, "another application")] {
        let sandbox = Sandbox::start(&["--patients", "3"]);
        make(&database(&sandbox));
        let before = fs::read(database(&sandbox)).unwrap();
        let ended = sandbox.run(&[]);
        assert_eq!(ended.code(), 74, "{ended:#?}");
        assert!(ended.stderr.contains(words), "{ended:#?}");
        assert_eq!(fs::read(database(&sandbox)).unwrap(), before);
        assert!(!sandbox.path("export.sqlite-wal").exists() && sandbox.requests_with("token", 200).await == 0);
    }
}

fn text_file(path: &Path) {
    fs::write(path, "a letter, not a database\n".repeat(40)).unwrap();
}

fn foreign_file(path: &Path) {
    let mut header = vec![0u8; 4096];
    header[..16].copy_from_slice(b"SQLite format 3\0");
    fs::write(path, header).unwrap();
}

#[tokio::test]
async fn fault_51_a_database_of_a_newer_version_is_refused_and_left_untouched() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let mut bytes = fs::read(database(&sandbox)).unwrap();
    bytes[60..64].copy_from_slice(&9_999u32.to_be_bytes());
    fs::write(database(&sandbox), &bytes).unwrap();
    let ended = sandbox.run(&["--again"]);
    assert_eq!(ended.code(), 78, "{ended:#?}");
    assert!(ended.stderr.contains("newer version") && ended.stderr.contains("9999"), "{ended:#?}");
    assert_eq!(fs::read(database(&sandbox)).unwrap(), bytes);
    assert_eq!(sandbox.requests_with("document", 200).await, 3);
}

#[tokio::test]
async fn fault_52_a_run_waits_while_another_program_holds_the_write_lock() {
    let sandbox = Sandbox::start(&["--patients", "30", "--latency-ms", "50"]);
    let run = sandbox.start_run(&["--again"]);
    until(async || database(&sandbox).exists() && fs::metadata(database(&sandbox)).unwrap().len() > 100_000).await;
    let mut other = other_program(&database(&sandbox)).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    other.execute("ROLLBACK").await.unwrap();
    other.close().await.unwrap();
    let ended = finish(run);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_as_undisturbed(&sandbox).await;
}

#[tokio::test]
async fn fault_52_a_lock_that_is_held_for_too_long_ends_the_run_in_order_and_the_next_goes_on() {
    let sandbox = Sandbox::start(&["--patients", "60", "--latency-ms", "50"]);
    sandbox.edit("job.toml", "deadline = \"1h\"", "deadline = \"1h\"\nlock_wait = \"400ms\"");
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 2");
    let run = sandbox.start_run(&[]);
    until(async || is_there(&sandbox).await && sandbox.count("SELECT count(*) FROM documents").await > 3).await;
    let mut other = other_program(&database(&sandbox)).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let ended = finish(run);
    assert_eq!(ended.code(), 75, "{ended:#?}");
    assert!(ended.stderr.contains("another program has held the write lock"), "{ended:#?}");

    // One that begins meanwhile ends the same way, before any request.
    let before = sandbox.requests_with("token", 200).await;
    assert_eq!(sandbox.run(&[]).code(), 75);
    assert_eq!(sandbox.requests_with("token", 200).await, before);

    other.execute("ROLLBACK").await.unwrap();
    other.close().await.unwrap();
    assert_no_damage(&database(&sandbox)).await;
    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_as_undisturbed(&sandbox).await;
}

//! `verify`: a sound database is told to be sound, and each kind of damage is found.

use std::fs;

use super::{act, change};
use crate::harness::{Ended, Sandbox, call};

async fn exported() -> Sandbox {
    let sandbox = Sandbox::start(&["--tenants", "2", "--accounts", "2", "--patients", "12"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    sandbox
}

fn damaged(sandbox: &Sandbox, words: &str) -> Ended {
    let ended = act(sandbox, "verify", &[]);
    assert_eq!(ended.code(), 74, "{ended:#?}");
    assert!(ended.stdout.lines().any(|line| line.starts_with("damage: ") && line.contains(words)), "{words:?}: {ended:#?}");
    ended
}

#[tokio::test]
async fn a_database_is_sound_after_runs_and_proving_it_leaves_a_row_and_changes_nothing_else() {
    let sandbox = exported().await;
    assert_eq!(sandbox.run(&["--again"]).code(), 0);
    let database = sandbox.path("export.sqlite");
    let before = fs::read(&database).unwrap();
    let copy = call(["verify".as_ref(), "--database".as_ref(), database.as_os_str()]);
    assert_eq!((copy.code(), fs::read(&database).unwrap() == before), (0, true), "{copy:#?}");
    for _ in 0..2 {
        let ended = act(&sandbox, "verify", &[]);
        assert_eq!(ended.code(), 0, "{ended:#?}");
        assert!(ended.stdout.contains("is sound") && ended.stdout.contains("2 receipts, 1 counted again"), "{ended:#?}");
    }
    assert_eq!(sandbox.ask("SELECT what, target FROM operations").await, [["verify", "all of it"], ["verify", "all of it"]]);
}

#[tokio::test]
async fn one_flipped_byte_of_a_body_is_found() {
    let sandbox = exported().await;
    let body = sandbox.ask("SELECT id, lower(hex(substr(bytes, length / 2, 40))) FROM bodies ORDER BY id LIMIT 1").await.remove(0);
    let needle: Vec<u8> = (0..body[1].len()).step_by(2).map(|i| u8::from_str_radix(&body[1][i..i + 2], 16).unwrap()).collect();
    let mut bytes = fs::read(sandbox.path("export.sqlite")).unwrap();
    let at: Vec<_> = memchr::memmem::find_iter(&bytes, &needle).collect();
    // Part of a document's narrative may stand in others too; only the first body is in question, and it lies first.
    bytes[at[0] + 7] ^= 1;
    fs::write(sandbox.path("export.sqlite"), bytes).unwrap();
    let ended = damaged(&sandbox, "SHA-256");
    assert_eq!(ended.stdout.lines().count(), 1, "{ended:#?}");
}

#[tokio::test]
async fn a_damaged_page_is_found_and_the_other_checks_go_on() {
    let sandbox = exported().await;
    let root = sandbox.count("SELECT rootpage FROM sqlite_schema WHERE name = 'attempts'").await as usize;
    let size = sandbox.count("PRAGMA page_size").await as usize;
    change(&sandbox, &["UPDATE fetches SET state = 'dead', reason = NULL WHERE id = 3"]).await;
    let mut bytes = fs::read(sandbox.path("export.sqlite")).unwrap();
    bytes[(root - 1) * size] = 0xff;
    fs::write(sandbox.path("export.sqlite"), bytes).unwrap();
    damaged(&sandbox, "SQLite: ");
    damaged(&sandbox, "dead or quarantined without a reason: row 3");
}

#[tokio::test]
async fn a_state_that_no_life_leads_to_is_found() {
    for (sql, words) in [
        (
            "UPDATE fetches SET document_id = (SELECT document_id FROM fetches WHERE id = 2) WHERE id = 1",
            "done without a document of its patient: row 1",
        ),
        ("UPDATE fetches SET state = 'leased' WHERE id = 5", "leased to a run that has ended: row 5"),
        ("UPDATE fetches SET attempts = 21 WHERE id = 4", "more attempts than any job allows: row 4"),
        ("UPDATE fetches SET window_start = '2024-02-30', window_end = '2024-03-01' WHERE id = 6", "half a window"),
        ("UPDATE attempts SET reason = 'bad luck' WHERE id = 1", "\"bad luck\" is no reason"),
        ("UPDATE documents SET body_id = NULL WHERE id = 2", "its body is gone: row 2"),
        ("UPDATE bodies SET length = length + 1 WHERE id = 1", "body 1: has"),
        ("INSERT INTO bodies (sha256, length, bytes) VALUES (zeroblob(32), 0, x'')", "no document needs it"),
    ] {
        let sandbox = exported().await;
        change(&sandbox, &[sql]).await;
        damaged(&sandbox, words);
    }
}

#[tokio::test]
async fn a_receipt_that_does_not_add_up_or_says_what_is_not_there_is_found() {
    let sandbox = exported().await;
    change(&sandbox, &["UPDATE fetches SET state = 'dead', reason = 'rejected' WHERE id = 1"]).await;
    damaged(&sandbox, "the receipt of run 1: ");
    change(&sandbox, &["UPDATE runs SET receipt = json_set(receipt, '$.total.done', 1)"]).await;
    damaged(&sandbox, "the receipt of run 1 does not add up");
}

#[tokio::test]
async fn what_an_operator_did_since_is_no_damage() {
    let sandbox = exported().await;
    change(&sandbox, &["UPDATE fetches SET state = 'dead', reason = 'rejected', document_id = NULL WHERE id = 1"]).await;
    assert_eq!(act(&sandbox, "retry", &["--all"]).code(), 0);
    let ended = act(&sandbox, "verify", &[]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stdout.contains("1 outdated"), "{ended:#?}");
}

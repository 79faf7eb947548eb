//! `retry`: what was given up is due again, and only that.

use super::{act, chart_with, documents, hold, serve};
use crate::harness::Sandbox;

/// Two patients who are done and two whose answers are no charts, after one run.
async fn half_dead() -> (tempfile::TempDir, Sandbox) {
    let folder =
        documents(&[("a.xml", &chart_with("one")), ("b.xml", &chart_with("two")), ("c.xml", "{\"a\": 1}"), ("d.xml", "{\"b\": 2}")]);
    let sandbox = serve(folder.path());
    let ended = sandbox.run(&[]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'dead' AND attempts = 2").await, 2);
    (folder, sandbox)
}

#[tokio::test]
async fn what_is_dead_is_due_again_with_no_attempts_and_what_is_done_stays_so() {
    let (folder, sandbox) = half_dead().await;
    let ended = act(&sandbox, "retry", &["--reason", "not_cda"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stdout.contains("2 fetches are due again"), "{ended:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'pending' AND attempts = 0 AND reason IS NULL").await, 2);
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'done'").await, 2);
    assert_eq!(sandbox.ask("SELECT what, target FROM operations").await, [["retry", "job sandbox, reason not_cda"]]);

    std::fs::write(folder.path().join("c.xml"), chart_with("three")).unwrap();
    std::fs::write(folder.path().join("d.xml"), chart_with("four")).unwrap();
    let cured = sandbox.run(&["--output", "json"]);
    assert_eq!((cured.code(), cured.json()["effort"]["documents"].as_u64()), (0, Some(2)), "{cured:#?}");
}

#[tokio::test]
async fn a_retry_can_be_narrowed_to_a_few() {
    let (_folder, sandbox) = half_dead().await;
    for (args, revived) in [(&["--reason", "denied"][..], 0), (&["--tenant", "TENANT_XX"], 0), (&["--all", "--limit", "1"], 1)] {
        assert_eq!(act(&sandbox, "retry", args).code(), 0);
        assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'pending'").await, revived, "{args:?}");
    }
    let dead = sandbox.count("SELECT id FROM fetches WHERE state = 'dead'").await.to_string();
    assert_eq!(act(&sandbox, "retry", &["--fetch", &dead]).code(), 0);
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'pending'").await, 2);
}

#[tokio::test]
async fn a_fetch_that_is_done_is_not_revived() {
    let (_folder, sandbox) = half_dead().await;
    let done = sandbox.count("SELECT id FROM fetches WHERE state = 'done' LIMIT 1").await.to_string();
    let ended = act(&sandbox, "retry", &["--fetch", &done]);
    assert_eq!(ended.code(), 64, "{ended:#?}");
    assert!(ended.stderr.contains("it is done"), "{ended:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'done'").await, 2);
}

#[tokio::test]
async fn only_the_newest_fetch_of_a_patient_is_revived() {
    let (_folder, sandbox) = half_dead().await;
    assert_eq!(sandbox.run(&["--again"]).code(), 1);
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'dead'").await, 4);
    assert!(act(&sandbox, "retry", &["--all"]).stdout.contains("2 fetches are due again"));
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'pending' AND id > 4").await, 2);
}

#[tokio::test]
async fn a_suspended_tenant_may_log_in_once_at_once_and_no_more() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "3"]);
    sandbox.edit("roster.toml", "client_secret = \"", "client_secret = \"wrong ");
    for _ in 0..2 {
        assert_eq!(sandbox.run(&[]).code(), 77);
    }
    let logins = "SELECT count(*) FROM attempts WHERE kind = 'token'";
    assert_eq!(sandbox.count(logins).await, 1);
    let ended = act(&sandbox, "retry", &["--all"]);
    assert!(ended.stdout.contains("1 suspended tenant may log in once"), "{ended:#?}");
    for _ in 0..2 {
        assert_eq!(sandbox.run(&[]).code(), 77);
    }
    assert_eq!(sandbox.count(logins).await, 2);
}

#[tokio::test]
async fn nothing_is_revived_without_a_word_which_or_while_a_run_holds_the_database() {
    let (_folder, sandbox) = half_dead().await;
    assert_eq!(act(&sandbox, "retry", &[]).code(), 64);
    let session = hold(&sandbox).await;
    let ended = act(&sandbox, "retry", &["--all"]);
    assert_eq!(ended.code(), 80, "{ended:#?}");
    assert!(ended.stderr.contains("a test, since today"), "{ended:#?}");
    session.close().await.unwrap();
}

#[test]
fn where_there_is_no_database_none_is_made() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    for (name, args) in [("retry", &["--all"][..]), ("forget", &["--patient", "1", "--yes"]), ("verify", &[])] {
        assert_eq!(act(&sandbox, name, args).code(), 78);
    }
    assert!(!sandbox.path("export.sqlite").exists());
}

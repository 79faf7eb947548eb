//! Retention, by hand and at a run's end: what is old goes, what is latest stays.

use std::fs;

use super::{act, change, chart_with, documents, serve};
use crate::harness::Sandbox;

const BODIES: &str = "SELECT count(*) FROM documents WHERE body_id IS NOT NULL";

/// Two patients, three versions each, all different, fetched by three runs of a job with these keys.
async fn three_versions(keys: &str) -> (tempfile::TempDir, Sandbox) {
    let folder = documents(&[("a.xml", ""), ("b.xml", "")]);
    let sandbox = serve(folder.path());
    sandbox.edit("job.toml", "database = ", &format!("{keys}database = "));
    for version in 1..=3 {
        for name in ["a", "b"] {
            fs::write(folder.path().join(format!("{name}.xml")), chart_with(&format!("{name}-{version}"))).unwrap();
        }
        let ended = sandbox.run(&["--again"]);
        assert_eq!(ended.code(), 0, "{ended:#?}");
    }
    assert_eq!(sandbox.count("SELECT count(*) FROM documents").await, 6);
    (folder, sandbox)
}

#[tokio::test]
async fn without_retention_everything_is_kept() {
    let (_folder, sandbox) = three_versions("").await;
    let ended = act(&sandbox, "prune", &[]);
    assert!(ended.code() == 0 && ended.stdout.contains("everything is kept"), "{ended:#?}");
    assert_eq!(sandbox.count(BODIES).await, 6);
}

#[tokio::test]
async fn at_a_runs_end_older_versions_lose_their_bodies_and_keep_their_rows() {
    let (_folder, sandbox) = three_versions("keep_versions = 2\n").await;
    assert_eq!(sandbox.count(BODIES).await, 4);
    assert_eq!(sandbox.count("SELECT count(*) FROM bodies").await, 4);
    assert_eq!(sandbox.count("SELECT count(*) FROM bodies WHERE instr(bytes, 'a-1') OR instr(bytes, 'b-1')").await, 0);
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'done'").await, 6);
    let sound = act(&sandbox, "verify", &[]);
    assert_eq!(sound.code(), 0, "{sound:#?}");
}

#[tokio::test]
async fn a_dry_run_counts_and_changes_nothing_and_then_exactly_that_goes() {
    let (_folder, sandbox) = three_versions("").await;
    sandbox.edit("job.toml", "database = ", "keep_versions = 1\ndatabase = ");
    let dry = act(&sandbox, "prune", &["--dry-run"]);
    assert!(dry.code() == 0 && dry.stdout.starts_with("4 bodies of 4 older documents"), "{dry:#?}");
    assert_eq!(sandbox.count(BODIES).await, 6);
    let ended = act(&sandbox, "prune", &[]);
    assert_eq!(ended.stdout.split(" went").next(), dry.stdout.split(" would").next(), "{ended:#?}");
    assert_eq!(sandbox.count(BODIES).await, 2);
    let latest = sandbox.ask("SELECT instr(b.bytes, '-3 end') > 0 FROM latest_documents d JOIN bodies b ON b.id = d.body_id").await;
    assert_eq!(latest, [["1"], ["1"]]);
    assert_eq!(sandbox.ask("SELECT what, target FROM operations").await, [["prune", "job sandbox"]]);
    assert!(act(&sandbox, "prune", &[]).stdout.starts_with("0 bodies of 0 older documents"));
}

#[tokio::test]
async fn by_age_attempts_and_ended_fetches_go_too_but_for_each_patients_newest() {
    let (_folder, sandbox) = three_versions("").await;
    sandbox.edit("job.toml", "database = ", "keep_days = 30\ndatabase = ");
    assert!(act(&sandbox, "prune", &[]).stdout.starts_with("0 bodies of 0 older documents (0 B), 0 ended fetches and 0 attempts"));
    // All of it happened forty days ago, in the same order.
    change(
        &sandbox,
        &[
            "UPDATE documents SET fetched_at = fetched_at - 40 * 86400000",
            "UPDATE fetches SET changed_at = changed_at - 40 * 86400000",
            "UPDATE attempts SET started_at = started_at - 40 * 86400000",
        ],
    )
    .await;
    let dry = act(&sandbox, "prune", &["--dry-run"]);
    let ended = act(&sandbox, "prune", &[]);
    assert!(
        ended.stdout.starts_with("4 bodies of 4 older documents") && ended.stdout.contains("4 ended fetches and 7 attempts"),
        "{ended:#?}"
    );
    assert_eq!(ended.stdout.split(" went").next(), dry.stdout.split(" would").next());
    assert_eq!(sandbox.count(BODIES).await, 2);
    assert_eq!(sandbox.count("SELECT count(*) FROM documents").await, 6);
    // Each patient's newest fetch, and the attempt that tells how it went.
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'done' AND id > 4").await, 2);
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches").await, 2);
    assert_eq!(sandbox.count("SELECT count(*) FROM attempts WHERE fetch_id IS NOT NULL").await, 2);
    assert_eq!(sandbox.count("SELECT count(*) FROM latest_documents d JOIN bodies b ON b.id = d.body_id").await, 2);
    let sound = act(&sandbox, "verify", &[]);
    assert_eq!(sound.code(), 0, "{sound:#?}");
    assert!(sound.stdout.contains("1 counted again"), "{sound:#?}");
}

#[tokio::test]
async fn a_body_that_a_latest_document_shares_stays() {
    let chart = chart_with("always the same");
    let folder = documents(&[("a.xml", &chart)]);
    let sandbox = serve(folder.path());
    sandbox.edit("job.toml", "database = ", "keep_versions = 1\ndatabase = ");
    for _ in 0..2 {
        assert_eq!(sandbox.run(&["--again"]).code(), 0);
    }
    assert_eq!((sandbox.count(BODIES).await, sandbox.count("SELECT count(*) FROM bodies").await), (1, 1));
}

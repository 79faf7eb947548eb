//! What a plan costs before its requests are made, and what is said of it.

use nix::sys::signal::Signal;

use super::{MONTHS, more_documents, signal};
use crate::harness::{Sandbox, call, finish};

/// Days of 27 years for 400 patients: four million requests.
const DAYS: [&str; 6] = ["--from", "1999-01-01", "--to", "2025-12-31", "--every", "day"];

#[tokio::test]
async fn four_million_windows_are_a_few_rows_when_the_first_documents_have_come() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "400", "--latency-ms", "20"]);
    let told = sandbox.backfill(&[&DAYS[..], &["--dry-run"]].concat());
    assert!(told.stdout.contains("in all 3944800 requests for windows of a day from 1999-01-01 to 2025-12-31, newest first"), "{told:#?}");
    assert!(!sandbox.path("export.sqlite").exists());

    let backfill = sandbox.start_backfill(&DAYS);
    more_documents(&sandbox, 50).await;
    signal(&backfill, Signal::SIGTERM);
    assert_eq!(finish(backfill).code(), 75);
    let rows = sandbox
        .count("SELECT (SELECT count(*) FROM fetches) + (SELECT count(*) FROM backfills) + (SELECT count(*) FROM backfill_passes)")
        .await;
    assert!(rows < 5_000, "{rows} rows");
    assert_eq!(sandbox.ask("SELECT receipt ->> '$.total.due' FROM runs").await, [["3944800"]]);
    let status = call(["status".as_ref(), sandbox.job().as_os_str()]).stdout;
    assert!(status.contains("backfill 1 of sandbox, 1999-01-01 to 2025-12-31 by day: 0 of 1 tenants have come to the end"), "{status}");
}

#[tokio::test]
async fn a_dry_run_tells_the_requests_that_are_made_then_and_changes_nothing() {
    let sandbox = Sandbox::start(&["--tenants", "2", "--accounts", "2", "--patients", "8", "--latency-ms", "100"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 4");
    let dry = [&MONTHS[..], &["--dry-run"]].concat();
    let told = sandbox.backfill(&dry);
    assert_eq!(told.code(), 0, "{told:#?}");
    assert!(told.stdout.contains("in all 192 requests for windows of a month from 2024-01-01 to 2025-12-31, newest first"), "{told:#?}");
    assert!(told.stdout.contains("at the configured rates that takes") && told.stdout.contains("of disk at"), "{told:#?}");

    assert_eq!(sandbox.backfill(&["--from", "2025-01-01", "--to", "2025-06-15", "--every", "year"]).code(), 0);
    let backfill = sandbox.start_backfill(&MONTHS);
    more_documents(&sandbox, 20).await;
    signal(&backfill, Signal::SIGTERM);
    assert_eq!(finish(backfill).code(), 75);
    let before = sandbox.asked().await.len();
    let rows = "SELECT count(*), max(id) FROM fetches";
    let planned = sandbox.ask(rows).await;
    let told = sandbox.backfill(&dry);
    assert_eq!(sandbox.ask(rows).await, planned);
    assert_eq!(sandbox.asked().await.len(), before);
    assert_eq!(sandbox.backfill(&MONTHS).code(), 0);
    let made = sandbox.asked().await.len() - before;
    assert!(made > 0 && told.stdout.contains(&format!("in all {made} requests")), "{made}: {told:#?}");
    // The half of June that the year's window does not hold was asked for, and not the rest of it.
    let june = "SELECT DISTINCT window_start, window_end FROM fetches WHERE window_start LIKE '2025-06%' AND state = 'done'";
    assert_eq!(sandbox.ask(june).await, [["2025-06-16", "2025-06-30"]]);
}

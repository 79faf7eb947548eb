//! Stopped, killed and started again.

use nix::sys::signal::Signal;

use super::{MONTHS, more_documents, signal};
use crate::harness::{Sandbox, call, finish};

#[tokio::test]
async fn a_backfill_stopped_three_times_and_finished_makes_as_many_requests_as_there_are_windows() {
    let sandbox = Sandbox::start(&["--tenants", "2", "--accounts", "2", "--patients", "20", "--latency-ms", "100"]);
    // Slow enough to be stopped three times before all is had.
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 4");
    for _ in 0..3 {
        let backfill = sandbox.start_backfill(&MONTHS);
        more_documents(&sandbox, 40).await;
        signal(&backfill, Signal::SIGTERM);
        let ended = finish(backfill);
        assert_eq!(ended.code(), 75, "{ended:#?}");
    }
    let ended = sandbox.backfill(&[&MONTHS[..], &["--output", "json"]].concat());
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.json()["total"]["done"], 20 * 24);
    let asked = sandbox.asked().await;
    assert_eq!((asked.len(), asked.values().sum::<usize>()), (20 * 24, 20 * 24));
    // Each run tells how all of it stands: what has not come up yet is not tried.
    for receipt in sandbox.ask("SELECT receipt ->> '$.total.due', receipt ->> '$.total.roster' FROM runs").await {
        assert_eq!(receipt, ["480", "480"]);
    }
    assert_eq!(
        sandbox.ask("SELECT count(*), count(DISTINCT backfill_id), count(DISTINCT occurrence_at) FROM runs").await,
        [["4", "1", "1"]]
    );
    let verified = call(["verify".as_ref(), sandbox.job().as_os_str()]);
    assert_eq!(verified.code(), 0, "{verified:#?}");
}

#[tokio::test]
async fn a_backfill_that_was_killed_loses_no_window_and_repeats_only_what_was_in_flight() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "20", "--latency-ms", "30"]);
    for _ in 0..2 {
        let mut backfill = sandbox.start_backfill(&MONTHS);
        more_documents(&sandbox, 100).await;
        backfill.kill().unwrap();
        backfill.wait().unwrap();
    }
    assert_eq!(sandbox.backfill(&MONTHS).code(), 0);
    assert_eq!(sandbox.asked().await.len(), 20 * 24);
    assert_eq!(sandbox.count("SELECT count(DISTINCT patient_id || window_start) FROM documents").await, 20 * 24);
    assert_eq!(sandbox.count("SELECT count(*) FROM documents").await, 20 * 24, "no window is stored twice");
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state <> 'done'").await, 0);
}

#[tokio::test]
async fn a_deadline_ends_it_in_order_and_the_next_goes_on() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "20", "--latency-ms", "300"]);
    let ended = sandbox.backfill(&[&MONTHS[..], &["--deadline", "1s"]].concat());
    assert_eq!(ended.code(), 75, "{ended:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'leased'").await, 0);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 64");
    assert_eq!(sandbox.backfill(&MONTHS).code(), 0);
    assert_eq!(sandbox.asked().await.values().sum::<usize>(), 20 * 24);
}

//! A backfill beside others: nights, acts, other backfills, and accounts that cannot be asked.

use std::{
    fs,
    io::{BufRead, BufReader},
};

use nix::sys::signal::Signal;

use super::{MONTHS, more_documents, signal};
use crate::harness::{Sandbox, call, finish, until};

/// Begin and end of every run, of which no two may overlap.
async fn no_two_runs_at_once(sandbox: &Sandbox) {
    let both = "SELECT a.id, b.id FROM runs a JOIN runs b ON b.id > a.id AND b.started_at < a.ended_at";
    assert_eq!(sandbox.ask(both).await, Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn fault_57_a_backfill_makes_way_for_a_run_and_goes_on_when_that_has_ended() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "20", "--latency-ms", "50"]);
    let backfill = sandbox.start_backfill(&MONTHS);
    more_documents(&sandbox, 60).await;
    // Neither of them is told to wait, and each gets its turn.
    for _ in 0..2 {
        let night = sandbox.run(&["--output", "json", "--again"]);
        assert_eq!(night.code(), 0, "{night:#?}");
        assert_eq!(night.json()["total"]["done"], 20);
    }
    let ended = finish(backfill);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stderr.contains("making way for another"), "{ended:#?}");
    no_two_runs_at_once(&sandbox).await;
    let kinds = sandbox.ask("SELECT kind, count(*) >= 2 FROM runs GROUP BY kind ORDER BY kind").await;
    assert_eq!(kinds, [["backfill", "1"], ["nightly", "1"]]);
    let asked = sandbox.asked().await;
    let windows: usize = asked.iter().filter(|((_, dates), _)| dates.is_some()).map(|(_, times)| times).sum();
    assert_eq!((asked.len(), windows), (20 * 24 + 20, 20 * 24), "no window is asked for twice");
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state <> 'done'").await, 0);
}

#[tokio::test]
async fn fault_57_an_act_gets_its_turn_and_a_second_backfill_does_not() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "20", "--latency-ms", "50"]);
    let backfill = sandbox.start_backfill(&MONTHS);
    more_documents(&sandbox, 40).await;
    let second = sandbox.backfill(&[]);
    assert_eq!(second.code(), 80, "{second:#?}");
    assert!(second.stderr.contains("a backfill"), "{second:#?}");
    let retry = call(["retry".as_ref(), sandbox.job().as_os_str(), "--all".as_ref()]);
    assert_eq!(retry.code(), 0, "{retry:#?}");
    assert_eq!(finish(backfill).code(), 0);
    no_two_runs_at_once(&sandbox).await;
    assert_eq!(sandbox.asked().await.len(), 20 * 24);
}

#[tokio::test]
async fn fault_57_a_run_that_dies_while_it_asks_for_the_way_stops_no_backfill() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "20", "--latency-ms", "50"]);
    let backfill = sandbox.start_backfill(&MONTHS);
    more_documents(&sandbox, 40).await;
    let mut night = sandbox.start_run(&[]);
    until(async || sandbox.path("export.sqlite.way").exists()).await;
    night.kill().unwrap();
    night.wait().unwrap();
    let ended = finish(backfill);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(
        sandbox.count("SELECT count(DISTINCT patient_id || window_start) FROM documents WHERE window_start IS NOT NULL").await,
        20 * 24
    );
}

#[tokio::test]
async fn a_signal_while_others_have_the_database_ends_the_backfill() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "20", "--latency-ms", "100"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 1");
    let backfill = sandbox.start_backfill(&MONTHS);
    more_documents(&sandbox, 5).await;
    let night = sandbox.start_run(&[]);
    until(async || sandbox.count("SELECT count(*) FROM runs WHERE kind = 'nightly' AND ended_at IS NULL").await == 1).await;
    signal(&backfill, Signal::SIGTERM);
    let ended = finish(backfill);
    assert_eq!(ended.code(), 75, "{ended:#?}");
    assert!(ended.stdout.contains("not tried"), "it tells what it did before: {ended:#?}");
    assert_eq!(finish(night).code(), 0);
}

#[tokio::test]
async fn a_signal_while_a_run_waits_for_another_asks_to_be_tried_again() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "20", "--latency-ms", "1000"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 1");
    let first = sandbox.start_run(&[]);
    more_documents(&sandbox, 1).await;
    let mut second = sandbox.start_run(&["--wait", "--log-level", "info"]);
    let mut heard = BufReader::new(second.stderr.take().unwrap()).lines();
    assert!(heard.any(|line| line.unwrap().contains("waiting for who holds the database")));
    signal(&second, Signal::SIGTERM);
    let ended = finish(second);
    assert_eq!(ended.code(), 75, "{ended:#?}");
    assert!(heard.any(|line| line.unwrap().contains("a signal ended the wait")));
    signal(&first, Signal::SIGTERM);
    assert_eq!(finish(first).code(), 75);
}

#[tokio::test]
async fn nights_are_not_moved_by_what_a_backfill_plans_brings_or_is_denied() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "2", "--patients", "10"]);
    sandbox.edit("job.toml", "[limits.documents]", "[window]\nlast_days = 30\n\n[limits.documents]");
    assert_eq!(sandbox.run(&[]).code(), 0);
    let today = "SELECT count(*) FROM fetches WHERE backfill_id IS NULL AND state = 'done'";
    assert_eq!(sandbox.count(today).await, 10);
    // The window that the night holds is not asked for again, and the rest of the year is.
    let backfill = sandbox.backfill(&["--from", "2025-01-01", "--every", "year", "--output", "json"]);
    assert_eq!(backfill.code(), 0, "{backfill:#?}");
    let night = sandbox.run(&["--again", "--output", "json"]);
    assert_eq!((night.code(), night.json()["total"]["due"].as_u64()), (0, Some(10)), "{night:#?}");
    assert_eq!(sandbox.count(today).await, 20);
    assert_eq!(sandbox.ask("SELECT coverage, count(*) FROM coverage GROUP BY 1").await, [["held", "10"]], "without a hole");
}

#[tokio::test]
async fn a_patient_who_is_denied_rests_in_a_backfill_and_is_not_asked_for_every_window() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "2", "--patients", "10", "--fault", "document-403:10"]);
    let ended = sandbox.backfill(&[&MONTHS[..], &["--output", "json"]].concat());
    assert_eq!(ended.code(), 1, "{ended:#?}");
    let (json, asked) = (ended.json(), sandbox.asked().await);
    assert_eq!(json["total"]["done"], 9 * 24, "{json:#}");
    let (dead, resting) = (json["total"]["dead"].as_u64().unwrap(), json["total"]["resting"].as_u64().unwrap());
    assert_eq!(dead + resting, 24, "{json:#}");
    // One step of the plan at most was made before the first denial was known.
    assert_eq!(asked.len() as u64, 9 * 24 + dead);
    let again = sandbox.backfill(&MONTHS);
    assert_eq!((again.code(), sandbox.asked().await.len() as u64), (1, 9 * 24 + dead), "{again:#?}");
}

#[tokio::test]
async fn windows_of_an_account_that_cannot_log_in_are_passed_by_and_asked_for_when_it_can() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "2", "--patients", "10", "--seed", "7"]);
    let roster = fs::read_to_string(sandbox.path("roster.toml")).unwrap();
    let (before, rest) = roster.rsplit_once("password = \"").unwrap();
    let wrong = format!("{before}password = \"wrong-{rest}");
    fs::write(sandbox.path("roster.toml"), wrong).unwrap();
    let ended = sandbox.backfill(&[&MONTHS[..], &["--output", "json"]].concat());
    assert_eq!(ended.code(), 77, "{ended:#?}");
    let json = ended.json();
    assert_eq!((json["total"]["done"].as_u64(), json["total"]["not_tried"].as_u64()), (Some(5 * 24), Some(5 * 24)), "{json:#}");
    // Not a row for each window of those who cannot be asked.
    assert!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'pending'").await <= 256);
    fs::write(sandbox.path("roster.toml"), roster).unwrap();
    let ended = sandbox.backfill(&MONTHS);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(sandbox.asked().await.values().sum::<usize>(), 10 * 24);
}

#[tokio::test]
async fn outside_the_permitted_hours_a_backfill_waits_without_holding_the_database() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "3"]);
    // An hour that is not now, whenever now is.
    let in_two_hours = chrono::Utc::now() + chrono::Duration::hours(2);
    let hours =
        format!("permitted_hours = \"{}-{}\"", in_two_hours.format("%H:00"), (in_two_hours + chrono::Duration::hours(1)).format("%H:00"));
    sandbox.edit("roster.toml", "client_id = ", &format!("{hours}\nclient_id = "));
    let mut backfill = sandbox.start_backfill(&MONTHS);
    let mut heard = BufReader::new(backfill.stderr.take().unwrap()).lines();
    assert!(heard.any(|line| line.unwrap().contains("waiting for these")));
    let retry = call(["retry".as_ref(), sandbox.job().as_os_str(), "--all".as_ref()]);
    assert_eq!(retry.code(), 0, "nobody holds the database: {retry:#?}");
    signal(&backfill, Signal::SIGTERM);
    let ended = finish(backfill);
    assert_eq!(ended.code(), 75, "{ended:#?}");
    assert_eq!(sandbox.asked().await.len(), 0);
}

//! The same arguments are the same backfill; others ask only for what nobody holds.

use std::fs;

use nix::sys::signal::Signal;

use super::{MONTHS, more_documents, signal};
use crate::harness::{Sandbox, finish};

fn small() -> Sandbox {
    Sandbox::start(&["--tenants", "2", "--accounts", "2", "--patients", "6"])
}

async fn requests(sandbox: &Sandbox) -> usize {
    sandbox.asked().await.values().sum()
}

#[tokio::test]
async fn other_arguments_ask_only_for_dates_that_no_window_holds() {
    let sandbox = small();
    assert_eq!(sandbox.backfill(&MONTHS).code(), 0);
    assert_eq!(requests(&sandbox).await, 6 * 24);
    assert_eq!(sandbox.backfill(&MONTHS).code(), 0);
    assert_eq!(requests(&sandbox).await, 6 * 24, "with the same arguments nothing is left to ask");

    // Five weeks of January 2026 and the rest of the week in which 2025 ended; the other 104 weeks are held as months.
    let weeks = ["--from", "2024-01-01", "--to", "2026-02-01", "--every", "week"];
    assert_eq!(sandbox.backfill(&weeks).code(), 0);
    assert_eq!(requests(&sandbox).await, 6 * (24 + 5));
    let dates = sandbox.ask("SELECT DISTINCT window_start, window_end FROM fetches WHERE backfill_id = 2 ORDER BY 1").await;
    assert_eq!(dates.first().unwrap(), &["2026-01-01", "2026-01-04"]);
    assert_eq!(dates.last().unwrap(), &["2026-01-26", "2026-02-01"]);
}

#[tokio::test]
async fn a_whole_chart_holds_no_date_and_is_asked_for_once_a_backfill() {
    let sandbox = small();
    assert_eq!(sandbox.backfill(&[]).code(), 0);
    assert_eq!(sandbox.backfill(&[]).code(), 0);
    assert_eq!(requests(&sandbox).await, 6);
    assert_eq!(sandbox.count("SELECT count(*) FROM latest_documents").await, 6);
    assert_eq!(sandbox.backfill(&["--from", "2025-01-01", "--to", "2025-12-31", "--every", "year"]).code(), 0);
    assert_eq!(requests(&sandbox).await, 6 + 6);
}

#[tokio::test]
async fn whoever_comes_into_the_roster_later_is_asked_for_by_the_same_backfill() {
    let sandbox = small();
    let all = fs::read_to_string(sandbox.path("patients.csv")).unwrap();
    let without_last: Vec<_> = all.lines().take(6).collect();
    fs::write(sandbox.path("patients.csv"), without_last.join("\n")).unwrap();
    assert_eq!(sandbox.backfill(&MONTHS).code(), 0);
    assert_eq!(requests(&sandbox).await, 5 * 24);
    fs::write(sandbox.path("patients.csv"), all).unwrap();
    assert_eq!(sandbox.backfill(&MONTHS).code(), 0);
    assert_eq!(requests(&sandbox).await, 6 * 24);
}

#[tokio::test]
async fn whoever_comes_into_the_roster_half_way_is_asked_for_every_window_in_the_call_that_goes_on() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "20", "--latency-ms", "30"]);
    let all = fs::read_to_string(sandbox.path("patients.csv")).unwrap();
    let without_last: Vec<_> = all.lines().take(20).collect();
    fs::write(sandbox.path("patients.csv"), without_last.join("\n")).unwrap();
    let backfill = sandbox.start_backfill(&MONTHS);
    more_documents(&sandbox, 100).await;
    signal(&backfill, Signal::SIGTERM);
    assert_eq!(finish(backfill).code(), 75);
    fs::write(sandbox.path("patients.csv"), all).unwrap();
    let ended = sandbox.backfill(&[&MONTHS[..], &["--output", "json"]].concat());
    assert_eq!((ended.code(), ended.json()["total"]["done"].as_u64()), (0, Some(20 * 24)), "{ended:#?}");
    assert_eq!(requests(&sandbox).await, 20 * 24);
}

#[tokio::test]
async fn the_newest_window_comes_first_unless_the_oldest_shall_and_the_server_is_asked_for_a_day_more() {
    for (order, first, last) in [(None, "2025-12-01", "2024-01-01"), (Some("--oldest-first"), "2024-01-01", "2025-12-01")] {
        let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "2"]);
        let args: Vec<_> = MONTHS.into_iter().chain(order).collect();
        assert_eq!(sandbox.backfill(&args).code(), 0);
        let windows = sandbox.ask("SELECT window_start FROM fetches ORDER BY id").await;
        assert_eq!((windows[0][0].as_str(), windows[47][0].as_str()), (first, last));
        let asked = sandbox.asked().await;
        let dates: Vec<_> = asked.keys().filter_map(|(_, dates)| dates.clone()).collect();
        assert!(dates.contains(&("2024-02-01".to_owned(), "2024-03-01".to_owned())), "{dates:?}");
    }
}

#[tokio::test]
async fn tenant_account_and_a_list_of_patients_narrow_it() {
    let sandbox = small();
    let year = ["--from", "2025-01-01", "--to", "2025-12-31", "--every", "year"];
    let of = |more: &[&'static str]| [&year[..], more].concat();
    assert_eq!(sandbox.backfill(&of(&["--tenant", "TENANT_AA"])).code(), 0);
    let of_one = requests(&sandbox).await;
    assert!(of_one > 0 && of_one < 6);
    assert_eq!(sandbox.ask("SELECT DISTINCT tenant FROM coverage WHERE coverage = 'held'").await, [["TENANT_AA"]]);
    assert_eq!(sandbox.ask("SELECT count(*) FROM coverage WHERE coverage = 'missing'").await, [["0"]], "nobody else was asked for");
    assert_eq!(sandbox.backfill(&year).code(), 0);
    assert_eq!(requests(&sandbox).await, 6, "what one tenant brought is not asked for again");

    let token = sandbox.patients()[0].split(',').find(|cell| cell.len() > 15).unwrap().to_owned();
    fs::write(sandbox.path("list"), &token).unwrap();
    let list = sandbox.path("list");
    let ended = sandbox.backfill(&["--patients", list.to_str().unwrap()]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let asked = sandbox.asked().await;
    assert_eq!((requests(&sandbox).await, asked.get(&(token, None))), (7, Some(&1)));
    assert_eq!(sandbox.backfill(&["--tenant", "TENANT_ZZ"]).code(), 64);
    assert_eq!(sandbox.backfill(&["--account", "nobody"]).code(), 64);
}

#[tokio::test]
async fn wrong_dates_are_a_wrong_command_line() {
    let sandbox = small();
    for args in [
        &["--from", "2025-01-01"][..],
        &["--every", "month"],
        &["--to", "2025-01-01"],
        &["--from", "2025-02-30", "--every", "day"],
        &["--from", "2025-02-01", "--to", "2025-01-01", "--every", "day"],
        &["--from", "2025-02-01", "--every", "fortnight"],
        &["--oldest-first"],
    ] {
        let ended = sandbox.backfill(args);
        assert_eq!(ended.code(), 64, "{args:?}: {ended:#?}");
    }
    assert!(!sandbox.path("export.sqlite").exists());
    // Nothing lies between a first date to come and yesterday: nothing is due.
    assert_eq!(sandbox.backfill(&["--from", "2199-01-01", "--every", "year"]).code(), 0);
    assert_eq!(requests(&sandbox).await, 0);
}

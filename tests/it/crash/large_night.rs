//! The night of a large roster is planned while the run works: a signal ends the work and not the plan, and a death leaves the rest to the next run.

use std::os::unix::process::ExitStatusExt;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::{is_there, run_dying, stopped::signal};
use crate::harness::{Sandbox, call, finish, until};

/// More than are planned in one transaction.
const PATIENTS: u64 = 10_300;

fn sandbox() -> Sandbox {
    Sandbox::start(&["--tenants", "1", "--accounts", "2", "--patients", &PATIENTS.to_string()])
}

/// A run that is asked to stop once it has brought some documents; its receipt.
async fn run_a_while(sandbox: &Sandbox) -> Value {
    let before = if is_there(sandbox).await { documents(sandbox).await } else { 0 };
    let run = sandbox.start_run(&["--output", "json"]);
    until(async || is_there(sandbox).await && documents(sandbox).await > before).await;
    signal(&run, Signal::SIGTERM);
    let ended = finish(run);
    assert_eq!(ended.code(), 75, "{ended:#?}");
    ended.json()
}

async fn documents(sandbox: &Sandbox) -> u64 {
    sandbox.count("SELECT count(*) FROM documents").await
}

/// Each patient has one fetch, nothing contradicts anything else, and the run that planned them says that it is through.
async fn assert_planned(sandbox: &Sandbox, receipt: &Value) {
    let total = &receipt["total"];
    assert_eq!(total["roster"], PATIENTS, "{receipt:#}");
    assert_eq!(total["done"].as_u64().unwrap() + total["not_tried"].as_u64().unwrap(), PATIENTS, "{receipt:#}");
    let fetches = sandbox.ask("SELECT count(*), count(DISTINCT patient_id) FROM fetches").await;
    assert_eq!(fetches, [[PATIENTS.to_string(), PATIENTS.to_string()]]);
    assert_eq!(sandbox.count("SELECT count(*) FROM runs WHERE plan_digest IS NOT NULL").await, 1);
    let verified = call(["verify".as_ref(), sandbox.job().as_os_str()]);
    assert_eq!(verified.code(), 0, "{verified:#?}");
}

#[tokio::test]
async fn a_large_night_that_is_asked_to_stop_accounts_for_everybody() {
    let sandbox = sandbox();
    let receipt = run_a_while(&sandbox).await;
    assert_planned(&sandbox, &receipt).await;
    let next = run_a_while(&sandbox).await;
    assert_planned(&sandbox, &next).await;
}

#[tokio::test]
async fn a_large_night_that_dies_half_planned_is_planned_to_the_end_by_the_next_run() {
    let sandbox = sandbox();
    assert_eq!(run_dying(&sandbox, "planned").status.signal(), Some(9));
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches").await, 10_000);
    let receipt = run_a_while(&sandbox).await;
    assert_planned(&sandbox, &receipt).await;
}

//! Row 45 with the real binary: stopped by SIGSTOP with fetches in flight, and woken again.

use std::{process::Child, time::Duration};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{assert_no_damage, database, is_there};
use crate::harness::{Sandbox, finish, until};

pub(super) fn signal(run: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(run.id()).unwrap()), signal).unwrap();
}

/// Stops a run with fetches in flight for so long, and lets it end.
async fn stopped_for(pause: Duration, sandbox: &Sandbox) {
    let run = sandbox.start_run(&["--output", "json"]);
    until(async || documents(sandbox).await > 5).await;
    signal(&run, Signal::SIGSTOP);
    tokio::time::sleep(pause).await;
    signal(&run, Signal::SIGCONT);
    let ended = finish(run);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.json()["total"]["done"], 60);
    assert_no_damage(&database(sandbox)).await;
    assert_eq!(sandbox.count("SELECT count(*) FROM latest_documents").await, 60);
}

async fn documents(sandbox: &Sandbox) -> u64 {
    if is_there(sandbox).await { sandbox.count("SELECT count(*) FROM documents").await } else { 0 }
}

#[tokio::test]
async fn fault_45_a_stopped_process_judges_its_timeouts_anew_when_it_wakes() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "60", "--latency-ms", "150"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 4");
    sandbox.edit("job.toml", "[retry]", "[timeouts]\nidle = \"1s\"\ntotal = \"1s\"\n\n[retry]");
    stopped_for(Duration::from_secs(2), &sandbox).await;
    // Whatever was in flight was either answered or timed out and tried again; nothing is lost and nobody was asked for more than twice.
    assert_eq!(sandbox.count("SELECT count(*) FROM attempts WHERE outcome NOT IN ('ok', 'passing')").await, 0);
    assert!(sandbox.count("SELECT max(attempts) FROM fetches").await <= 2);
    assert_eq!(sandbox.requests_with("document", 403).await, 0);
}

#[tokio::test]
#[ignore = "takes 40 s of real time: no token is renewed for its age within 30 s of the last one"]
async fn fault_45_a_token_that_expired_while_the_process_was_stopped_is_not_sent() {
    let sandbox =
        Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "60", "--latency-ms", "150", "--token-lifetime", "32"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 4");
    stopped_for(Duration::from_secs(36), &sandbox).await;
    assert_eq!(sandbox.requests_with("document", 403).await, 0);
    assert_eq!(sandbox.requests_with("token", 200).await, 2);
}

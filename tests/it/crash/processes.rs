//! Rows 55 and 57 to 59: signals in the middle, and several runs that want one database.

use std::time::{Duration, Instant, SystemTime};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{assert_as_undisturbed, is_there, leased};
use crate::harness::{Sandbox, finish, until};

#[tokio::test]
async fn fault_55_after_sigterm_nothing_new_starts_and_what_is_in_flight_is_given_up_after_the_grace_period() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "30", "--latency-ms", "60000"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 4");
    sandbox.edit("job.toml", "deadline = \"1h\"", "deadline = \"1h\"\ngrace = \"500ms\"");
    let run = sandbox.start_run(&["--output", "json"]);
    until(async || leased(&sandbox).await == 4).await;
    let asked = Instant::now();
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    kill(Pid::from_raw(i32::try_from(run.id()).unwrap()), Signal::SIGTERM).unwrap();
    let ended = finish(run);
    assert!(asked.elapsed() < Duration::from_secs(10), "the grace period of 0.5 s took {:?}", asked.elapsed());
    assert_eq!(ended.code(), 75, "{ended:#?}");
    assert_eq!(sandbox.count(&format!("SELECT count(*) FROM attempts WHERE started_at > {wall} + 1000")).await, 0);
    assert_eq!(sandbox.ask("SELECT outcome, count(*) FROM attempts WHERE kind = 'document' GROUP BY outcome").await, [["cancelled", "4"]]);
    // Nobody is worse off: what was given up counts as nothing.
    assert_eq!(sandbox.count("SELECT max(attempts) + max(losses) FROM fetches").await, 0);
    assert_eq!(ended.json()["total"]["done"], 0);
}

#[tokio::test]
async fn fault_58_eight_first_runs_at_once_make_one_sound_file() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "40", "--latency-ms", "600"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 4");
    let runs: Vec<_> = (0..8).map(|_| sandbox.start_run(&[])).collect();
    let ended: Vec<_> = runs.into_iter().map(finish).collect();
    let mut codes: Vec<_> = ended.iter().map(|ended| ended.code()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 80, 80, 80, 80, 80, 80, 80], "{ended:#?}");
    assert!(ended.iter().filter(|ended| ended.code() == 80).all(|ended| ended.stderr.contains("holds this database")), "{ended:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM runs").await, 1);
    assert_as_undisturbed(&sandbox).await;
    assert_eq!(sandbox.requests_with("document", 200).await, 40);
}

#[tokio::test]
async fn fault_59_a_late_answer_of_a_run_that_lost_its_lock_is_not_written() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "12", "--latency-ms", "2500"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 3");
    let first = sandbox.start_run(&[]);
    until(async || leased(&sandbox).await == 3).await;
    std::fs::remove_file(sandbox.path("export.sqlite.lock")).unwrap();
    // It works at a thousand things at once, and so holds all fetches when the first run's answers come.
    sandbox.edit("job.toml", "concurrent = 3\n", "concurrent = 32\n");
    let second = sandbox.start_run(&["--output", "json"]);
    let first = finish(first);
    assert_eq!(first.code(), 70, "{first:#?}");
    assert!(first.stderr.contains("taken over"), "{first:#?}");
    let second = finish(second);
    assert_eq!(second.code(), 0, "{second:#?}");
    assert_eq!(second.json()["effort"]["documents"], 12);
    // All that the first has to show for itself was lost.
    assert_eq!(
        sandbox.ask("SELECT outcome, count(*) FROM attempts WHERE run_id = 1 AND kind = 'document' GROUP BY outcome").await,
        [["lost", "3"]]
    );
    assert_eq!(sandbox.ask("SELECT id, exit_code FROM runs ORDER BY id").await, [["1", "70"], ["2", "0"]]);
    assert_as_undisturbed(&sandbox).await;
}

#[tokio::test]
async fn fault_59_a_run_that_lost_its_lock_claims_nothing_more() {
    // The first run waits for its turn when it loses its lock: it holds no fetch whose settlement could tell it.
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "10"]);
    let slow = "[limits.documents]\nper_second = 0.3\nburst = 1\nconcurrent = 1";
    sandbox.edit("job.toml", "[limits.documents]\nper_second = 1000\nburst = 1000\nconcurrent = 32", slow);
    let first = sandbox.start_run(&[]);
    until(async || is_there(&sandbox).await && sandbox.count("SELECT count(*) FROM fetches WHERE state = 'done'").await == 1).await;
    std::fs::remove_file(sandbox.path("export.sqlite.lock")).unwrap();
    sandbox.edit("job.toml", slow, "");
    assert_eq!(sandbox.run(&[]).code(), 0);
    let first = finish(first);
    assert_eq!(first.code(), 70, "{first:#?}");
    assert_eq!(sandbox.requests_with("document", 200).await, 10);
    assert_as_undisturbed(&sandbox).await;
}

//! Being asked to stop: what is in flight is finished, the rest is left, and the next run picks up exactly there.

use std::process::{Child, Stdio};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::harness::{Sandbox, ask_file, ccda_export, finish, until};

#[tokio::test]
async fn fault_55_sigterm_in_the_middle_leaves_the_rest_for_the_next_run() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "200", "--latency-ms", "50"]);
    let run = start_and_wait_for_documents(&sandbox).await;
    signal(&run, Signal::SIGTERM);
    let ended = finish(run);
    assert_eq!(ended.code(), 75, "{ended:#?}");
    let json = ended.json();
    let (done, not_tried) = (json["total"]["done"].as_u64().unwrap(), json["total"]["not_tried"].as_u64().unwrap());
    assert_eq!(done + not_tried, 200, "{json:#}");
    assert!(done > 0 && not_tried > 0, "{json:#}");
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'leased'").await, 0);

    let second = sandbox.run(&["--output", "json"]);
    assert_eq!(second.code(), 0, "{second:#?}");
    assert_eq!(second.json()["effort"]["documents"].as_u64().unwrap(), not_tried);
    assert_eq!(sandbox.requests_with("document", 200).await, 200);
}

#[tokio::test]
async fn what_was_claimed_ahead_and_not_sent_is_as_due_as_before() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "200", "--latency-ms", "700"]);
    let run = start_and_wait_for_documents(&sandbox).await;
    // More than have places.
    until(async || sandbox.count("SELECT count(*) FROM fetches WHERE state = 'leased'").await > 64).await;
    signal(&run, Signal::SIGTERM);
    assert_eq!(finish(run).code(), 75);
    let sent = sandbox.requests_with("document", 200).await as u64;
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'done'").await, sent);
    assert_eq!(sandbox.count("SELECT count(*) FROM attempts WHERE kind = 'document'").await, sent);
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'pending' AND sends = 0").await, 200 - sent);
}

#[tokio::test]
async fn fault_56_a_second_signal_ends_it_at_once_and_loses_nothing_that_was_committed() {
    for (first, second, code) in [(Signal::SIGTERM, Signal::SIGTERM, 143), (Signal::SIGTERM, Signal::SIGINT, 130)] {
        let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "100", "--latency-ms", "400"]);
        let mut run = start_and_wait_for_documents(&sandbox).await;
        signal(&run, first);
        // The second may only be told from the first once that has been heard: the run says so on standard error.
        let mut heard = std::io::BufReader::new(run.stderr.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut heard, &mut line).unwrap();
        assert!(line.contains("stopping"), "{line}");
        let before = done(&sandbox).await;
        signal(&run, second);
        assert_eq!(run.wait().unwrap().code(), Some(code));
        assert!(done(&sandbox).await >= before);

        let next = sandbox.run(&["--output", "json"]);
        assert_eq!(next.code(), 0, "{next:#?}");
        assert_eq!(next.json()["total"]["done"], 100);
        // The run that was cut off has no exit code, and what it held when it died is told as lost.
        assert_eq!(sandbox.ask("SELECT count(*) FROM runs WHERE exit_code IS NULL AND ended_at IS NOT NULL").await, [["1"]]);
        let requests = sandbox.requests_with("document", 200).await as u64;
        let attempts = sandbox.count("SELECT count(*) FROM attempts WHERE kind = 'document'").await;
        assert!(attempts >= requests, "{requests} requests left only {attempts} attempts");
    }
}

#[tokio::test]
async fn a_check_of_logins_that_is_asked_to_stop_says_who_was_not_tried() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "10", "--patients", "10"]);
    sandbox.edit("job.toml", "[limits.tokens]\nper_second = 1000\nburst = 1000", "[limits.tokens]\nper_second = 0.1\nburst = 2");
    let mut check = ccda_export();
    let check = check.arg("check").arg(sandbox.job()).arg("--login").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until(async || sandbox.requests_with("token", 200).await == 2).await;
    signal(&check, Signal::SIGTERM);
    let ended = finish(check);
    assert_eq!(ended.code(), 75, "{ended:#?}");
    assert!(ended.stdout.contains("8 accounts not tried: a signal ended the check\n2 of 10 accounts can log in"), "{ended:#?}");
}

#[tokio::test]
async fn fault_57_a_second_run_on_the_same_database_ends_at_once_and_names_the_first() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "60", "--latency-ms", "200"]);
    let first = start_and_wait_for_documents(&sandbox).await;
    let second = sandbox.run(&[]);
    assert_eq!(second.code(), 80, "{second:#?}");
    assert!(second.stderr.contains(&format!("process {}, since", first.id())), "{second:#?}");
    assert_eq!(sandbox.requests_with("token", 200).await, 1, "the second run asked for something");
    let waiting = sandbox.start_run(&["--wait", "--output", "json"]);
    assert_eq!(finish(first).code(), 0);
    let waited = finish(waiting);
    assert_eq!(waited.code(), 0, "{waited:#?}");
    assert_eq!(waited.json()["effort"]["document_requests"], 0);
}

async fn start_and_wait_for_documents(sandbox: &Sandbox) -> Child {
    let run = sandbox.start_run(&["--output", "json"]);
    until(async || sandbox.path("export.sqlite").exists() && done(sandbox).await > 3).await;
    run
}

/// Documents so far; none while the file is being made.
async fn done(sandbox: &Sandbox) -> u64 {
    let database = sandbox.path("export.sqlite");
    let Ok(readers) = ccda_export::store::open_for_reading(&database).await else { return 0 };
    readers.close().await;
    ask_file(&database, "SELECT count(*) FROM documents").await[0][0].parse().unwrap()
}

fn signal(process: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(process.id()).unwrap()), signal).unwrap();
}

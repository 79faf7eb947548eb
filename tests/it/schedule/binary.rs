//! The real binary as a daemon. Its occurrence is always one that was due before: nobody waits for a clock here.

use ccda_export::store::Sharing;

use super::process::Process;
use crate::harness::{Sandbox, call, session, until};

/// A sandbox whose job was due last at the start of this year.
fn sandbox(args: &[&str]) -> Sandbox {
    let sandbox = Sandbox::start(&[&["--tenants", "1", "--accounts", "1"], args].concat());
    sandbox.edit("job.toml", "name = \"sandbox\"", "name = \"sandbox\"\nschedule = \"@yearly\"");
    sandbox
}

/// An old run that ended well, so that there is something to have missed.
async fn age(sandbox: &Sandbox) {
    assert_eq!(sandbox.run(&[]).code(), 0);
    let mut database = crate::crash::other_program(&sandbox.path("export.sqlite")).await;
    let three_years = "UPDATE runs SET occurrence_at = unixepoch('now', 'start of year', '-3 years') * 1000";
    sqlx::query(three_years).execute(&mut database).await.unwrap();
    sqlx::query("UPDATE fetches SET occurrence_at = (SELECT occurrence_at FROM runs)").execute(&mut database).await.unwrap();
    sqlx::Connection::close(database).await.unwrap();
}

#[tokio::test]
async fn fault_67_missed_occurrences_lead_to_one_run_at_the_start_which_is_said_and_a_signal_ends_the_sleep_with_0() {
    let sandbox = sandbox(&["--patients", "6"]);
    age(&sandbox).await;
    let mut daemon = Process::start(&sandbox.job(), &[]);
    daemon.until_heard("sandbox: next is the occurrence of ").await;
    let (code, heard) = daemon.terminate();
    assert_eq!(code, 0, "{heard}");
    assert!(heard.contains("sandbox: 3 occurrences were missed; the newest, of "), "{heard}");
    assert!(heard.contains("run 2 of sandbox: 6 documents") && heard.contains("exit code 0: "), "{heard}");
    assert_eq!(sandbox.requests_with("document", 200).await, 12);
}

#[tokio::test]
async fn skip_missed_begins_with_the_next_occurrence() {
    let sandbox = sandbox(&["--patients", "6"]);
    age(&sandbox).await;
    let mut daemon = Process::start(&sandbox.job(), &["--skip-missed"]);
    daemon.until_heard("sandbox: next is the occurrence of ").await;
    let (code, heard) = daemon.terminate();
    assert_eq!((code, sandbox.count("SELECT count(*) FROM runs").await), (0, 1), "{heard}");
}

#[tokio::test]
async fn a_signal_ends_a_run_in_order_and_the_daemon_with_its_code_and_the_next_daemon_waits_a_while() {
    let sandbox = sandbox(&["--patients", "200", "--latency-ms", "50"]);
    let daemon = Process::start(&sandbox.job(), &["--output", "json"]);
    until(async || sandbox.requests_with("document", 200).await > 3).await;
    let (code, heard) = daemon.terminate();
    assert_eq!(code, 75, "{heard}");
    let summary = heard.lines().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("no summary: {heard}"));
    let summary: serde_json::Value = serde_json::from_str(summary).unwrap();
    assert!(summary["exit_code"] == 75 && summary["total"]["not_tried"].as_u64().unwrap() > 0, "{summary:#}");
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'leased'").await, 0);
    // What the books say holds for the daemon that is started next: a run that asks for another gets it, a quarter of an hour later.
    let mut daemon = Process::start(&sandbox.job(), &[]);
    daemon.until_heard("sandbox: the run asks for another one, which begins at ").await;
    assert_eq!(daemon.terminate().0, 0);
    assert_eq!(sandbox.count("SELECT count(*) FROM runs").await, 1);
}

#[tokio::test]
async fn the_deadline_of_a_run_ends_that_run_and_not_the_daemon() {
    let sandbox = sandbox(&["--patients", "200"]);
    // More than a minute's work.
    sandbox.edit("job.toml", "[limits.documents]\nper_second = 1000\nburst = 1000", "[limits.documents]\nper_second = 3\nburst = 1");
    sandbox.edit("job.toml", "deadline = \"1h\"", "deadline = \"1s\"");
    let mut daemon = Process::start(&sandbox.job(), &[]);
    // What is left of the deadline is nothing, so the rest waits for the next occurrence.
    daemon.until_heard("exit code 75: ").await;
    daemon.until_heard("sandbox: next is the occurrence of ").await;
    assert!(daemon.is_alive());
    assert_eq!(daemon.terminate().0, 0);
}

#[tokio::test]
async fn two_daemons_that_are_started_at_once_do_one_run() {
    let sandbox = sandbox(&["--patients", "20", "--latency-ms", "20"]);
    let mut daemons = [(), ()].map(|()| Process::start(&sandbox.job(), &[]));
    for daemon in &mut daemons {
        daemon.until_heard("sandbox: next is the occurrence of ").await;
    }
    for daemon in daemons {
        assert_eq!(daemon.terminate().0, 0);
    }
    assert_eq!(sandbox.count("SELECT count(*) FROM runs").await, 1);
    assert_eq!(sandbox.requests_with("document", 200).await, 20);
}

#[tokio::test]
async fn a_job_file_that_is_broken_after_the_start_is_told_and_the_daemon_goes_on() {
    let sandbox = sandbox(&["--patients", "6"]);
    // Whoever waits for the database reads the files again when it is free.
    let held = session(&sandbox.path("export.sqlite"), Sharing::default()).await;
    let mut daemon = Process::start(&sandbox.job(), &[]);
    daemon.until_heard("sandbox: waits for another run that holds the database: a test").await;
    sandbox.edit("job.toml", "schedule = ", "shedule = ");
    held.close().await.unwrap();
    daemon.until_heard("did you mean \"schedule\"?").await;
    daemon.until_heard("sandbox: the occurrence is left as it is, and looked at again at ").await;
    assert!(daemon.is_alive());
    let (code, heard) = daemon.terminate();
    assert_eq!((code, sandbox.count("SELECT count(*) FROM runs").await), (0, 0), "{heard}");
}

#[test]
fn what_cannot_be_followed_is_refused_before_anything_runs() {
    let [first, second] = [(), ()].map(|()| sandbox(&["--patients", "3"]));
    let job = |sandbox: &Sandbox| sandbox.job().display().to_string();
    let refused = |jobs: &[&str], code: i32, text: &str| {
        let ended = call(["schedule"].iter().chain(jobs));
        assert_eq!(ended.code(), code, "{ended:#?}");
        assert!(ended.stderr.contains(text) && ended.stdout.is_empty(), "{ended:#?}");
        assert!(!first.path("export.sqlite").exists() && !second.path("export.sqlite").exists());
    };
    refused(&[], 64, "<JOBS>");
    refused(&[&job(&first), &job(&first)], 64, "are one job, \"sandbox\" at ");
    // Another file, and the same job at the same database by another way to write it.
    let elsewhere = first.path("nested/../export.sqlite");
    std::fs::create_dir(first.path("nested")).unwrap();
    second.edit("job.toml", "database = \"export.sqlite\"", &format!("database = \"{}\"", elsewhere.display()));
    refused(&[&job(&first), &job(&second)], 64, "are one job, \"sandbox\" at ");
    second.edit("job.toml", "schedule = \"@yearly\"\n", "");
    refused(&[&job(&first), &job(&second)], 78, "schedule: is missing");
    second.edit("patients.csv", "patient_token", "token");
    refused(&[&job(&first), &job(&second)], 65, "patients.csv");
    second.edit("job.toml", "name = ", "nam = ");
    refused(&[&job(&first), &job(&second)], 78, "did you mean \"name\"?");
}

#[tokio::test]
async fn jobs_that_share_a_database_wait_for_each_other() {
    let sandbox = sandbox(&["--patients", "20", "--latency-ms", "20"]);
    let other = sandbox.path("other.toml");
    std::fs::copy(sandbox.job(), &other).unwrap();
    sandbox.edit("other.toml", "name = \"sandbox\"", "name = \"other\"");
    let mut daemon = Process::start(&sandbox.job(), &[other.to_str().unwrap()]);
    daemon.until_heard("sandbox: next is the occurrence of ").await;
    daemon.until_heard("other: next is the occurrence of ").await;
    let (code, heard) = daemon.terminate();
    assert_eq!((code, sandbox.ask("SELECT group_concat(exit_code) FROM runs").await), (0, vec![vec!["0,0".to_owned()]]), "{heard}");
}

#[tokio::test]
async fn status_counts_as_missed_what_the_daemon_would_run() {
    let sandbox = sandbox(&["--patients", "6"]);
    age(&sandbox).await;
    let status = || call(["status".as_ref(), sandbox.job().as_os_str()]);
    let missed = |ended: crate::harness::Ended| (ended.code(), ended.stdout.contains("and has had no run for it"));
    assert_eq!(missed(status()), (1, true));
    // One for a part of the patients, or one at the present moment, is not the run of the occurrence; the daemon does it.
    assert_eq!(sandbox.run(&["--patient", "1"]).code(), 0);
    assert_eq!(sandbox.run(&["--again"]).code(), 0);
    assert_eq!(missed(status()), (1, true));
    let mut daemon = Process::start(&sandbox.job(), &[]);
    daemon.until_heard("sandbox: next is the occurrence of ").await;
    assert_eq!(daemon.terminate().0, 0);
    assert_eq!(missed(status()), (0, false));
    assert_eq!(sandbox.count("SELECT count(*) FROM runs").await, 4);
}

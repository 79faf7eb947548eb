//! Row 54: killed with SIGKILL, at every named step and at random moments. What was committed stays, and the next run goes on.

use std::{
    os::unix::process::ExitStatusExt,
    time::{Duration, Instant},
};

use super::{Charts, assert_as_undisturbed, assert_bytes, assert_no_damage, database, is_there, leased, run_dying, run_dying_with};
use crate::harness::{Sandbox, call, finish, until};

/// Every step between the start and the end of a run, some of them more than once.
const STEPS: &[&str] = &[
    "created",
    "migrated",
    "begun",
    "opened",
    "token_begun",
    "token_answered",
    "token_recorded",
    "claimed",
    "claimed:7",
    "answered",
    "answered:9",
    "denied",
    "replay_noted",
    "written",
    "written:4",
    "committed",
    "committed:4",
    "settled",
    "settled:12",
    "worked",
    "receipt_written",
    "ended",
];

#[tokio::test]
async fn fault_54_killed_at_any_step_the_next_run_ends_as_if_nothing_had_happened() {
    let charts = Charts::new(24);
    for step in STEPS {
        // Tokens are taken back once, so that there are denials and replays to die at.
        let sandbox = Sandbox::start(&["--documents", charts.path(), "--accounts", "2", "--revoke-after", "6"]);
        sandbox.edit("job.toml", "concurrent = 32", "concurrent = 4");
        let died = run_dying(&sandbox, step);
        assert_eq!(died.status.signal(), Some(9), "{step}: {died:#?}");
        let before = if is_there(&sandbox).await { documents(&sandbox).await } else { Vec::new() };
        let next = sandbox.run(&["--output", "json"]);
        assert_eq!(next.code(), 0, "{step}: {next:#?}");
        assert_eq!(next.json()["total"]["done"], 24, "{step}");
        assert_as_undisturbed(&sandbox).await;
        assert_bytes(&sandbox, &charts).await;
        let after = documents(&sandbox).await;
        assert!(before.iter().all(|document| after.contains(document)), "{step}: a committed document is gone");
    }
}

async fn documents(sandbox: &Sandbox) -> Vec<Vec<String>> {
    sandbox.ask("SELECT id, patient_id, body_id FROM documents").await
}

#[tokio::test]
async fn fault_54_killed_with_requests_on_their_way_each_has_its_row() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "20", "--latency-ms", "400"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 4");
    let mut run = sandbox.start_run(&[]);
    until(async || leased(&sandbox).await == 4).await;
    run.kill().unwrap();
    run.wait().unwrap();
    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_as_undisturbed(&sandbox).await;
    assert_eq!(sandbox.count("SELECT count(*) FROM attempts WHERE outcome = 'lost'").await, 4);
}

/// Kills one export at so many moments, chosen by the seed, and then lets it end.
async fn killed_at_random(kills: u32, patients: usize, seed: u64) {
    let charts = Charts::new(patients);
    let sandbox = Sandbox::start(&["--documents", charts.path(), "--tenants", "2", "--accounts", "6", "--latency-ms", "150"]);
    // Slow enough to outlive its deaths.
    let (fast, slow) = ("per_second = 1000\nburst = 1000\nconcurrent = 32", "per_second = 10\nburst = 3\nconcurrent = 3");
    sandbox.edit("job.toml", &format!("[limits.documents]\n{fast}"), &format!("[limits.documents]\n{slow}"));
    // The first run plans for everybody; from the second on beginning takes as long each time, and most of the moments shall lie beyond.
    killed_at_its_next_document(&sandbox).await;
    let beginning = killed_at_its_next_document(&sandbox).await;
    let mut dice = fastrand::Rng::with_seed(seed);
    for kill in 2..kills {
        let moment = beginning.mul_f64(4.0 * dice.f64());
        let mut run = sandbox.start_run(&[]);
        tokio::time::sleep(moment).await;
        // It must have been alive: a run that had ended proves nothing.
        let alive = run.try_wait().unwrap().is_none();
        run.kill().unwrap();
        let ended = finish(run);
        assert!(alive, "kill {kill}: a run of {patients} patients ended within {moment:?}: {ended:#?}");
        if kill % 10 == 0 {
            assert_no_damage(&database(&sandbox)).await;
        }
    }
    sandbox.edit("job.toml", slow, fast);
    let left = patients as u64 - documents(&sandbox).await.len() as u64;
    let last = sandbox.run(&["--output", "json"]);
    assert_eq!(last.code(), 0, "{last:#?}");
    assert_as_undisturbed(&sandbox).await;
    assert_bytes(&sandbox, &charts).await;
    let attempts = sandbox.count("SELECT count(*) FROM attempts WHERE kind <> 'token'").await;
    let lost = sandbox.count("SELECT count(*) FROM attempts WHERE kind <> 'token' AND outcome = 'lost'").await;
    let served = sandbox.requests_with("document", 200).await;
    let most = sandbox.count("SELECT max(losses) FROM fetches").await;
    let runs = sandbox.count("SELECT count(*) FROM runs").await;
    println!(
        "kill test: seed {seed}, {kills} kills within {:?} of a start, {runs} runs that had begun, {patients} patients, {left} left for the last run; \
         {attempts} document attempts, {lost} of them lost, {served} answers sent by the server, {most} losses of one fetch at most",
        beginning * 4
    );
    assert!(lost >= u64::from(kills), "so few losses that most moments were before the first request");
    assert_eq!(attempts, patients as u64 + lost);
    assert!(served as u64 <= attempts && served >= patients);
}

/// Kills a run as soon as it has brought a document more; tells how long that took.
async fn killed_at_its_next_document(sandbox: &Sandbox) -> Duration {
    let before = documents_so_far(sandbox).await;
    let start = Instant::now();
    let mut run = sandbox.start_run(&[]);
    until(async || documents_so_far(sandbox).await > before).await;
    run.kill().unwrap();
    run.wait().unwrap();
    start.elapsed()
}

async fn documents_so_far(sandbox: &Sandbox) -> usize {
    if is_there(sandbox).await { documents(sandbox).await.len() } else { 0 }
}

#[tokio::test]
async fn fault_54_killed_at_random_moments_the_export_ends_as_if_undisturbed() {
    killed_at_random(25, 1_200, 54).await;
}

#[tokio::test]
#[ignore = "takes minutes; cargo test --test it three_hundred -- --ignored --nocapture"]
async fn fault_54_killed_at_three_hundred_random_moments_the_export_ends_as_if_undisturbed() {
    killed_at_random(300, 6_000, 5_400).await;
}

#[tokio::test]
async fn a_document_that_kills_whoever_reads_it_is_given_up_and_no_bystander_dies() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "30", "--latency-ms", "20"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 4");
    let mut deaths = 0;
    while run_dying(&sandbox, "answered@5").status.signal() == Some(9) {
        deaths += 1;
        assert!(deaths <= 5, "the document is tried for ever");
        if deaths >= 3 {
            // Twice it took others with it; from then on it is alone.
            let leased = sandbox.ask("SELECT patient_id, losses + 1 FROM fetches WHERE state = 'leased'").await;
            assert_eq!(leased, [["5".to_owned(), deaths.to_string()]]);
            // Those that it took with it are tried alone too, and before it once it has been lost more often than they.
            let done = sandbox.count("SELECT count(*) FROM fetches WHERE state = 'done'").await;
            assert!(done >= 26 && (deaths == 3 || done == 29), "{done} are done at death {deaths}");
        }
    }
    assert_eq!(deaths, 5);
    assert_eq!(sandbox.ask("SELECT state, reason, patient_id FROM fetches WHERE state <> 'done'").await, [["dead", "crashed", "5"]]);
    assert_no_damage(&database(&sandbox)).await;
    assert_eq!(sandbox.run(&[]).code(), 1);

    // The next occurrence asks again, and knows whom to put last.
    assert_eq!(run_dying_with(&sandbox, "answered@5", &["--again"]).status.signal(), Some(9));
    let newest = "SELECT state, count(*) FROM fetches WHERE occurrence_at = (SELECT max(occurrence_at) FROM fetches) GROUP BY state";
    assert_eq!(sandbox.ask(newest).await, [["done", "29"], ["leased", "1"]]);
    assert_eq!(sandbox.run(&[]).code(), 0);
}

/// The journal of a transaction that began on an empty file and was not finished: SQLite undoes it when it opens the file.
fn unfinished_journal() -> Vec<u8> {
    // https://www.sqlite.org/fileformat2.html, "The Rollback Journal": magic, records, nonce, pages before, sector and page size.
    let mut journal = vec![0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    for number in [0u32, 1, 0, 512, 16_384] {
        journal.extend(number.to_be_bytes());
    }
    journal.resize(512, 0);
    journal
}

#[tokio::test]
async fn fault_54_killed_while_the_file_is_being_made_the_next_runs_know_it_as_their_own() {
    let sandbox = Sandbox::start(&["--patients", "6"]);
    run_dying(&sandbox, "created");
    let made = std::fs::metadata(database(&sandbox)).unwrap().len();
    assert!(made > 0);
    std::fs::write(sandbox.path("export.sqlite-journal"), unfinished_journal()).unwrap();
    for _ in 0..2 {
        let ended = sandbox.run(&[]);
        assert_eq!(ended.code(), 0, "{ended:#?}");
    }
    assert_eq!(sandbox.count("PRAGMA page_size").await, 16_384);
    assert_as_undisturbed(&sandbox).await;
}

#[test]
fn a_first_run_that_died_before_its_roster_was_taken_over_is_told_by_status() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    assert_eq!(run_dying(&sandbox, "begun").status.code(), None);
    let told = call(["status".as_ref(), sandbox.job().as_os_str(), "--output".as_ref(), "json".as_ref()]);
    assert_eq!((told.code(), &told.json()["problems"][0]["kind"]), (1, &"died".into()), "{told:#?}");
}

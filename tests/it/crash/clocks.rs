//! Rows 43 to 45: clocks that are wrong or jump. The library on a clock that the test moves, with a sandbox on the same one.

use std::{pin::Pin, time::Duration};

use ccda_export::{
    clock::Clock,
    export::RunEnd,
    sandbox::{Sandbox, SandboxOptions},
};
use chrono::{DateTime, TimeZone, Utc};
use serde_json::Value;
use sqlx::{Connection, Executor};
use tempfile::TempDir;

use super::other_program;
use crate::{
    clockwork::Clockwork,
    harness::{ask_file, run_here},
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// An afternoon, so that an hour more or less is the same day.
fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 10, 12, 0, 0).unwrap()
}

type Running = Pin<Box<dyn Future<Output = RunEnd>>>;

/// A sandbox in this process, with its files.
struct World {
    clock: Clock,
    sandbox: Sandbox,
    dir: TempDir,
}

impl World {
    async fn new(clock: &Clock, options: SandboxOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(SandboxOptions { tenants: Some(1), clock: clock.clone(), ..options }).await.unwrap();
        sandbox.write_roster(dir.path()).unwrap();
        Self { clock: clock.clone(), sandbox, dir }
    }

    fn edit(&self, from: &str, to: &str) {
        let path = self.dir.path().join("job.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    /// One run on the world's clock; it goes on only as long as somebody waits for something with it.
    fn start_run(&self) -> Running {
        let (path, clock) = (self.dir.path().join("job.toml"), self.clock.clone());
        Box::pin(async move { run_here(&path, &clock, 7).await.unwrap() })
    }

    fn clockwork(&self) -> Clockwork<impl Fn() -> bool> {
        Clockwork::new(&self.clock, || self.sandbox.is_busy())
    }

    /// Lets time pass until the run has ended.
    async fn end(&self, run: Running) -> RunEnd {
        self.clockwork().drive(run).await
    }

    /// One run from its start to its end.
    async fn run(&self) -> RunEnd {
        self.end(self.start_run()).await
    }

    /// Lets time pass until the condition holds, and not a step longer.
    async fn until(&self, run: &mut Running, condition: impl AsyncFnMut() -> bool) {
        let clockwork = self.clockwork();
        tokio::select! {
            biased;
            end = run => panic!("the run ended before: {end:?}"),
            () = clockwork.until(condition) => {}
        }
    }

    async fn ask(&self, sql: &str) -> Vec<Vec<String>> {
        ask_file(&self.dir.path().join("export.sqlite"), sql).await
    }

    async fn count(&self, sql: &str) -> u64 {
        self.ask(sql).await[0][0].parse().unwrap()
    }

    /// The requests of a kind that were answered with this status, by the sandbox's own time.
    async fn answered(&self, kind: &str, status: u16) -> Vec<u64> {
        let url = format!("http://{}/sandbox/requests", self.sandbox.address());
        let text = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap().text().await.unwrap();
        let journal: Value = serde_json::from_str(&text).unwrap();
        let requests = journal["requests"].as_array().unwrap().iter();
        requests
            .filter(|request| request["kind"] == kind && request["status"] == status)
            .map(|request| request["at_ms"].as_u64().unwrap())
            .collect()
    }

    async fn documents(&self) -> usize {
        self.answered("document", 200).await.len()
    }

    async fn write(&self, sql: &'static str) {
        let mut connection = other_program(&self.dir.path().join("export.sqlite")).await;
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
    }
}

fn options(patients: usize) -> SandboxOptions {
    SandboxOptions { accounts: Some(1), patients: Some(patients), latency: Duration::from_millis(200), ..SandboxOptions::default() }
}

#[tokio::test]
async fn fault_43_a_wall_clock_that_jumps_moves_neither_rates_nor_tokens() {
    let clock = Clock::manual(noon());
    let world = World::new(&clock, options(60)).await;
    world.edit(
        "per_second = 1000\nburst = 1000\nconcurrent = 32\n\n[limits.tokens]",
        "per_second = 10\nburst = 1\nconcurrent = 8\n\n[limits.tokens]",
    );
    let mut run = world.start_run();
    for (documents, jump) in [(10, HOUR), (25, -2 * HOUR), (40, HOUR)] {
        world.until(&mut run, async || world.documents().await >= documents).await;
        clock.jump(jump);
    }
    let end = world.end(run).await;
    assert_eq!((end.exit_code as u8, end.receipt.total.done), (0, 60));
    assert_eq!(world.answered("token", 200).await.len(), 1);
    assert!(world.answered("document", 403).await.is_empty());
    // Ten a second and never more than one ahead, whatever the wall said.
    let at = world.answered("document", 200).await;
    let spread = at.iter().max().unwrap() - at.iter().min().unwrap();
    assert!(spread >= 59 * 100 - 250, "60 documents in {spread} ms");
    assert_eq!(world.count("SELECT max(attempts) FROM fetches").await, 1);
}

#[tokio::test]
async fn fault_43_a_clock_that_jumps_ahead_lets_no_rejected_account_log_in_again() {
    let clock = Clock::manual(noon());
    let two = SandboxOptions { accounts: Some(2), reject: vec!["front-desk".to_owned()], ..options(80) };
    let world = World::new(&clock, two).await;
    world.edit("concurrent = 32", "concurrent = 2");
    let mut run = world.start_run();
    world.until(&mut run, async || world.answered("token", 401).await.len() == 1).await;
    clock.jump(HOUR + 60_000);
    let end = world.end(run).await;
    assert_eq!(end.receipt.total.done, 40);
    // Two rejections within a second would lock the user.
    assert_eq!(world.answered("token", 401).await.len(), 1);
}

#[tokio::test]
async fn fault_43_a_retry_that_waits_is_not_put_off_by_an_hour_when_the_clock_is_set_back() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.xml"), "<html><body>no chart</body></html>").unwrap();
    let clock = Clock::manual(noon());
    let world = World::new(&clock, SandboxOptions { documents: Some(folder.path().to_owned()), ..SandboxOptions::default() }).await;
    world.edit("first_wait = \"100ms\"\nlongest_wait = \"500ms\"", "first_wait = \"40s\"");
    let mut run = world.start_run();
    let database = world.dir.path().join("export.sqlite");
    world.until(&mut run, async || database.exists() && waiting(&world).await == 1).await;
    clock.jump(-HOUR);
    let end = world.end(run).await;
    assert_eq!(end.exit_code as u8, 1);
    assert_eq!(world.ask("SELECT state, reason, attempts FROM fetches").await, [["dead", "not_cda", "2"]]);
    // It began at once and not an hour later: a minute or two of our own time.
    assert!(clock.elapsed() < Duration::from_secs(600), "{:?}", clock.elapsed());
}

async fn waiting(world: &World) -> u64 {
    match ccda_export::store::open_for_reading(&world.dir.path().join("export.sqlite")).await {
        Ok(readers) => readers.close().await,
        Err(_) => return 0,
    }
    world.count("SELECT count(*) FROM fetches WHERE state = 'waiting'").await
}

#[tokio::test]
async fn fault_44_a_night_with_a_clock_a_year_ahead_hides_nobody_from_the_next() {
    let clock = Clock::manual(noon());
    let world = World::new(&clock, options(8)).await;
    clock.jump(365 * DAY);
    assert_eq!(world.run().await.receipt.total.done, 8);
    clock.jump(-365 * DAY);
    let mended = world.run().await;
    assert_eq!((mended.exit_code as u8, mended.receipt.total.done), (0, 8));
    assert!(mended.receipt.adds_up());
    assert_eq!(world.documents().await, 16);
    // Whoever is done in the true occurrence is not due again.
    assert_eq!(world.run().await.exit_code as u8, 0);
    assert_eq!(world.documents().await, 16);
    assert_eq!(world.count("SELECT count(*) FROM patients WHERE changed_at > strftime('%s', '2026-03-12') * 1000").await, 0);
}

#[tokio::test]
async fn fault_44_a_night_with_a_clock_a_day_ahead_does_not_stand_for_the_next_one() {
    let clock = Clock::manual(noon());
    let world = World::new(&clock, options(8)).await;
    clock.jump(DAY);
    assert_eq!(world.run().await.receipt.total.done, 8);
    clock.jump(-DAY);
    assert_eq!(world.run().await.receipt.total.done, 8);
    // The day comes for which a wrong clock has asked already.
    clock.jump(DAY);
    let next = world.run().await;
    assert!(next.receipt.adds_up(), "{:?}", next.receipt);
    assert_eq!((next.receipt.total.roster, next.receipt.total.done), (8, 8));
    assert_eq!(world.documents().await, 24);
    assert_eq!(world.run().await.receipt.total.done, 8);
    assert_eq!(world.documents().await, 24);
}

#[tokio::test]
async fn fault_44_a_chart_that_is_dated_before_the_latest_is_not_stood_for_by_it() {
    let clock = Clock::manual(noon());
    let world = World::new(&clock, options(8)).await;
    for jump in [DAY, -DAY, DAY] {
        clock.jump(jump);
        assert_eq!(world.run().await.receipt.total.done, 8);
    }
    let standing = "SELECT d.status FROM documents d WHERE d.patient_id = 1 ORDER BY d.id";
    assert_eq!(world.ask(standing).await, [["accepted"], ["accepted"], ["unchanged"]]);
}

#[tokio::test]
async fn fault_44_what_waits_longer_than_the_longest_wait_is_pulled_in_at_a_runs_start() {
    let clock = Clock::manual(noon());
    let world = World::new(&clock, options(6)).await;
    assert_eq!(world.run().await.exit_code as u8, 0);
    // As a run leaves it whose clock is a day ahead.
    world
        .write(
            "UPDATE fetches SET state = 'waiting', reason = 'network', document_id = NULL,
                                due_at = (strftime('%s', '2026-03-11T12:00:00') + id) * 1000 WHERE id <= 4",
        )
        .await;
    let end = world.run().await;
    assert_eq!((end.exit_code as u8, end.receipt.total.done), (0, 6));
    assert_eq!(world.documents().await, 10);
}

#[tokio::test]
async fn fault_44_a_suspended_account_is_not_left_alone_for_a_year_nor_asked_at_once() {
    let clock = Clock::manual(noon());
    let world = World::new(&clock, options(4)).await;
    // Rejected by the sandbox, whatever the password: it is the name that `options` gives the only account.
    let account = account(&world);
    let world = World::new(&clock, SandboxOptions { reject: vec![account], ..options(4) }).await;
    clock.jump(365 * DAY);
    assert_eq!(world.run().await.exit_code as u8, 77);
    clock.jump(-365 * DAY);
    assert_eq!(world.run().await.exit_code as u8, 77);
    assert_eq!(world.answered("token", 401).await.len(), 1, "a wrong clock is no reason to log in again");
    clock.jump(HOUR + 60_000);
    assert_eq!(world.run().await.exit_code as u8, 77);
    assert_eq!(world.answered("token", 401).await.len(), 2);
}

fn account(world: &World) -> String {
    let roster = std::fs::read_to_string(world.dir.path().join("roster.toml")).unwrap();
    roster.split("account = \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn fault_45_twenty_minutes_in_which_nothing_ran_end_no_token_on_the_wire() {
    let clock = Clock::manual(noon());
    let world = World::new(&clock, options(40)).await;
    world.edit("concurrent = 32", "concurrent = 4");
    let mut run = world.start_run();
    world.until(&mut run, async || world.documents().await >= 8).await;
    // What is in flight rests at the sandbox, which waits on the same clock; then all wake up twenty minutes later.
    clock.advance(Duration::from_secs(1_200));
    let end = world.end(run).await;
    assert_eq!((end.exit_code as u8, end.receipt.total.done), (0, 40));
    assert!(world.answered("document", 403).await.is_empty(), "a token that had expired was sent");
    assert_eq!(world.answered("token", 200).await.len(), 2);
}

#[tokio::test]
async fn fault_45_a_claim_that_is_committed_after_its_token_died_is_sent_with_a_new_one() {
    let clock = Clock::manual(noon());
    let world = World::new(&clock, options(20)).await;
    world.edit(
        "per_second = 1000\nburst = 1000\nconcurrent = 32\n\n[limits.tokens]",
        "per_second = 1\nburst = 1\nconcurrent = 8\n\n[limits.tokens]",
    );
    let mut run = world.start_run();
    world.until(&mut run, async || world.documents().await >= 3).await;
    // Nothing can be committed for a while, so those whose turn comes wait with their tokens in their hands.
    let mut other = other_program(&world.dir.path().join("export.sqlite")).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let elapsed = clock.elapsed() + Duration::from_secs(6);
    world.until(&mut run, async || clock.elapsed() >= elapsed).await;
    clock.advance(Duration::from_secs(1_200));
    other.execute("ROLLBACK").await.unwrap();
    let end = world.end(run).await;
    other.close().await.unwrap();
    assert_eq!((end.exit_code as u8, end.receipt.total.done), (0, 20));
    assert!(world.answered("document", 403).await.is_empty(), "a token that had expired was sent");
    assert_eq!(world.answered("token", 200).await.len(), 2);
}

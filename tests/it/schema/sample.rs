//! A small site on a manual clock, the same each time: four nights and a backfill of invented patients, in which enough goes wrong that most columns
//! have a value. Nothing in it has to be waited for, so that the clock stands still in each of them.

use std::path::{Path, PathBuf};

use ccda_export::{
    clock::Clock,
    config::{self, Job},
    domain::{Backfill, DocumentId, Order, WindowUnit},
    export::{self, Progress, RunRequest, Stop, Work},
    sandbox::{Sandbox, SandboxOptions},
    schedule::day_start,
    store::{Act, Session, Sharing, documents, documents::Decision, forget::Whom, runs::Narrowing},
};
use chrono::TimeDelta;
use tempfile::TempDir;

use crate::{
    clockwork::Clockwork,
    harness::{ask_file, nightly, session},
};

pub struct Sample {
    dir: TempDir,
    clock: Clock,
}

impl Sample {
    pub fn database(&self) -> PathBuf {
        self.dir.path().join("export.sqlite")
    }

    fn job(&self) -> PathBuf {
        self.dir.path().join("job.toml")
    }

    /// A day later, the sandbox anew with these faults and rejected accounts, and a run of this work for these patients.
    async fn run(&self, faults: &[&str], reject: &[&str], work: impl FnOnce(&Job) -> Work, narrowing: Narrowing) {
        self.clock.jump(TimeDelta::days(1).num_milliseconds());
        let options = SandboxOptions {
            tenants: Some(1),
            accounts: Some(2),
            patients: Some(14),
            seed: Some(8),
            faults: faults.iter().map(|fault| fault.parse().unwrap()).collect(),
            reject: reject.iter().map(|&account| account.to_owned()).collect(),
            clock: self.clock.clone(),
            ..SandboxOptions::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        sandbox.write_roster(self.dir.path()).unwrap();
        one_at_a_time(&self.job());
        let job = config::load(&self.job()).unwrap();
        let session = self.session().await;
        let progress = Progress::new(job.roster.tenants.iter().map(|tenant| tenant.name.clone()));
        let work = work(&job);
        let request = RunRequest {
            work,
            narrowing,
            process: "host, process 1".to_owned(),
            ..nightly(job, day_start(self.clock.now(), chrono_tz::UTC), 1)
        };
        let stop = Stop::default();
        Clockwork::new(&self.clock, || false).drive(export::run(session, request, &self.clock, &stop, &progress)).await.unwrap();
        sandbox.stop().await;
    }

    async fn session(&self) -> Session {
        session(&self.database(), Sharing::default()).await
    }

    fn act(&self, what: &'static str, target: &str) -> Act {
        Act { at: self.clock.now_ms(), who: "operator".to_owned(), what, target: target.to_owned() }
    }

    /// Accepts the first document that is held because it shrank, and forgets a patient.
    async fn decide(&self) {
        let held: i64 = ask_file(&self.database(), "SELECT min(document_id) FROM held").await[0][0].parse().unwrap();
        let forgotten = ask_file(&self.database(), "SELECT max(id) FROM patients").await[0][0].parse().unwrap();
        let mut session = self.session().await;
        let (accept, ids) = (self.act("accept", &format!("documents {held}")), [DocumentId(held)]);
        session.act(&accept, async |connection| documents::decide(connection, Decision::Accept, &ids, accept.at).await).await.unwrap();
        export::flatten_these(&mut session, &ids).await.unwrap();
        let whom = Whom::Patients(vec![ccda_export::domain::PatientId(forgotten)]);
        session.forget(&whom, &self.act("forget", &format!("patient {forgotten}"))).await.unwrap().unwrap();
        session.close().await.unwrap();
    }
}

/// What is asked for one after the other is there in the same order each time.
fn one_at_a_time(job: &Path) {
    let text = std::fs::read_to_string(job).unwrap();
    let edited: Vec<_> = text.lines().map(|line| if line.starts_with("concurrent") { "concurrent = 1" } else { line }).collect();
    assert!(text.contains("\nconcurrent = "), "the sandbox's job has no such key:\n{text}");
    std::fs::write(job, edited.join("\n")).unwrap();
}

pub async fn database() -> Sample {
    let clock = Clock::manual("2026-02-28T03:00:00Z".parse().unwrap());
    let sample = Sample { dir: tempfile::tempdir().unwrap(), clock };
    let nightly = |job: &Job| Work::Nightly(job.windows.clone());
    let everybody = Narrowing::default;
    sample.run(&[], &[], nightly, everybody()).await;
    sample.run(&["dtd:11", "shrunk:4", "other-person:3"], &[], nightly, everybody()).await;
    sample.decide().await;
    let months = Backfill::Windows {
        from: "2025-11-01".parse().unwrap(),
        to: Some("2026-01-31".parse().unwrap()),
        every: WindowUnit::Month,
        order: Order::NewestFirst,
    };
    let one = Narrowing { patients: vec![ccda_export::domain::PatientId(1)], ..everybody() };
    sample.run(&[], &[], |_| Work::Backfill(months), one).await;
    let account = ask_file(&sample.database(), "SELECT account FROM accounts ORDER BY id DESC LIMIT 1").await[0][0].clone();
    sample.run(&["document-404:3"], &[&account], nightly, everybody()).await;
    sample
}

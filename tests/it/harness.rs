//! The real binary, a real sandbox on loopback, a real file: what every test of this folder starts from.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use ccda_export::{
    clock::Clock,
    config::{self, Job},
    export::{self, Progress, RunEnd, RunError, RunRequest, RunSettings, Stop, Work},
    schedule::day_start,
    store::{DatabaseFile, Session, Sharing, StoreError, ask, open_for_reading, runs::Narrowing},
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tempfile::TempDir;

/// The binary under test, with nothing of our environment that could change what it does.
pub fn ccda_export() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ccda-export"));
    command.env_clear().stdin(Stdio::null());
    command
}

/// What a command printed and ended with.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// The summary of `run --output json`.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON on standard output: {error}\n{self:#?}"))
    }
}

/// Runs the binary with these arguments to its end.
pub fn call<I: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = I>) -> Ended {
    finish(ccda_export().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// Waits for a process that was started with pipes.
pub fn finish(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A sandbox in a process of its own, with the roster and job that it wrote.
pub struct Sandbox {
    process: Child,
    pub url: String,
    pub dir: TempDir,
}

impl Sandbox {
    /// Starts `ccda-export sandbox` with further arguments, and returns once it says that it is ready.
    pub fn start(args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut process =
            ccda_export().arg("sandbox").arg("--roster-out").arg(dir.path()).args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("ready ").unwrap_or_else(|| panic!("the sandbox is not ready: {line:?}")).to_owned();
        Self { process, url, dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn job(&self) -> PathBuf {
        self.path("job.toml")
    }

    /// `run` of its job with further arguments.
    pub fn run(&self, args: &[&str]) -> Ended {
        call(["run".as_ref(), self.job().as_os_str()].into_iter().chain(args.iter().map(|arg| arg.as_ref())))
    }

    /// The same, started only.
    pub fn start_run(&self, args: &[&str]) -> Child {
        ccda_export().arg("run").arg(self.job()).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Replaces text in one of its files, which must be there.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.path(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from:?}:\n{text}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    /// The lines of `patients.csv` without its header.
    pub fn patients(&self) -> Vec<String> {
        std::fs::read_to_string(self.path("patients.csv")).unwrap().lines().skip(1).map(str::to_owned).collect()
    }

    /// The answer to a question of its job's database, as text.
    pub async fn ask(&self, sql: &str) -> Vec<Vec<String>> {
        ask_file(&self.path("export.sqlite"), sql).await
    }

    /// The same for a single number.
    pub async fn count(&self, sql: &str) -> u64 {
        self.ask(sql).await[0][0].parse().unwrap()
    }

    /// Every request that the sandbox answered.
    pub async fn requests(&self) -> Value {
        let url = format!("{}/sandbox/requests", self.url);
        let text = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// How many requests of a kind it answered with a status.
    pub async fn requests_with(&self, kind: &str, status: u16) -> usize {
        let requests = self.requests().await;
        let all = requests["requests"].as_array().unwrap();
        all.iter().filter(|request| request["kind"] == kind && request["status"] == status).count()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Opens a database as its writer, in this process. A process that another test is just starting has our lock's descriptor too, until it becomes
/// another program: so a lock that is held is looked at again.
pub async fn session(path: &Path, sharing: Sharing) -> Session {
    let file = DatabaseFile { path: path.to_owned(), readers: None, allow_network_file_system: true, sharing };
    for _ in 0..10_000 {
        match Session::open(file.clone(), "a test, since today").await {
            Err(StoreError::Held { .. }) => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
            opened => return opened.unwrap(),
        }
    }
    panic!("{} is held by somebody who does not leave", path.display());
}

/// What a nightly run of the job is asked to do.
pub fn nightly(job: Job, occurrence: DateTime<Utc>, seed: u64) -> RunRequest {
    RunRequest {
        occurrence,
        job: job.name,
        roster: job.roster,
        work: Work::Nightly(job.windows),
        zone: job.zone,
        http: job.http,
        settings: job.run,
        narrowing: Narrowing::default(),
        process: "a test".to_owned(),
        seed,
    }
}

/// A run of a job in this process, on a clock that may be moved by hand, for the occurrence that the command would take.
pub async fn run_here(job: &Path, clock: &Clock, seed: u64) -> Result<RunEnd, RunError> {
    run_here_in_steps(job, clock, seed, RunSettings::default().planned_at_once).await
}

/// The same with so many patients planned at once.
pub async fn run_here_in_steps(job: &Path, clock: &Clock, seed: u64, planned_at_once: u32) -> Result<RunEnd, RunError> {
    let job = config::load(job).unwrap_or_else(|mistakes| panic!("the operator's files: {mistakes:?}"));
    let session = session(&job.database, job.sharing).await;
    let progress = Progress::new(job.roster.tenants.iter().map(|tenant| tenant.name.clone()));
    let scheduled = job.schedule.as_ref().and_then(|schedule| schedule.latest(clock.now()));
    let occurrence = scheduled.unwrap_or_else(|| day_start(clock.now(), job.zone));
    let mut request = nightly(job, occurrence, seed);
    request.settings.planned_at_once = planned_at_once;
    export::run(session, request, clock, &Stop::default(), &progress).await
}

/// The answer to a question of a database file, as text.
pub async fn ask_file(path: &Path, sql: &str) -> Vec<Vec<String>> {
    let readers = open_for_reading(path).await.unwrap();
    let answer = ask(&readers, path, sql).await.unwrap();
    readers.close().await;
    answer.rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

/// Waits until a condition of the database holds; the deadline is only for a test that would hang.
pub async fn until(mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..6_000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the condition did not come true in a minute");
}

/// Another program, where it is installed.
pub fn tool(program: &str) -> Option<Command> {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(program).exists());
    found.then(|| Command::new(program))
}

/// `python3`, where it is installed with this module.
pub fn python_with(module: &str) -> Option<Command> {
    let imported = Command::new("python3").args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
    imported.is_ok_and(|status| status.success()).then(|| Command::new("python3"))
}

/// Says past the test harness, which keeps what a passing test prints, that something is not tested, and why.
pub fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

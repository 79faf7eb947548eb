//! `ccda-export run JOB`: one run, its summary, its exit code.

use std::{
    io::{self, BufRead, BufReader},
    path::Path,
    time::Duration,
};

use bytesize::ByteSize;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    clock::Clock,
    config::Job,
    domain::{AccountName, PatientId, PatientToken, TenantName},
    export::{self, Progress, RunEnd, RunRequest, Stop},
    report::{ExitCode, Summary, text},
    schedule::day_start,
    store::{Session, StoreError, runs::Narrowing},
};

use super::{
    args::{Format, OutputArgs, RunArgs},
    display::Display,
    load, signals, terminal,
};

/// How a run begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// In a new occurrence, at the present moment.
    pub again: bool,
    /// Once whoever holds the database has ended.
    pub wait: bool,
}

/// How often a waiting run looks whether the database is free.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

pub async fn run(args: RunArgs, output: &OutputArgs) -> ExitCode {
    let narrowing = match narrowing(&args) {
        Ok(narrowing) => narrowing,
        Err(message) => return usage_error(&message),
    };
    let job = match load::job(&args.job) {
        Ok(job) => job,
        Err(code) => return code,
    };
    if let Some(message) = unknown_name(&job, &narrowing) {
        return usage_error(&message);
    }
    if args.dry_run {
        return rehearse(job, narrowing, args.again, output).await;
    }
    match execute(job, narrowing, How { again: args.again, wait: args.wait }, output).await {
        Ok(summary) => {
            tell(&summary, args.output, output);
            summary.exit_code
        }
        Err(failed) => {
            terminal::error(&failed.to_string());
            failed.exit_code()
        }
    }
}

/// Does the run of a job, with its display and its signals, and gives its summary.
pub async fn execute(job: Job, narrowing: Narrowing, how: How, output: &OutputArgs) -> Result<Summary, export::RunError> {
    let (clock, stop) = (Clock::system(), Stop::default());
    if let Err(error) = signals::listen(stop.clone()) {
        terminal::warning(&format!("signals cannot be listened to, SIGTERM ends the run at once: {error}"));
    }
    let session = open(&job, how.wait, &clock, &stop).await?;
    let name = job.name.clone();
    let database = job.database.display().to_string();
    let request = request(job, narrowing, how.again, &clock);
    let progress = Progress::new(request.roster.tenants.iter().map(|tenant| tenant.name.clone()));
    let display = Display::start(progress.clone(), clock.clone(), output);
    let end = export::run(session, request, &clock, &stop, &progress).await;
    display.finish().await;
    let end = end?;
    if let Some(bytes) = end.wal_grew_to {
        terminal::warning(&format!(
            "the WAL beside the database grew to {}, because a reader kept a snapshot open; it is trimmed after that reader has left",
            ByteSize(bytes)
        ));
    }
    Ok(summary(name, database, end))
}

/// Opens the database as its writer; with `wait`, once whoever holds it has ended, at most until the deadline.
async fn open(job: &Job, wait: bool, clock: &Clock, stop: &Stop) -> Result<Session, StoreError> {
    let holder = format!("{}, since {}", load::process(), clock.now().to_rfc3339_opts(SecondsFormat::Secs, true));
    let give_up = clock.elapsed() + job.run.deadline;
    loop {
        match Session::open(load::database(job), &holder).await {
            Err(StoreError::Held { holder, .. }) if wait && clock.elapsed() < give_up && !stop.is_finishing() => {
                tracing::info!(holder, "waiting for the run that holds the database");
                // Ends early when a signal comes; the next look then says who holds it.
                stop.or(clock.sleep(LOOK_AGAIN)).await;
            }
            opened => return opened,
        }
    }
}

pub(super) fn request(job: Job, narrowing: Narrowing, again: bool, clock: &Clock) -> RunRequest {
    let now = clock.now();
    RunRequest {
        occurrence: if again { now } else { occurrence(&job, now) },
        job: job.name,
        roster: job.roster,
        windows: job.windows,
        zone: job.zone,
        http: job.http,
        settings: job.run,
        narrowing,
        process: load::process(),
        seed: fastrand::u64(..),
    }
}

/// The newest time of the job's schedule that is not in the future; for a job without one, the start of the day.
fn occurrence(job: &Job, now: DateTime<Utc>) -> DateTime<Utc> {
    let scheduled = job.schedule.as_ref().and_then(|schedule| schedule.latest(now));
    scheduled.unwrap_or_else(|| day_start(now, job.zone))
}

async fn rehearse(job: Job, narrowing: Narrowing, again: bool, output: &OutputArgs) -> ExitCode {
    let clock = Clock::system();
    let result = if job.database.exists() {
        let holder = format!("{}, a dry run", load::process());
        match Session::open(load::database(&job), &holder).await {
            Ok(session) => export::rehearse(session, &request(job, narrowing, again, &clock), &clock).await,
            Err(error) => Err(error.into()),
        }
    } else {
        export::rehearse_new(&request(job, narrowing, again, &clock))
    };
    match result {
        Ok(due) => {
            if !output.quiet {
                due.iter().for_each(|(tenant, due)| terminal::line(&format!("{tenant}: {due} due")));
                terminal::line(&format!("{} due in all; nothing was asked for", due.iter().map(|(_, due)| due).sum::<u64>()));
            }
            ExitCode::Done
        }
        Err(error) => {
            terminal::error(&error.to_string());
            error.exit_code()
        }
    }
}

fn summary(job: String, database: String, end: RunEnd) -> Summary {
    Summary {
        job,
        run: end.run.0,
        database,
        occurrence_at: end.occurrence_at,
        started_at: end.started_at,
        ended_at: end.ended_at,
        exit_code: end.exit_code,
        receipt: end.receipt,
    }
}

fn tell(summary: &Summary, format: Format, output: &OutputArgs) {
    match format {
        Format::Json => terminal::line(&summary.json()),
        Format::Text if output.quiet && summary.exit_code == ExitCode::Done => {}
        Format::Text => terminal::line(&text(summary)),
    }
}

fn narrowing(args: &RunArgs) -> Result<Narrowing, String> {
    let tokens = match &args.patients {
        Some(path) => read_tokens(path).map_err(|error| format!("--patients {}: {error}", path.display()))?,
        None => Vec::new(),
    };
    Ok(Narrowing {
        tenant: args.of.tenant.clone().map(TenantName),
        account: args.of.account.clone().map(AccountName),
        patients: args.patient.iter().copied().map(PatientId).collect(),
        tokens,
    })
}

/// Patient tokens, one a line; they come in a file and not as arguments, which every user of the machine can read.
fn read_tokens(path: &Path) -> io::Result<Vec<PatientToken>> {
    let reader: Box<dyn BufRead> =
        if path == Path::new("-") { Box::new(io::stdin().lock()) } else { Box::new(BufReader::new(std::fs::File::open(path)?)) };
    let mut tokens = Vec::new();
    for line in reader.lines() {
        let line = line?;
        let token = line.trim();
        if !token.is_empty() {
            tokens.push(PatientToken::new(token));
        }
    }
    if tokens.is_empty() { Err(io::Error::new(io::ErrorKind::InvalidData, "holds no patient token")) } else { Ok(tokens) }
}

/// What is wrong with the names that narrow the run.
fn unknown_name(job: &Job, narrowing: &Narrowing) -> Option<String> {
    let roster = &job.roster;
    if let Some(tenant) = &narrowing.tenant
        && !roster.tenants.iter().any(|known| known.name == *tenant)
    {
        return Some(format!("--tenant {tenant}: the roster has no such tenant"));
    }
    if let Some(account) = &narrowing.account {
        let known = roster.accounts.iter().any(|known| {
            known.name == *account && narrowing.tenant.as_ref().is_none_or(|tenant| roster.tenants[known.tenant as usize].name == *tenant)
        });
        return (!known).then(|| format!("--account {account}: the roster has no such account"));
    }
    None
}

fn usage_error(message: &str) -> ExitCode {
    terminal::error(message);
    ExitCode::Usage
}

//! One run of a job, whoever asks for it: the command line, the demo, a schedule. Display, signals' token in, summary out.

use std::{ops::ControlFlow, time::Duration};

use bytesize::ByteSize;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    clock::Clock,
    config::Job,
    export::{self, Progress, RunEnd, RunRequest, RunSettings, Stop, Work},
    report::Summary,
    schedule::day_start,
    store::{Session, StoreError, runs::Narrowing},
};

use super::{
    args::OutputArgs,
    display::Display,
    health_check::Watch,
    load,
    opening::{Patience, when_free},
    terminal,
};

/// How a run begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// In a new occurrence, at the present moment.
    pub again: bool,
    /// Once whoever holds the database has ended.
    pub wait: bool,
}

/// Does the run of a job, with its display, until it ends or `stop` ends it, and gives its summary.
pub async fn execute(
    job: Job,
    narrowing: Narrowing,
    how: How,
    clock: &Clock,
    stop: &Stop,
    output: &OutputArgs,
) -> Result<Summary, export::RunError> {
    let progress = Progress::new(job.roster.tenants.iter().map(|tenant| tenant.name.clone()));
    let watch = Watch::begin(&job, &progress);
    let result = async {
        let session = open(&job, how.wait, clock, stop).await?;
        let request = request(job, narrowing, how.again, clock);
        perform(session, request, clock, stop, &progress, output).await
    };
    let result = result.await;
    watch.end(&result).await;
    result
}

/// A run for everybody that somebody decided on.
#[derive(Debug, Clone, Copy)]
pub struct DueRun {
    pub occurrence: DateTime<Utc>,
    /// In place of the job's own.
    pub deadline: Duration,
}

/// The same where `decide`, who is asked when nobody else can begin a run, gives one to do; else its answer, and nothing was begun.
pub async fn execute_if<T>(
    job: Job,
    clock: &Clock,
    stop: &Stop,
    output: &OutputArgs,
    decide: impl AsyncFnOnce(&mut Session, &Job) -> sqlx::Result<ControlFlow<T, DueRun>>,
) -> Result<ControlFlow<T, Summary>, export::RunError> {
    let mut session = open(&job, false, clock, stop).await?;
    match decide(&mut session, &job).await {
        Ok(ControlFlow::Continue(DueRun { occurrence, deadline })) => {
            let settings = RunSettings { deadline, ..job.run };
            // Not the occurrence of this moment: the next one may have begun since it was decided.
            let progress = Progress::new(job.roster.tenants.iter().map(|tenant| tenant.name.clone()));
            let watch = Watch::begin(&job, &progress);
            let request = RunRequest { occurrence, settings, ..request(job, Narrowing::default(), false, clock) };
            let result = perform(session, request, clock, stop, &progress, output).await;
            watch.end(&result).await;
            result.map(ControlFlow::Continue)
        }
        Ok(ControlFlow::Break(answer)) => {
            session.close().await?;
            Ok(ControlFlow::Break(answer))
        }
        Err(source) => Err(session.error(source).into()),
    }
}

/// The run itself, in a database that is open.
pub(super) async fn perform(
    session: Session,
    request: RunRequest,
    clock: &Clock,
    stop: &Stop,
    progress: &Progress,
    output: &OutputArgs,
) -> Result<Summary, export::RunError> {
    let (name, database) = (request.job.clone(), session.file.path.display().to_string());
    let display = Display::start(progress.clone(), clock.clone(), output);
    let end = export::run(session, request, clock, stop, progress).await;
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
pub(super) async fn open(job: &Job, wait: bool, clock: &Clock, stop: &Stop) -> Result<Session, StoreError> {
    let wait = if wait { job.run.deadline } else { Duration::ZERO };
    let holder = holder(clock);
    when_free(&job.database, Patience::of_run(wait, job.run.grace), clock, stop, async || Session::open(load::database(job), &holder).await)
        .await
}

/// Who holds the database from now on, for whoever meets the lock.
pub(super) fn holder(clock: &Clock) -> String {
    format!("{}, since {}", load::process(), clock.now().to_rfc3339_opts(SecondsFormat::Secs, true))
}

pub(super) fn request(job: Job, narrowing: Narrowing, again: bool, clock: &Clock) -> RunRequest {
    let now = clock.now();
    RunRequest {
        occurrence: if again { now } else { occurrence(&job, now) },
        job: job.name,
        roster: job.roster,
        work: Work::Nightly(job.windows),
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

//! `ccda-export status [JOB]`: how things stand, for a person or a monitor. Only reads, and waits for nobody.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use sqlx::SqlitePool;

use crate::{
    clock::Clock,
    config::JobOutline,
    export::RunError,
    report::{ExitCode, JobTimes, Status},
    store::{StoreError, holder, open_for_reading, runs, standing},
};

use super::{
    args::{Format, OutputArgs},
    load::{self, Viewed},
    terminal,
};

/// The rules by which a monitor is told 0 or 1, as `report::Status` applies them.
const HEALTHY: &str = "Exit code 0 is healthy: the newest nightly run of the job (with --database, of every job) ended with 0 or goes on, no fetch is dead or \
quarantined, no account or tenant is suspended, no occurrence of the job's schedule has been without a run for an hour (after its random_delay) and, with --max-age, no \
document is older. 1 is anything else; 78 says that there is no such job or database.";

#[derive(Debug, Args)]
#[command(after_help = HEALTHY)]
pub struct StatusArgs {
    /// The job's file; neither its roster nor its secrets are read
    #[arg(required_unless_present = "database", conflicts_with = "database")]
    pub job: Option<PathBuf>,
    /// The database, where no job file is at hand
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// End with 1 also when a patient's latest document, or a patient's lack of one, is older, such as 36h
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
    pub max_age: Option<Duration>,
    /// How it is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

pub async fn run(args: StatusArgs, output: &OutputArgs) -> ExitCode {
    let viewed = match load::viewed(args.job.as_deref(), args.database) {
        Ok(viewed) => viewed,
        Err(code) => return code,
    };
    match status(viewed, args.max_age, &Clock::system()).await {
        Ok(status) => tell(&status, args.output, output),
        Err(error) => {
            terminal::error(&error.to_string());
            RunError::from(error).exit_code()
        }
    }
}

async fn status(viewed: Viewed, max_age: Option<Duration>, clock: &Clock) -> Result<Status, StoreError> {
    let Viewed { database, job } = viewed;
    let readers = open_for_reading(&database).await?;
    // The holder first: a run that ends between the two is then seen to go on, and not to have died.
    let holder = holder(&database).map_err(|source| StoreError::NotWritable { path: database.clone(), source })?;
    let job = job.map(|job| times(&job, clock));
    let (standing, job) = read(&readers, job, clock).await.map_err(|source| StoreError::from_sql(&database, source))?;
    let max_age = max_age.map(millis);
    Ok(Status { database: database.display().to_string(), at: clock.now_ms(), holder, standing, job, max_age })
}

async fn read(readers: &SqlitePool, mut job: Option<JobTimes>, clock: &Clock) -> sqlx::Result<(standing::Standing, Option<JobTimes>)> {
    let standing = standing::standing(readers, clock.now_ms()).await?;
    if let Some(JobTimes { name, latest: Some(latest), latest_has_run, .. }) = &mut job {
        let runs = runs::of_occurrence(&mut *readers.acquire().await?, name, *latest).await?;
        *latest_has_run = runs.newest.is_some();
    }
    readers.close().await;
    Ok((standing, job))
}

/// What the job's file says; of its runs nothing yet.
fn times(job: &JobOutline, clock: &Clock) -> JobTimes {
    let now = clock.now();
    let schedule = job.schedule.as_ref();
    JobTimes {
        name: job.name.clone(),
        latest: schedule.and_then(|schedule| schedule.latest(now)).map(|at| at.timestamp_millis()),
        next: schedule.and_then(|schedule| schedule.upcoming(now).next()).map(|at| at.timestamp_millis()),
        latest_has_run: false,
        random_delay: millis(job.random_delay),
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn tell(status: &Status, format: Format, output: &OutputArgs) -> ExitCode {
    let code = status.exit_code();
    match format {
        Format::Json => terminal::line(&status.json()),
        Format::Text if output.quiet && code == ExitCode::Done => {}
        Format::Text => terminal::line(&status.text()),
    }
    code
}

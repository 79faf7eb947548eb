//! What the operator's acts share: which database, in whose name, and how a failure is told.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    clock::Clock,
    config::JobDatabase,
    export::{RunError, RunSettings, Stop},
    report::ExitCode,
    store::{self, Act, DatabaseFile, Session, StoreError},
};

use super::{
    execute::holder,
    load,
    opening::{Patience, when_free},
    terminal,
};

/// The database of a job.
pub fn of_job(job: &JobDatabase) -> DatabaseFile {
    DatabaseFile {
        path: job.database.clone(),
        readers: job.readers.clone(),
        allow_network_file_system: job.allow_network_file_system,
        sharing: job.sharing,
    }
}

/// The database that a job file names, or that is named itself; clap has seen to it that one of them is.
pub fn of_either(job: Option<&Path>, database: Option<PathBuf>) -> Result<DatabaseFile, ExitCode> {
    match (job, database) {
        (Some(job), _) => load::job_database(job).map(|job| of_job(&job)),
        // It may be a copy anywhere: whoever names it has chosen its place.
        (None, Some(path)) => Ok(DatabaseFile::at(path)),
        (None, None) => Err(ExitCode::Usage),
    }
}

/// An act of whoever runs this process, now.
pub fn act(clock: &Clock, what: &'static str, target: String) -> Act {
    Act { at: clock.now_ms(), who: load::user(), what, target }
}

/// Takes the database's lock to do `what`; from a backfill as soon as it has made way.
pub async fn open(file: DatabaseFile, what: &str, clock: &Clock) -> Result<Session, ExitCode> {
    let holder = format!("{}, to {what}", holder(clock));
    let patience = Patience::of_run(Duration::ZERO, RunSettings::default().grace);
    let open = async || Session::open_existing(file.clone(), &holder, clock.now_ms()).await;
    when_free(&file.path, patience, clock, &Stop::default(), open).await.map_err(failed)
}

/// Leaves the row of an act that only reads. It is done, whether or not whoever did it may write: then that is said.
pub async fn record_reading(file: &DatabaseFile, act: &Act) {
    if let Err(error) = store::record_reading(file, act).await {
        terminal::warning(&format!("no row of it was left in operations: {error}"));
    }
}

/// Tells a failure and gives its exit code.
pub fn failed(error: StoreError) -> ExitCode {
    match &error {
        // The error's own words are those of a run, which may wait.
        StoreError::Held { path, holder } => {
            terminal::error(&format!("{}: is held by another: {holder}; nothing was changed, try again when it has ended", path.display()));
        }
        error => terminal::error(&error.to_string()),
    }
    RunError::from(error).exit_code()
}

/// A wrong command line that only the database could tell.
pub fn wrong(message: &str) -> ExitCode {
    terminal::error(message);
    ExitCode::Usage
}

/// `1 fetch`, `2 fetches`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

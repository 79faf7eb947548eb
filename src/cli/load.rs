//! Loading a job for a command: every mistake is printed, all at once, before anything else happens.

use std::path::{Path, PathBuf};

use crate::{
    config::{self, Job, JobDatabase, JobOutline, MistakeClass, Mistakes, NamedFiles},
    report::ExitCode,
    store::DatabaseFile,
};

use super::terminal;

/// The job, or the exit code after its mistakes have been told. What is merely odd goes to the logs, and to who reads `check`.
pub fn job(files: impl Into<NamedFiles>) -> Result<Job, ExitCode> {
    let job = checked(files)?;
    job.warnings.iter().for_each(|warning| tracing::warn!(job = job.name, "{warning}"));
    if job.roster.skipped_lines > 0 {
        terminal::warning(&format!(
            "{} bad lines of the roster are left out, and nobody is taken for removed; `ccda-export check` lists them",
            job.roster.skipped_lines
        ));
    }
    Ok(job)
}

/// The same, with no word about what is odd.
pub fn checked(files: impl Into<NamedFiles>) -> Result<Job, ExitCode> {
    config::load(files).map_err(|mistakes| told(&mistakes))
}

/// Of the job, where its database lies and what of it is kept: for acts, which need neither roster nor secret.
pub fn job_database(path: &Path) -> Result<JobDatabase, ExitCode> {
    config::database(path).map_err(|mistakes| told(&mistakes))
}

/// Of the job, where its database lies and when it is due.
pub fn outline(path: &Path) -> Result<JobOutline, ExitCode> {
    config::outline(path).map_err(|mistakes| told(&mistakes))
}

/// A database to look at, and the job that it was named by.
pub struct Viewed {
    pub database: PathBuf,
    pub job: Option<JobOutline>,
}

/// The database of a job, or one that is named itself; clap has seen to it that one of them is.
pub fn viewed(job: Option<&Path>, database: Option<PathBuf>) -> Result<Viewed, ExitCode> {
    match (job, database) {
        (Some(path), _) => {
            let job = outline(path)?;
            Ok(Viewed { database: job.database.clone(), job: Some(job) })
        }
        (None, Some(database)) => Ok(Viewed { database, job: None }),
        (None, None) => Err(ExitCode::Usage),
    }
}

fn told(mistakes: &Mistakes) -> ExitCode {
    mistakes.to_string().lines().for_each(terminal::error);
    match mistakes.exit_code_class() {
        MistakeClass::Configuration => ExitCode::Configuration,
        MistakeClass::Roster => ExitCode::Roster,
    }
}

/// Where the job's database lies.
pub fn database(job: &Job) -> DatabaseFile {
    DatabaseFile {
        path: job.database.clone(),
        readers: job.readers.clone(),
        allow_network_file_system: job.allow_network_file_system,
        sharing: job.sharing,
    }
}

/// Host and process id, by which others know who holds the database.
pub fn process() -> String {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_else(|| "unknown host".to_owned());
    format!("{host}, process {}", std::process::id())
}

/// The operating system's name of who types, for `operations`.
pub fn user() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten();
    user.map_or_else(|| nix::unistd::getuid().to_string(), |user| user.name)
}

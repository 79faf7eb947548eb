//! The files of a job as the command line names them.

use std::path::{Path, PathBuf};

/// A job, and those of its files that the command line names too: these win over what the job says. Relative to the working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFiles {
    /// The job's file; or a bare name, which is looked for in the folders for configuration where no such file is here.
    pub job: PathBuf,
    pub database: Option<PathBuf>,
    pub roster: Option<PathBuf>,
}

impl From<&Path> for NamedFiles {
    /// The job alone.
    fn from(job: &Path) -> Self {
        Self { job: job.to_owned(), database: None, roster: None }
    }
}

impl From<&PathBuf> for NamedFiles {
    fn from(job: &PathBuf) -> Self {
        job.as_path().into()
    }
}

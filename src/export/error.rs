//! What makes a whole run impossible. A failure of one fetch is never one of these: it is data.

use std::io;

use crate::{
    domain::PatientId,
    report::ExitCode,
    store::{Session, StoreError},
};

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sorted into [`RunError::Store`] where the path is known.
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("the roster could not be read again as it was checked: {0}; nothing was changed and nothing was asked for")]
    RosterChanged(io::Error),
    #[error(
        "{vanished} of the {before} patients whom this job named are gone from its roster, more than a fifth; nothing was changed and \
         nothing was asked for. Mend the roster, or accept it with `ccda-export check JOB --accept-roster`"
    )]
    TooManyVanished { vanished: u64, before: u64 },
    #[error("the job's roster names no patient with the row id {}; nothing was asked for", join(.0))]
    UnknownPatients(Vec<PatientId>),
    #[error("the job's roster names no such patient: {}", lines(.0))]
    UnknownTokens(Vec<usize>),
    #[error("tenant {tenant}: its HTTP client cannot be made: {message}")]
    Client { tenant: String, message: String },
    /// Without its message, which may hold a piece of whatever was being read; the panic hook has told the place.
    #[error("a task of this program panicked; what was committed is whole. Please report it")]
    Panicked,
}

fn join(patients: &[PatientId]) -> String {
    patients.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn lines(indices: &[usize]) -> String {
    let shown: Vec<_> = indices.iter().take(10).map(|index| format!("line {}", index + 1)).collect();
    let more = indices.len().saturating_sub(10);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}; nothing was asked for", shown.join(", "))
}

impl RunError {
    /// Sorts an error of SQLite by what it asks of a person.
    pub(super) fn sorted(self, session: &Session) -> Self {
        match self {
            Self::Sql(source) => session.error(source).into(),
            other => other,
        }
    }

    /// What the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Store(error) => of_store(error),
            Self::Sql(_) | Self::Panicked => ExitCode::Bug,
            Self::RosterChanged(_) | Self::TooManyVanished { .. } | Self::UnknownTokens(_) => ExitCode::Roster,
            Self::UnknownPatients(_) => ExitCode::Usage,
            Self::Client { .. } => ExitCode::Configuration,
        }
    }
}

fn of_store(error: &StoreError) -> ExitCode {
    match error {
        StoreError::Held { .. } => ExitCode::Held,
        StoreError::NotWritable { .. } | StoreError::ReadOnly { .. } | StoreError::Exists { .. } => ExitCode::CannotWrite,
        StoreError::Full { .. }
        | StoreError::TooLittleSpace { .. }
        | StoreError::NotSqlite { .. }
        | StoreError::Foreign { .. }
        | StoreError::Damaged { .. } => ExitCode::Database,
        StoreError::Newer { .. }
        | StoreError::Older { .. }
        | StoreError::Missing { .. }
        | StoreError::NetworkFileSystem { .. }
        | StoreError::UnsafeSqlite { .. } => ExitCode::Configuration,
        StoreError::Locked { .. } | StoreError::StillHeld { .. } => ExitCode::WorkRemains,
        StoreError::WriterGone | StoreError::TakenOver | StoreError::Sql { .. } => ExitCode::Bug,
    }
}

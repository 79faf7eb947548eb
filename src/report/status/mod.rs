//! How things stand, and whether that is healthy: facts of the database, judged. Knows no SQL and prints nothing.

mod health;
mod json;
mod text;

use crate::{clock::Millis, store::standing::Standing};

pub use health::{Problem, ProblemKind};
pub use json::STATUS_JSON_SCHEMA;

use super::ExitCode;

/// Everything that `status` tells, as of one moment.
#[derive(Debug, Clone)]
pub struct Status {
    /// Path of the database.
    pub database: String,
    pub at: Millis,
    /// Who holds the database, in the holder's own words.
    pub holder: Option<String>,
    pub standing: Standing,
    /// The job that was named, with its schedule's times.
    pub job: Option<JobTimes>,
    /// How old a tenant's oldest latest document may be, in milliseconds.
    pub max_age: Option<i64>,
}

/// When a job is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobTimes {
    pub name: String,
    /// Both `None` for a job without a schedule.
    pub latest: Option<Millis>,
    pub next: Option<Millis>,
    /// Whether the latest has a run, as a scheduler counts: for all of the job's patients, whoever began it.
    pub latest_has_run: bool,
    /// How long after it was due a scheduler may begin a run.
    pub random_delay: Millis,
}

impl Status {
    /// What a person or another run has to do something about; nothing where all is healthy.
    pub fn problems(&self) -> Vec<Problem> {
        health::problems(self)
    }

    /// 0 where all is healthy, else 1.
    pub fn exit_code(&self) -> ExitCode {
        if self.problems().is_empty() { ExitCode::Done } else { ExitCode::SomeFailed }
    }

    /// For people: fits 100 columns.
    pub fn text(&self) -> String {
        text::text(self)
    }

    /// One JSON object, on one line, as [`STATUS_JSON_SCHEMA`] describes it.
    pub fn json(&self) -> String {
        json::json(self)
    }
}

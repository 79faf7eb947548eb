//! `ccda-export why WHO`: the story of a patient or a fetch. Only reads, and waits for nobody.

use std::{io, str::FromStr};

use clap::Args;
use sqlx::SqlitePool;

use crate::{
    clock::Clock,
    domain::{FetchId, PatientId, PatientToken},
    export::RunError,
    report::{Asker, ExitCode, why},
    store::{
        StoreError,
        history::{self, History},
        holder, open_for_reading,
    },
};

use super::{
    args::{DatabaseArgs, OutputArgs},
    load::{self, Viewed},
    terminal,
};

/// Fetches of a patient that are told; a year of nights is more than anybody reads.
const MOST_FETCHES: u32 = 20;

#[derive(Debug, Args)]
pub struct WhyArgs {
    /// A patient by row id, a fetch as fetch:ID, or `-` for a patient token on standard input
    #[arg(value_name = "PATIENT|fetch:ID|-")]
    pub who: Who,
    #[command(flatten)]
    pub of: DatabaseArgs,
}

/// Of whom the story is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Patient(PatientId),
    Fetch(FetchId),
    /// Whose token stands on standard input: an argument can be read by every user of the machine.
    StandardInput,
}

impl FromStr for Who {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = |text: &str| text.parse().map_err(|_| "expected a row id, fetch:ID, or `-` for a patient token on standard input");
        match text.strip_prefix("fetch:") {
            Some(fetch) => Ok(Self::Fetch(FetchId(id(fetch)?))),
            None if text == "-" => Ok(Self::StandardInput),
            None => Ok(Self::Patient(PatientId(id(text)?))),
        }
    }
}

pub async fn run(args: WhyArgs, _output: &OutputArgs) -> ExitCode {
    let viewed = match load::viewed(args.of.job.as_deref(), args.of.database) {
        Ok(viewed) => viewed,
        Err(code) => return code,
    };
    let token = match token(args.who) {
        Ok(token) => token,
        Err(error) => {
            terminal::error(&format!("standard input: {error}"));
            return ExitCode::Usage;
        }
    };
    match tell(&viewed, args.who, token.as_ref(), &Clock::system()).await {
        Ok(code) => code,
        Err(error) => {
            terminal::error(&error.to_string());
            RunError::from(error).exit_code()
        }
    }
}

async fn tell(viewed: &Viewed, who: Who, token: Option<&PatientToken>, clock: &Clock) -> Result<ExitCode, StoreError> {
    let database = &viewed.database;
    let readers = open_for_reading(database).await?;
    let held = holder(database).map_err(|source| StoreError::NotWritable { path: database.clone(), source })?.is_some();
    let found = stories(&readers, who, token).await;
    readers.close().await;
    let stories = found.map_err(|source| StoreError::from_sql(database, source))?;
    if stories.is_empty() {
        let (what, code) = match who {
            Who::Patient(patient) => (format!("no patient with the row id {patient}"), ExitCode::Usage),
            Who::Fetch(fetch) => (format!("no fetch with the row id {fetch}"), ExitCode::Usage),
            Who::StandardInput => ("no patient with that token".to_owned(), ExitCode::Roster),
        };
        terminal::error(&format!("{}: there is {what}", database.display()));
        return Ok(code);
    }
    let asker = asker(viewed, held, clock);
    terminal::line(&stories.iter().map(|story| why(story, &asker)).collect::<Vec<_>>().join("\n\n"));
    Ok(ExitCode::Done)
}

async fn stories(readers: &SqlitePool, who: Who, token: Option<&PatientToken>) -> sqlx::Result<Vec<History>> {
    let patients = match (who, token) {
        (Who::Fetch(fetch), _) => return Ok(history::of_fetch(readers, fetch).await?.into_iter().collect()),
        (Who::Patient(patient), _) => vec![patient],
        (Who::StandardInput, Some(token)) => history::patients_with_token(readers, token).await?,
        (Who::StandardInput, None) => Vec::new(),
    };
    let mut stories = Vec::new();
    for patient in patients {
        stories.extend(history::of_patient(readers, patient, MOST_FETCHES).await?);
    }
    Ok(stories)
}

fn asker(viewed: &Viewed, held: bool, clock: &Clock) -> Asker {
    let job = viewed.job.as_ref();
    let next = job.and_then(|job| job.schedule.as_ref()?.upcoming(clock.now()).next());
    Asker {
        now: clock.now_ms(),
        held,
        next_occurrence: next.map(|at| at.timestamp_millis()),
        job: job.map(|job| (job.name.clone(), job.denied_days)),
    }
}

/// The first line of standard input, where that was asked for.
fn token(who: Who) -> io::Result<Option<PatientToken>> {
    if who != Who::StandardInput {
        return Ok(None);
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    match line.trim() {
        "" => Err(io::Error::new(io::ErrorKind::InvalidData, "holds no patient token")),
        token => Ok(Some(PatientToken::new(token))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patients_and_fetches_are_named_by_row_ids_and_never_by_tokens() {
        assert_eq!("7".parse(), Ok(Who::Patient(PatientId(7))));
        assert_eq!("fetch:12".parse(), Ok(Who::Fetch(FetchId(12))));
        assert_eq!("-".parse(), Ok(Who::StandardInput));
        assert!("AbCdEfGh".parse::<Who>().is_err() && "fetch:".parse::<Who>().is_err());
    }
}

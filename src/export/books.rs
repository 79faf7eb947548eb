//! The books of an occurrence, as the schedule reads them: what the database says of its runs, and what a run that has just ended adds.

use chrono::{DateTime, Utc};

use crate::{
    clock::Millis,
    report::ExitCode,
    schedule::{Books, PastRun, RunEnding},
    store::{
        Session,
        runs::{self, RunTimes},
    },
};

/// What decides whether an occurrence of the job is due. The session holds the database, so nobody begins a run until it ends.
pub async fn books(session: &mut Session, job: &str, occurrence: DateTime<Utc>) -> sqlx::Result<Books> {
    let runs = runs::of_occurrence(&mut session.connection, job, occurrence.timestamp_millis()).await?;
    let past_run = |run: &RunTimes| {
        let code = run.exit_code.map(ExitCode::from_number);
        past_run(run.started_at, run.ended_at.zip(code).map(|(at, code)| (at, code.is_some_and(ExitCode::asks_for_another_run))))
    };
    Ok(Books {
        first_started_at: runs.first.map(|run| instant(run.started_at)),
        newest: runs.newest.as_ref().map(past_run),
        over: runs.over.as_ref().map(past_run),
        previous: runs.previous.map(instant),
    })
}

/// A run that ended in order with this exit code.
pub fn ended_run(started_at: Millis, ended_at: Millis, exit_code: ExitCode) -> PastRun {
    past_run(started_at, Some((ended_at, exit_code.asks_for_another_run())))
}

fn past_run(started_at: Millis, end: Option<(Millis, bool)>) -> PastRun {
    let end = end.map(|(at, asks_for_another)| RunEnding { at: instant(at), asks_for_another });
    PastRun { started_at: instant(started_at), end }
}

/// What the database holds was an instant before; a number that is none stands for no time that matters.
fn instant(at: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at).unwrap_or_default()
}

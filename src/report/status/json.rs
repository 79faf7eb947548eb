//! The status as JSON for machines: versioned, and only ever extended.

use serde::Serialize;

use crate::{
    clock::Millis,
    store::standing::{Freshness, Group, Held, Pace, Run, Stopped, ToDo, Unfinished, Vanished},
};

use super::{super::instant::millis, Problem, Status};

/// The JSON schema of [`Status::json`].
pub const STATUS_JSON_SCHEMA: &str = include_str!("../status.schema.json");

#[derive(Serialize)]
struct Json<'a> {
    schema_version: u32,
    database: &'a str,
    at: String,
    healthy: bool,
    problems: Vec<JsonProblem>,
    held_by: Option<&'a str>,
    runs: Vec<JsonRun<'a>>,
    to_do: Vec<JsonToDo<'a>>,
    failing: &'a [Group],
    stopped: Vec<JsonStopped<'a>>,
    paces: Vec<JsonPace<'a>>,
    backfills: &'a [Unfinished],
    held: &'a [Held],
    vanished: &'a [Vanished],
    freshness: &'a [Freshness],
    job: Option<JsonJob<'a>>,
}

#[derive(Serialize)]
struct JsonProblem {
    kind: &'static str,
    text: String,
}

#[derive(Serialize)]
struct JsonRun<'a> {
    run: i64,
    job: &'a str,
    kind: &'a str,
    occurrence_at: String,
    started_at: String,
    ended_at: Option<String>,
    exit_code: Option<u8>,
    due: Option<i64>,
    done: Option<i64>,
    absent: Option<i64>,
    remaining: Option<i64>,
    failed: Option<i64>,
}

#[derive(Serialize)]
struct JsonToDo<'a> {
    tenant: &'a str,
    due: i64,
    waiting: i64,
    in_flight: i64,
    next_due_at: Option<String>,
}

#[derive(Serialize)]
struct JsonStopped<'a> {
    tenant: &'a str,
    account: Option<&'a str>,
    state: &'a str,
    reason: Option<&'a str>,
    since: Option<String>,
    next_try_at: Option<String>,
}

#[derive(Serialize)]
struct JsonPace<'a> {
    tenant: Option<&'a str>,
    host: Option<&'a str>,
    documents_per_second: f64,
    tokens_per_second: Option<f64>,
    breaker: &'a str,
    changed_at: String,
}

#[derive(Serialize)]
struct JsonJob<'a> {
    job: &'a str,
    latest_occurrence_at: Option<String>,
    next_occurrence_at: Option<String>,
}

pub(super) fn json(status: &Status) -> String {
    let standing = &status.standing;
    let problems = status.problems();
    let json = Json {
        schema_version: 1,
        database: &status.database,
        at: millis(status.at),
        healthy: problems.is_empty(),
        problems: problems.into_iter().map(JsonProblem::from).collect(),
        held_by: status.holder.as_deref(),
        runs: standing.newest_runs.iter().map(JsonRun::from).collect(),
        to_do: standing.to_do.iter().map(JsonToDo::from).collect(),
        failing: &standing.groups,
        stopped: standing.stopped.iter().map(JsonStopped::from).collect(),
        paces: standing.paces.iter().map(JsonPace::from).collect(),
        backfills: &standing.backfills,
        held: &standing.held,
        vanished: &standing.vanished,
        freshness: &standing.freshness,
        job: status.job.as_ref().map(|job| JsonJob {
            job: &job.name,
            latest_occurrence_at: optional(job.latest),
            next_occurrence_at: optional(job.next),
        }),
    };
    serde_json::to_string(&json).expect("numbers and strings always serialize")
}

fn optional(at: Option<Millis>) -> Option<String> {
    at.map(millis)
}

impl From<Problem> for JsonProblem {
    fn from(problem: Problem) -> Self {
        Self { kind: problem.kind.as_str(), text: problem.text }
    }
}

impl<'a> From<&'a Run> for JsonRun<'a> {
    fn from(run: &'a Run) -> Self {
        Self {
            run: run.id,
            job: &run.job,
            kind: &run.kind,
            occurrence_at: millis(run.occurrence_at),
            started_at: millis(run.started_at),
            ended_at: optional(run.ended_at),
            exit_code: run.exit_code,
            due: run.due,
            done: run.done,
            absent: run.absent,
            remaining: run.remaining,
            failed: run.failed,
        }
    }
}

impl<'a> From<&'a ToDo> for JsonToDo<'a> {
    fn from(to_do: &'a ToDo) -> Self {
        let ToDo { tenant, due, waiting, in_flight, next_due_at } = to_do;
        Self { tenant, due: *due, waiting: *waiting, in_flight: *in_flight, next_due_at: optional(*next_due_at) }
    }
}

impl<'a> From<&'a Stopped> for JsonStopped<'a> {
    fn from(stopped: &'a Stopped) -> Self {
        Self {
            tenant: &stopped.tenant,
            account: stopped.account.as_deref(),
            state: &stopped.state,
            reason: stopped.reason.as_deref(),
            since: optional(stopped.since),
            next_try_at: optional(stopped.next_try_at),
        }
    }
}

impl<'a> From<&'a Pace> for JsonPace<'a> {
    fn from(pace: &'a Pace) -> Self {
        Self {
            tenant: pace.tenant.as_deref(),
            host: pace.host.as_deref(),
            documents_per_second: pace.documents_per_second,
            tokens_per_second: pace.tokens_per_second,
            breaker: &pace.breaker,
            changed_at: millis(pace.changed_at),
        }
    }
}

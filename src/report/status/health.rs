//! Healthy or not: the rules by which a monitor is told 0 or 1.

use chrono::DateTime;

use crate::{
    clock::Millis,
    domain::{FetchState, words},
    store::standing::{Freshness, Group, Run},
};

use super::{
    super::{ExitCode, instant::seconds},
    Status,
};

/// A run of an occurrence that has not begun so long after it was due was missed.
const LATEST_START: Millis = 3_600_000;

words! {
    /// Why things are not healthy.
    pub enum ProblemKind {
        /// No nightly run has been begun.
        NoRun = "no_run",
        /// The newest nightly run of a job ended with another exit code than 0.
        LastRun = "last_run",
        /// The newest nightly run of a job died.
        Died = "died",
        /// An occurrence of the job has had no run for an hour.
        Missed = "missed",
        /// Fetches are dead.
        Dead = "dead",
        /// Documents that name another person wait for a decision.
        Quarantined = "quarantined",
        /// Accounts or tenants are suspended.
        Suspended = "suspended",
        /// A tenant's oldest latest document is older than allowed.
        TooOld = "too_old",
        /// A tenant has none, or patients who have had none for longer than allowed.
        NoDocument = "no_document",
    }
}

/// One reason for which things are not healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// In words, on one line.
    pub text: String,
}

pub(super) fn problems(status: &Status) -> Vec<Problem> {
    let mut problems = of_runs(status);
    problems.extend(missed(status));
    problems.extend(of_groups(status, FetchState::Dead, ProblemKind::Dead, "dead fetches"));
    problems.extend(of_groups(status, FetchState::Quarantined, ProblemKind::Quarantined, "quarantined fetches, which wait for a decision"));
    let suspended = status.standing.stopped.iter().filter(|stopped| stopped.state == "suspended").count();
    if suspended > 0 {
        problems.push(problem(ProblemKind::Suspended, format!("suspended accounts and tenants: {suspended}")));
    }
    if let Some(max_age) = status.max_age {
        problems.extend(of_age(status, max_age));
    }
    problems
}

/// The newest nightly run of the job that was named, else of every job: a backfill has its own section.
fn of_runs(status: &Status) -> Vec<Problem> {
    let named = |run: &&Run| status.job.as_ref().is_none_or(|job| job.name == run.job);
    let runs: Vec<_> = status.standing.last_of_jobs.iter().filter(named).collect();
    if runs.is_empty() {
        return vec![problem(ProblemKind::NoRun, "no nightly run has been begun".to_owned())];
    }
    runs.into_iter().filter_map(|run| of_run(status, run)).collect()
}

fn of_run(status: &Status, run: &Run) -> Option<Problem> {
    let Run { id, job, .. } = run;
    let died = || problem(ProblemKind::Died, format!("run {id} of {job} died; the next one goes on where it was"));
    match run.exit_code {
        Some(0) => None,
        Some(code) => {
            let meaning = ExitCode::from_number(code).map_or("an unknown exit code", ExitCode::meaning);
            Some(problem(ProblemKind::LastRun, format!("run {id} of {job} ended with {code}: {meaning}")))
        }
        // It goes on as long as somebody holds the database.
        None if run.ended_at.is_none() && status.holder.is_some() => None,
        None => Some(died()),
    }
}

/// The newest occurrence, where it has no run; that a job has none at all is said already.
fn missed(status: &Status) -> Option<Problem> {
    let job = status.job.as_ref().filter(|job| !job.latest_has_run)?;
    let latest_start = LATEST_START.saturating_add(job.random_delay);
    let latest = job.latest.filter(|latest| latest.saturating_add(latest_start) < status.at)?;
    let text = format!("{} was due at {} and has had no run for it", job.name, seconds(latest));
    status.standing.last_of_jobs.iter().any(|run| run.job == job.name).then(|| problem(ProblemKind::Missed, text))
}

fn of_groups(status: &Status, state: FetchState, kind: ProblemKind, words: &str) -> Option<Problem> {
    let of_state = |group: &&Group| group.state == state.as_str();
    let fetches: i64 = status.standing.groups.iter().filter(of_state).map(|group| group.fetches).sum();
    (fetches > 0).then(|| problem(kind, format!("{words}: {fetches}")))
}

fn of_age(status: &Status, max_age: i64) -> Vec<Problem> {
    if status.standing.freshness.is_empty() {
        return vec![problem(ProblemKind::NoDocument, "no tenant has a patient who can be had".to_owned())];
    }
    status.standing.freshness.iter().flat_map(|tenant| of_tenant(tenant, status.at - max_age)).collect()
}

/// What of a tenant is older than `oldest`: a document, or a patient's lack of one.
fn of_tenant(tenant: &Freshness, oldest: Millis) -> Vec<Problem> {
    let Freshness { tenant: name, patients, without_document: without, .. } = tenant;
    let is_old = |at: &Option<String>| at.as_deref().and_then(millis).is_some_and(|at| at < oldest);
    let mut problems = Vec::new();
    if let Some(at) = tenant.oldest_document_at.as_deref().filter(|_| is_old(&tenant.oldest_document_at)) {
        let at = millis(at).map_or_else(String::new, seconds);
        problems.push(problem(ProblemKind::TooOld, format!("{name}: the oldest latest document is of {at}")));
    }
    if tenant.with_document == 0 {
        problems.push(problem(ProblemKind::NoDocument, format!("{name}: nobody of its patients ({patients}) has a document")));
    } else if is_old(&tenant.without_document_since) {
        let since = tenant.without_document_since.as_deref().and_then(millis).map_or_else(String::new, seconds);
        let text = format!("{name}: patients without a document: {without}, the first of them since {since}");
        problems.push(problem(ProblemKind::NoDocument, text));
    }
    problems
}

/// An instant as the views show it.
fn millis(iso: &str) -> Option<Millis> {
    DateTime::parse_from_rfc3339(iso).ok().map(|at| at.timestamp_millis())
}

fn problem(kind: ProblemKind, text: String) -> Problem {
    Problem { kind, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{report::JobTimes, store::standing::Standing};

    const NOW: Millis = 1_764_036_900_000;

    fn run(exit_code: Option<u8>, ended_at: Option<Millis>) -> Run {
        let (id, job, kind) = (7, "nightly".into(), "nightly".into());
        let counts = (None, None, None, None, None);
        let (due, done, absent, remaining, failed) = counts;
        Run {
            id,
            job,
            kind,
            occurrence_at: NOW - 7_200_000,
            started_at: NOW - 7_100_000,
            ended_at,
            exit_code,
            due,
            done,
            absent,
            remaining,
            failed,
        }
    }

    fn status(runs: Vec<Run>) -> Status {
        let standing = Standing { last_of_jobs: runs, ..Standing::default() };
        Status { database: "export.sqlite".into(), at: NOW, holder: None, standing, job: None, max_age: None }
    }

    fn kinds(status: &Status) -> Vec<ProblemKind> {
        status.problems().into_iter().map(|problem| problem.kind).collect()
    }

    #[test]
    fn a_run_that_ended_with_0_is_healthy_and_any_other_end_is_not() {
        assert_eq!(kinds(&status(vec![run(Some(0), Some(NOW))])), []);
        assert_eq!(kinds(&status(vec![run(Some(75), Some(NOW))])), [ProblemKind::LastRun]);
        assert_eq!(kinds(&status(vec![run(None, Some(NOW))])), [ProblemKind::Died]);
        assert_eq!(kinds(&status(Vec::new())), [ProblemKind::NoRun]);
    }

    #[test]
    fn a_run_without_an_end_goes_on_while_somebody_holds_the_database_and_died_otherwise() {
        let mut going_on = status(vec![run(None, None)]);
        assert_eq!(kinds(&going_on), [ProblemKind::Died]);
        going_on.holder = Some("host, process 7".into());
        assert_eq!(kinds(&going_on), []);
    }

    #[test]
    fn an_occurrence_is_missed_an_hour_after_it_was_due() {
        let mut due = status(vec![run(Some(0), Some(NOW))]);
        let times = |latest, random_delay, latest_has_run| {
            Some(JobTimes { name: "nightly".into(), latest: Some(latest), next: None, latest_has_run, random_delay })
        };
        let at = |latest| times(latest, 0, false);
        due.job = at(NOW - LATEST_START);
        assert_eq!(kinds(&due), []);
        due.job = at(NOW - LATEST_START - 1);
        assert_eq!(kinds(&due), [ProblemKind::Missed]);
        due.job = times(NOW - 7_200_000, 0, true);
        assert_eq!(kinds(&due), []);
        due.job = times(NOW - 7_200_000, 3_600_000, false);
        assert_eq!(kinds(&due), [], "a scheduler may have begun only now");
        due.job = times(NOW - 7_200_001, 3_600_000, false);
        assert_eq!(kinds(&due), [ProblemKind::Missed]);
    }

    #[test]
    fn a_document_older_than_allowed_is_a_problem_only_where_an_age_is_given() {
        let mut old = status(vec![run(Some(0), Some(NOW))]);
        let iso = |at: Millis| Some(super::super::super::instant::millis(at));
        let tenant = |oldest, since| Freshness {
            tenant: "TENANT_AA".into(),
            patients: 3,
            with_document: 2,
            without_document: 1,
            oldest_document_at: iso(oldest),
            newest_document_at: iso(NOW),
            without_document_since: iso(since),
        };
        old.standing.freshness = vec![tenant(NOW - 1_001, NOW - 1_001)];
        assert_eq!(kinds(&old), []);
        old.max_age = Some(1_000);
        assert_eq!(kinds(&old), [ProblemKind::TooOld, ProblemKind::NoDocument]);
        old.standing.freshness = vec![tenant(NOW - 1_000, NOW - 1_000)];
        assert_eq!(kinds(&old), []);
        old.standing.freshness = Vec::new();
        assert_eq!(kinds(&old), [ProblemKind::NoDocument]);
    }
}

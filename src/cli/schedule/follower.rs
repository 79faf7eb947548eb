//! One job that is followed: each visit reads its files anew, opens its database, decides there, and does the run that is due.

use std::{ops::ControlFlow, panic::resume_unwind, path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};

use crate::{
    clock::Clock,
    config::Job,
    export::{RunError, Stop, books, ended_run},
    report::{ExitCode, Summary},
    schedule::{Books, Decision, Timetable, Turn, Visit, Waiting, follow},
    store::{Session, StoreError, holder},
};

use super::{
    super::{
        args::{Format, OutputArgs},
        execute::{DueRun, execute_if},
        load, run, terminal,
    },
    timetable, told,
};

/// How often it is looked whether a database that somebody holds is free.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What all followers share.
pub struct Surroundings<'a> {
    pub clock: &'a Clock,
    /// The end of all of them.
    pub stop: &'a Stop,
    /// Of the runs' summaries.
    pub format: Format,
    pub output: &'a OutputArgs,
    /// The same for the live display of a run.
    pub display: OutputArgs,
}

pub struct Follower<'a> {
    name: String,
    path: PathBuf,
    /// As the job's file said when it was last read without a mistake.
    timetable: Timetable,
    /// When it was decided last: what fell due before was run, or skipped and said.
    decided_at: Option<DateTime<Utc>>,
    /// What was said last of what comes next.
    said: String,
    surroundings: &'a Surroundings<'a>,
}

/// What a visit decided, in the database.
struct Decided {
    turn: Turn,
    books: Books,
}

impl<'a> Follower<'a> {
    pub fn new(name: String, path: PathBuf, timetable: Timetable, surroundings: &'a Surroundings<'a>) -> Self {
        Self { name, path, timetable, decided_at: None, said: String::new(), surroundings }
    }

    /// Until the end of all; gives the exit code of a run that was going on then.
    pub async fn follow(mut self, skip_missed: bool) -> Option<ExitCode> {
        let Surroundings { clock, stop, .. } = *self.surroundings;
        let now = clock.now();
        let mut first = now;
        if skip_missed {
            self.timetable.left_until = Some(now);
            first = self.timetable.next_start(now);
            if let Some(turn) = self.timetable.turn(now) {
                self.say_next(&turn, first, Waiting::Left);
            }
        }
        follow(first, clock, async || stop.finishing().await, async || self.visit().await).await
    }

    /// Does what is due now, and says until when nothing is.
    async fn visit(&mut self) -> Visit<ExitCode> {
        let Surroundings { clock, stop, display, .. } = *self.surroundings;
        let mut waited_for = String::new();
        loop {
            let Some(job) = self.read().await else { return self.failed(None) };
            let database = job.database.clone();
            // Of its own, because it also ends at the run's deadline.
            let run_stop = stop.child();
            let mut decided = None;
            let decide = async |session: &mut Session, job: &Job| self.decide(session, job, &mut decided).await;
            match execute_if(job, clock, &run_stop, &display, decide).await {
                Ok(ControlFlow::Continue(summary)) => return self.ran(summary, decided),
                Ok(ControlFlow::Break((until, why))) => return self.waits(until, why, decided),
                Err(RunError::Store(StoreError::Held { holder, .. })) => {
                    if waited_for != holder {
                        self.note(&format!("waits for another run that holds the database: {holder}"));
                        waited_for = holder;
                    }
                }
                Err(error) => {
                    terminal::error(&format!("{}: {error}", self.name));
                    return self.failed(decided.map(|_| error.exit_code()));
                }
            }
            // Whoever holds it may take hours, in which the job's files may change: they are read again then.
            loop {
                if stop.or(clock.sleep(LOOK_AGAIN)).await.is_none() {
                    return Visit { until: clock.now(), ended: None };
                }
                // Where that cannot be told, opening it tells why.
                if !holder(&database).is_ok_and(|holder| holder.is_some()) {
                    break;
                }
            }
        }
    }

    /// The job as its files are now; what is wrong with them has been told.
    async fn read(&mut self) -> Option<Job> {
        let path = self.path.clone();
        // It waits for files and for programs that print secrets: other jobs go on meanwhile.
        let read = tokio::task::spawn_blocking(move || load::job(&path)).await;
        let job = read.unwrap_or_else(|panicked| resume_unwind(panicked.into_panic())).ok()?;
        let timetable = timetable(&job, self.timetable.seed).ok()?;
        self.timetable = Timetable { left_until: self.timetable.left_until, ..timetable };
        self.name.clone_from(&job.name);
        Some(job)
    }

    /// With the database in hand: the run that is due, or until when none is.
    async fn decide(
        &mut self,
        session: &mut Session,
        job: &Job,
        decided: &mut Option<Decided>,
    ) -> sqlx::Result<ControlFlow<(DateTime<Utc>, Waiting), DueRun>> {
        let now = self.surroundings.clock.now();
        let Some(turn) = self.timetable.turn(now) else {
            return Ok(ControlFlow::Break((self.timetable.next_start(now), Waiting::Done)));
        };
        let books = books(session, &job.name, turn.occurrence).await?;
        let decision = turn.decide(&books);
        let missed = self.timetable.without_a_run(&turn, &books, self.decided_at);
        if !matches!(decision, Decision::Wait { why: Waiting::Delayed, .. }) {
            self.decided_at = Some(now);
        }
        let Decided { turn, books } = decided.insert(Decided { turn, books });
        match decision {
            Decision::Wait { until, why } => Ok(ControlFlow::Break((until, why))),
            // Nothing has begun that would have to end in order.
            Decision::Run { .. } if self.surroundings.stop.is_finishing() => Ok(ControlFlow::Break((now, Waiting::Left))),
            Decision::Run { occurrence, deadline } => {
                if let Some(text) = told::begins(turn, books, missed, self.zone()) {
                    self.note(&text);
                }
                Ok(ControlFlow::Continue(DueRun { occurrence, deadline }))
            }
        }
    }

    fn ran(&mut self, summary: Summary, decided: Option<Decided>) -> Visit<ExitCode> {
        let Surroundings { clock, stop, format, output, .. } = *self.surroundings;
        run::tell(&summary, format, output);
        let (run, now) = (ended_run(summary.started_at, summary.ended_at, summary.exit_code), clock.now());
        let ended = Some(summary.exit_code);
        let Some(Decided { turn, books }) = decided else { return Visit { until: now, ended } };
        if let Some(text) = told::skipped(&self.timetable.skipped(turn.occurrence, &run), self.zone()) {
            terminal::warning(&format!("{}: {text}", self.name));
        }
        self.decided_at = Some(now);
        let until = match self.timetable.decide_after(turn.occurrence, &books, run, now) {
            Decision::Run { .. } => now,
            Decision::Wait { until, why } => {
                if let Some(turn) = self.timetable.turn(now).filter(|_| !stop.is_finishing()) {
                    self.say_next(&turn, until, why);
                }
                until
            }
        };
        Visit { until, ended }
    }

    fn waits(&mut self, until: DateTime<Utc>, why: Waiting, decided: Option<Decided>) -> Visit<ExitCode> {
        if let Some(Decided { turn, .. }) = decided.filter(|_| !self.surroundings.stop.is_finishing()) {
            if why == Waiting::Skipped
                && let Some(text) = told::skipped(&[turn.occurrence], self.zone())
            {
                terminal::warning(&format!("{}: {text}", self.name));
            }
            self.say_next(&turn, until, why);
        }
        Visit { until, ended: None }
    }

    /// What was wrong has been told; `ended` is the exit code of a run that had begun.
    fn failed(&mut self, ended: Option<ExitCode>) -> Visit<ExitCode> {
        let until = self.timetable.try_again(self.surroundings.clock.now());
        if !self.surroundings.stop.is_finishing() {
            terminal::error(&format!("{}: {}", self.name, told::failed(until, self.zone())));
        }
        Visit { until, ended }
    }

    fn say_next(&mut self, turn: &Turn, until: DateTime<Utc>, why: Waiting) {
        let text = told::next(turn, until, why, self.zone());
        if self.said != text {
            self.note(&text);
            self.said = text;
        }
    }

    fn note(&self, text: &str) {
        if !self.surroundings.output.quiet {
            terminal::note(&format!("{}: {text}", self.name));
        }
    }

    fn zone(&self) -> chrono_tz::Tz {
        self.timetable.schedule.zone()
    }
}

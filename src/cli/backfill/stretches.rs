//! A backfill at work, in stretches: it goes on where it was, makes way for whoever else needs the database, and waits for tenants' permitted hours.

use std::{cell::Cell, time::Duration};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::{
    clock::Clock,
    config::Job,
    domain::Backfill,
    export::{Progress, RunError, RunRequest, RunSettings, Stop, Work},
    report::{Effort, ExitCode, Summary},
    schedule::DailyHours,
    store::{Session, StoreError, holder_who_makes_way, is_asked_for_way, runs::Narrowing},
};

use super::{
    super::{
        args::OutputArgs,
        execute::{holder, perform, request},
        load,
        opening::{Patience, when_free},
        terminal,
    },
    BackfillArgs, load_job, told,
};

/// How often it is looked whether somebody asks for the way.
const LOOK_FOR_OTHERS: Duration = Duration::from_millis(500);
/// Longest sleep after which the wall clock is looked at again.
const LONGEST_NAP: Duration = Duration::from_secs(60);

/// A backfill from its start to its end, in stretches: each is a run of its own, and between two of them others have the database.
pub(super) struct Stretches<'a> {
    pub args: &'a BackfillArgs,
    pub backfill: Backfill,
    pub narrowing: Narrowing,
    pub clock: &'a Clock,
    pub stop: &'a Stop,
    pub output: &'a OutputArgs,
}

impl Stretches<'_> {
    /// Works until everything is done, nothing more can be done now, or the deadline or a signal ends it.
    pub async fn all(&self) -> Result<Summary, ExitCode> {
        let ends_at = self.args.deadline.map_or(Duration::MAX, |deadline| self.clock.elapsed().saturating_add(deadline));
        let mut wait = if self.args.wait { ends_at } else { Duration::ZERO };
        let (mut effort, mut last) = (Effort::default(), None);
        loop {
            // Anew each time: roster and secrets may have changed while others had the database.
            let job = load_job(self.args, &self.narrowing)?;
            let hours = Hours::of(&job);
            let left = ends_at.saturating_sub(self.clock.elapsed());
            let progress = Progress::new(job.roster.tenants.iter().map(|tenant| tenant.name.clone()));
            let session = match (self.open(&job, wait.min(left)).await, last) {
                (Ok(session), _) => session,
                // The signal or the deadline came while another had the database: what was done before is what there is to tell.
                (Err(error), Some(summary)) if error.is_held() => return Ok(summary),
                (Err(error), _) => return Err(told(&error.into())),
            };
            let mut request = self.request(job);
            request.settings = RunSettings { deadline: left, ..request.settings };
            let (mut summary, made_way) = self.stretch(session, request, &progress).await.map_err(|error| told(&error))?;
            effort += summary.receipt.effort;
            summary.receipt.effort = effort;
            let is_over = !matches!(summary.exit_code, ExitCode::WorkRemains | ExitCode::Unavailable);
            if is_over || self.stop.is_finishing() {
                return Ok(summary);
            }
            if made_way {
                self.let_others_in(&summary.database).await;
            } else if hours.until(self.clock.now()).is_some_and(|wait| self.clock.elapsed() + wait < ends_at) {
                self.wait_for(&hours).await;
            } else {
                return Ok(summary);
            }
            (wait, last) = (Duration::MAX, Some(summary));
        }
    }

    async fn open(&self, job: &Job, wait: Duration) -> Result<Session, StoreError> {
        let holder = holder_who_makes_way(&format!("{}, a backfill", holder(self.clock)));
        // One backfill asks no other to make way: they would do so for ever.
        let patience = Patience { wait, way: None };
        when_free(&job.database, patience, self.clock, self.stop, async || Session::open(load::database(job), &holder).await).await
    }

    fn request(&self, job: Job) -> RunRequest {
        RunRequest { work: Work::Backfill(self.backfill), ..request(job, self.narrowing.clone(), true, self.clock) }
    }

    /// One run, which ends also when somebody asks for the way: then that is told.
    async fn stretch(&self, session: Session, request: RunRequest, progress: &Progress) -> Result<(Summary, bool), RunError> {
        let (stop, made_way) = (self.stop.child(), Cell::new(false));
        let database = session.file.path.clone();
        let make_way = async {
            loop {
                self.clock.sleep(LOOK_FOR_OTHERS).await;
                // Who cannot look goes on: whoever asks gives up in time.
                if is_asked_for_way(&database).unwrap_or(false) {
                    terminal::note(
                        "making way for another: what is in flight is finished, and the backfill goes on when the other has ended",
                    );
                    made_way.set(true);
                    stop.finish();
                    return std::future::pending().await;
                }
            }
        };
        tokio::select! {
            summary = perform(session, request, self.clock, &stop, progress, self.output) => Ok((summary?, made_way.get())),
            () = make_way => unreachable!("it never ends"),
        }
    }

    /// Returns when a tenant may be asked that may not now. Nobody is kept from the database meanwhile.
    async fn wait_for(&self, hours: &Hours) {
        terminal::note("what is left belongs to tenants outside their permitted hours: waiting for these");
        while let Some(wait) = hours.until(self.clock.now()).filter(|_| !self.stop.is_finishing()) {
            // Not all of it at once: while a machine sleeps, its monotonic clock may stand still.
            self.stop.or(self.clock.sleep(wait.min(LONGEST_NAP))).await;
            if wait <= LONGEST_NAP {
                return;
            }
        }
    }

    /// Returns once nobody asks for the way any more: whoever did has the database by now.
    async fn let_others_in(&self, database: &str) {
        while is_asked_for_way(database.as_ref()).unwrap_or(false) && !self.stop.is_finishing() {
            self.stop.or(self.clock.sleep(LOOK_FOR_OTHERS)).await;
        }
    }
}

/// The hours of the tenants that are not asked at any time.
struct Hours(Vec<(Tz, DailyHours)>);

impl Hours {
    fn of(job: &Job) -> Self {
        Self(job.roster.tenants.iter().filter_map(|tenant| Some((tenant.zone, tenant.permitted_hours?))).collect())
    }

    /// Time until the first of those begin that are not now; `None` where all may be asked.
    fn until(&self, now: DateTime<Utc>) -> Option<Duration> {
        let waits = self.0.iter().map(|(zone, hours)| hours.until(now.with_timezone(zone).time()));
        waits.filter(|wait| !wait.is_zero()).min()
    }
}

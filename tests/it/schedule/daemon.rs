//! One job followed through the library, as `ccda-export schedule` does it, on a manual clock: each leap goes straight to where the job wakes.

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
    time::Duration,
};

use ccda_export::{
    clock::Clock,
    config::{self, Job},
    export::{self, Progress, RunRequest, RunSettings, Stop, ended_run},
    report::ExitCode,
    schedule::{Decision, Timetable, Visit, follow},
    store::{DatabaseFile, Session, StoreError},
};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    clockwork::Clockwork,
    faults::{Answer, Request, StandIn},
    harness::{ask_file, nightly},
};

/// A scheduler of one job. Several may follow the same.
pub struct Daemon {
    job: PathBuf,
    clock: Clock,
    stop: Stop,
    seed: u64,
    /// Until when it is asleep; `None` while it visits.
    asleep: Cell<Option<DateTime<Utc>>>,
    /// How often its job's files had a mistake.
    pub mistakes: Cell<usize>,
    /// Occurrences that were skipped, as they would be told.
    pub skipped: RefCell<Vec<DateTime<Utc>>>,
}

impl Daemon {
    pub fn new(job: &Path, clock: &Clock, seed: u64) -> Self {
        let (asleep, mistakes, skipped) = (Cell::new(None), Cell::new(0), RefCell::default());
        Self { job: job.to_owned(), clock: clock.clone(), stop: Stop::default(), seed, asleep, mistakes, skipped }
    }

    /// Lets it follow its job while `life` goes on, and ends it then.
    pub async fn follow_during<T>(&self, life: impl Future<Output = T>) -> T {
        let followed = async {
            let mut timetable = timetable(&config::load(&self.job).unwrap(), self.seed);
            let visit = async || {
                self.asleep.set(None);
                let visit = self.visit(&mut timetable).await;
                self.asleep.set(Some(visit.until));
                visit
            };
            follow(self.clock.now(), &self.clock, async || self.stop.finishing().await, visit).await
        };
        tokio::select! {
            biased;
            _ = followed => unreachable!("nobody stops it"),
            lived = life => lived,
        }
    }

    /// As `follower::visit` does it.
    async fn visit(&self, timetable: &mut Timetable) -> Visit<ExitCode> {
        let Ok(job) = config::load(&self.job) else {
            self.mistakes.set(self.mistakes.get() + 1);
            return Visit { until: timetable.try_again(self.clock.now()), ended: None };
        };
        *timetable = self::timetable(&job, self.seed);
        let mut session = self.session(&job).await;
        let turn = timetable.turn(self.clock.now()).unwrap();
        let books = export::books(&mut session, &job.name, turn.occurrence).await.unwrap();
        let (occurrence, deadline) = match turn.decide(&books) {
            Decision::Run { occurrence, deadline } => (occurrence, deadline),
            Decision::Wait { until, .. } => {
                session.close().await.unwrap();
                return Visit { until, ended: None };
            }
        };
        let progress = Progress::new(job.roster.tenants.iter().map(|tenant| tenant.name.clone()));
        let settings = RunSettings { deadline, ..job.run };
        let request = RunRequest { settings, ..nightly(job, occurrence, 1) };
        let end = export::run(session, request, &self.clock, &self.stop.child(), &progress).await.unwrap();
        let run = ended_run(end.started_at, end.ended_at, end.exit_code);
        self.skipped.borrow_mut().extend(timetable.skipped(occurrence, &run));
        let until = match timetable.decide_after(occurrence, &books, run, self.clock.now()) {
            Decision::Run { .. } => self.clock.now(),
            Decision::Wait { until, .. } => until,
        };
        Visit { until, ended: Some(end.exit_code) }
    }

    async fn session(&self, job: &Job) -> Session {
        let file = DatabaseFile { path: job.database.clone(), readers: None, allow_network_file_system: true, sharing: job.sharing };
        loop {
            match Session::open(file.clone(), "a test").await {
                Err(StoreError::Held { .. }) => self.clock.sleep(Duration::from_millis(500)).await,
                opened => return opened.unwrap(),
            }
        }
    }
}

fn timetable(job: &Job, seed: u64) -> Timetable {
    let schedule = job.schedule.clone().unwrap();
    Timetable { schedule, random_delay: job.random_delay, deadline: job.run.deadline, seed, left_until: None }
}

/// The job of a stand-in, with a clock: what daemons follow.
pub struct World {
    pub stand_in: StandIn,
    pub clock: Clock,
}

impl World {
    /// Three patients whose job has these keys, at this time.
    pub async fn new(keys: &str, start: &str, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let stand_in = StandIn::start(1, 3, script).await;
        stand_in.site.edit("job.toml", "deadline = \"5m\"", keys);
        Self { stand_in, clock: Clock::manual(start.parse().unwrap()) }
    }

    pub fn job(&self) -> PathBuf {
        self.stand_in.site.path("job.toml")
    }

    /// Has these daemons live for so long, in leaps from one waking to the next.
    pub async fn pass(&self, daemons: &[Daemon], time: TimeDelta) {
        self.pass_until(daemons, self.clock.now() + time).await;
    }

    /// The same until this time; a run that goes on then is waited for.
    pub async fn pass_until(&self, daemons: &[Daemon], end: DateTime<Utc>) {
        loop {
            self.rest(daemons).await;
            let next = daemons.iter().filter_map(|daemon| daemon.asleep.get()).min().unwrap();
            self.leap(daemons, next.min(end)).await;
            if self.clock.now() >= end {
                return self.rest(daemons).await;
            }
        }
    }

    /// The machine sleeps for so long, whatever falls due meanwhile.
    pub async fn sleep(&self, daemons: &[Daemon], time: TimeDelta) {
        self.rest(daemons).await;
        self.leap(daemons, self.clock.now() + time).await;
        self.rest(daemons).await;
    }

    /// Until all of them are asleep; runs get the time that they need.
    async fn rest(&self, daemons: &[Daemon]) {
        let clockwork = Clockwork::new(&self.clock, || self.stand_in.is_busy());
        let asleep = |daemon: &Daemon| daemon.asleep.get().is_some_and(|until| until > self.clock.now());
        clockwork.until(async || daemons.iter().all(asleep)).await;
    }

    async fn leap(&self, daemons: &[Daemon], to: DateTime<Utc>) {
        let way = (to - self.clock.now()).to_std().unwrap_or_default();
        for daemon in daemons.iter().filter(|daemon| daemon.asleep.get().is_some_and(|until| until <= to)) {
            daemon.asleep.set(None);
        }
        self.clock.advance(way);
    }

    /// The occurrences of all runs with their exit codes, in the order of the runs, as `02T07:15 0`.
    pub async fn runs(&self) -> Vec<String> {
        let sql = "SELECT strftime('%dT%H:%M', occurrence_at / 1000, 'unixepoch') || ' ' || coalesce(exit_code, '-') FROM runs ORDER BY id";
        ask_file(&self.stand_in.site.path("export.sqlite"), sql).await.into_iter().map(|mut row| row.remove(0)).collect()
    }
}

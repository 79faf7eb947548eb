//! `ccda-export backfill JOB`: history, once. It goes on where it was, and makes way for whoever else needs the database.

use std::{cell::Cell, path::PathBuf, time::Duration};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use clap::Args;

use crate::{
    clock::Clock,
    config::Job,
    domain::{Backfill, Order, WindowUnit},
    export::{Progress, Rehearsal, RunError, RunRequest, RunSettings, Stop, Work},
    report::{Effort, ExitCode, Summary},
    schedule::DailyHours,
    store::{Session, StoreError, holder_who_makes_way, is_asked_for_way, runs::Narrowing},
};

use super::{
    args::{Format, JobArgs, OfArgs, OutputArgs},
    estimate::{self, USUAL_DOCUMENT, counted},
    execute::{holder, perform, request},
    load,
    narrowing::{narrowing, unknown_name},
    opening::{Patience, when_free},
    run::{rehearse, tell, usage_error},
    signals, terminal,
};

#[derive(Debug, Args)]
pub struct BackfillArgs {
    #[command(flatten)]
    pub job: JobArgs,
    /// Cut the dates into windows of a day, week, month or year; without it each patient's whole chart is fetched once
    #[arg(long, value_name = "UNIT", requires = "from")]
    pub every: Option<WindowUnit>,
    /// First date, such as 2015-01-01
    #[arg(long, value_name = "DATE", requires = "every")]
    pub from: Option<NaiveDate>,
    /// Last date [default: yesterday]
    #[arg(long, value_name = "DATE", requires = "every")]
    pub to: Option<NaiveDate>,
    /// Begin with the oldest window instead of the newest
    #[arg(long, requires = "every")]
    pub oldest_first: bool,
    #[command(flatten)]
    pub of: OfArgs,
    /// Only the patients whose tokens stand in this file, one a line, or on standard input with `-`
    #[arg(long, value_name = "FILE")]
    pub patients: Option<PathBuf>,
    /// Start nothing new after so long, such as 10h; without it only the end of the work or a signal ends it
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub deadline: Option<Duration>,
    /// Only say how many requests are left, how long they take and how much room their documents need
    #[arg(long, conflicts_with = "wait")]
    pub dry_run: bool,
    /// Wait for a run that holds the database, however long it takes
    #[arg(long)]
    pub wait: bool,
    /// How the summary is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

/// How often it is looked whether somebody asks for the way.
const LOOK_FOR_OTHERS: Duration = Duration::from_millis(500);
/// Longest sleep after which the wall clock is looked at again.
const LONGEST_NAP: Duration = Duration::from_secs(60);

pub async fn run(args: BackfillArgs, output: &OutputArgs) -> ExitCode {
    let asked = backfill(&args).and_then(|backfill| Ok((backfill, narrowing(&args.of, &[], args.patients.as_deref())?)));
    let (backfill, narrowing) = match asked {
        Ok(asked) => asked,
        Err(message) => return usage_error(&message),
    };
    if args.dry_run {
        return match tell_plan(&args, backfill, narrowing, output).await {
            Ok(()) => ExitCode::Done,
            Err(code) => code,
        };
    }
    let (clock, stop) = (Clock::system(), signals::stop());
    let work = Stretches { args: &args, backfill, narrowing, clock: &clock, stop: &stop, output };
    match work.all().await {
        Ok(summary) => {
            tell(&summary, args.output, output);
            summary.exit_code
        }
        Err(code) => code,
    }
}

fn backfill(args: &BackfillArgs) -> Result<Backfill, String> {
    // Clap has seen to it that they come together.
    let Some((from, every)) = args.from.zip(args.every) else { return Ok(Backfill::Charts) };
    if let Some(to) = args.to.filter(|to| *to < from) {
        return Err(format!("--from {from} is after --to {to}"));
    }
    let order = if args.oldest_first { Order::OldestFirst } else { Order::NewestFirst };
    Ok(Backfill::Windows { from, to: args.to, every, order })
}

/// The job as it stands now, with whom the arguments name.
fn load_job(args: &BackfillArgs, narrowing: &Narrowing) -> Result<Job, ExitCode> {
    let job = load::job(&args.job)?;
    match unknown_name(&job, narrowing) {
        Some(message) => Err(usage_error(&message)),
        None => Ok(job),
    }
}

/// A backfill from its start to its end, in stretches: each is a run of its own, and between two of them others have the database.
struct Stretches<'a> {
    args: &'a BackfillArgs,
    backfill: Backfill,
    narrowing: Narrowing,
    clock: &'a Clock,
    stop: &'a Stop,
    output: &'a OutputArgs,
}

impl Stretches<'_> {
    /// Works until everything is done, nothing more can be done now, or the deadline or a signal ends it.
    async fn all(&self) -> Result<Summary, ExitCode> {
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

/// What is left of the backfill: requests, time and room.
async fn tell_plan(args: &BackfillArgs, backfill: Backfill, narrowing: Narrowing, output: &OutputArgs) -> Result<(), ExitCode> {
    let clock = Clock::system();
    let job = load_job(args, &narrowing)?;
    let file = load::database(&job);
    let request = RunRequest { work: Work::Backfill(backfill), ..request(job, narrowing, true, &clock) };
    let Rehearsal { due, document } = rehearse(file.clone(), &request, &clock).await.map_err(|error| told(&error))?;
    if !output.quiet {
        let documents: Vec<_> = due.iter().map(|(_, requests)| *requests).collect();
        let all = documents.iter().sum();
        due.iter().for_each(|(tenant, requests)| terminal::line(&format!("{tenant}: {}", counted(*requests, "request"))));
        terminal::line(&format!("in all {} for {}", counted(all, "request"), words(backfill)));
        terminal::line(&estimate::time(&request.roster, request.http.host, &documents));
        terminal::line(&estimate::disk(&file.path, all, document.unwrap_or(USUAL_DOCUMENT)));
        terminal::line("nothing was asked for");
    }
    Ok(())
}

fn words(backfill: Backfill) -> String {
    match backfill {
        Backfill::Charts => "whole charts".to_owned(),
        Backfill::Windows { from, to, every, order } => {
            let to = to.map_or_else(|| "yesterday".to_owned(), |to| to.to_string());
            let order = match order {
                Order::NewestFirst => "newest",
                Order::OldestFirst => "oldest",
            };
            format!("windows of a {every} from {from} to {to}, {order} first")
        }
    }
}

fn told(error: &RunError) -> ExitCode {
    terminal::error(&error.to_string());
    error.exit_code()
}

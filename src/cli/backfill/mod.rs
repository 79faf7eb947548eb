//! `ccda-export backfill JOB`: history, once. What was asked for stands here, how it is worked off in `stretches`.

mod stretches;

use std::{path::PathBuf, time::Duration};

use chrono::NaiveDate;
use clap::Args;

use crate::{
    clock::Clock,
    config::Job,
    domain::{Backfill, Order, WindowUnit},
    export::{Rehearsal, RunError, RunRequest, Work},
    report::ExitCode,
    store::runs::Narrowing,
};

use super::{
    args::{Format, JobArgs, OfArgs, OutputArgs},
    estimate::{self, USUAL_DOCUMENT, counted},
    execute::request,
    load,
    narrowing::{narrowing, unknown_name},
    run::{rehearse, tell, usage_error},
    signals, terminal,
};
use stretches::Stretches;

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

//! `ccda-export schedule JOBS…`: stays, and runs each job when it is due. The loop and its decisions are those of `crate::schedule`; here jobs are read, databases
//! opened and runs told. In reading order: `follower` (one job), `told` (what is said of it).

mod follower;
mod told;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use futures_util::future::join_all;

use crate::{clock::Clock, config::Job, report::ExitCode, schedule::Timetable};

use super::{
    args::{Format, OutputArgs},
    load, signals, terminal,
};
use follower::{Follower, Surroundings};

/// What becomes of the process, for who starts it.
const ENDS: &str =
    "It ends with SIGTERM or SIGINT: asleep at once with 0, else with the exit code of the run that was going on and was ended in order.";

#[derive(Debug, Args)]
#[command(after_help = ENDS)]
pub struct ScheduleArgs {
    /// The jobs' files; each has a `schedule`
    #[arg(required = true)]
    pub jobs: Vec<PathBuf>,
    /// Begin with each job's next occurrence, and do not make up for one that was missed
    #[arg(long)]
    pub skip_missed: bool,
    /// How each run's summary is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

pub async fn run(args: ScheduleArgs, output: &OutputArgs) -> ExitCode {
    let jobs = match checked(&args.jobs) {
        Ok(jobs) => jobs,
        Err(code) => return code,
    };
    let (clock, stop) = (Clock::system(), signals::stop());
    let surroundings = Surroundings {
        clock: &clock,
        stop: &stop,
        format: args.output,
        output,
        // Two live displays would write over each other.
        display: OutputArgs { quiet: output.quiet || jobs.len() > 1, ..*output },
    };
    let followers = jobs.into_iter().map(|(name, path, timetable)| Follower::new(name, path, timetable, &surroundings));
    let ended = join_all(followers.map(|follower| follower.follow(args.skip_missed))).await;
    ExitCode::worst(ended.into_iter().flatten())
}

/// Name, file and timetable of each job, once nothing is wrong with any of them; else the exit code, after everything was told.
fn checked(paths: &[PathBuf]) -> Result<Vec<(String, PathBuf, Timetable)>, ExitCode> {
    let mut jobs = Vec::new();
    let mut codes = Vec::new();
    for path in paths {
        match load::job(path).and_then(|job| Ok((timetable(&job, fastrand::u64(..))?, job))) {
            Ok((timetable, job)) => jobs.push((job.name, job.database, path.clone(), timetable)),
            Err(code) => codes.push(code),
        }
    }
    if !codes.is_empty() {
        return Err(ExitCode::worst(codes));
    }
    let mut seen: HashMap<_, &Path> = HashMap::new();
    for (name, database, path, _) in &jobs {
        if let Some(other) = seen.insert((name.as_str(), real_path(database)), path) {
            terminal::error(&format!(
                "{} and {} are one job, {name:?} at {}: name each job once, or give one of them another name",
                other.display(),
                path.display(),
                database.display()
            ));
            return Err(ExitCode::Usage);
        }
    }
    Ok(jobs.into_iter().map(|(name, _, path, timetable)| (name, path, timetable)).collect())
}

/// When a job is due; without a schedule it is due whenever somebody starts a run, which nobody here would.
fn timetable(job: &Job, seed: u64) -> Result<Timetable, ExitCode> {
    let Some(schedule) = job.schedule.clone() else {
        terminal::error(&format!(
            "{}: schedule: is missing, and only a job that has one can be run by it; add one such as schedule = \"15 2 * * *\"",
            job.path.display()
        ));
        return Err(ExitCode::Configuration);
    };
    Ok(Timetable { schedule, random_delay: job.random_delay, deadline: job.run.deadline, seed, left_until: None })
}

/// The same for all ways to write it, as far as it exists: the database may be still to make.
fn real_path(path: &Path) -> PathBuf {
    let in_folder = || Some(fs::canonicalize(path.parent()?).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
}

//! `ccda-export prune JOB`: the job's retention, now.

use std::path::PathBuf;

use bytesize::ByteSize;
use clap::Args;

use crate::{
    clock::Clock,
    config::JobDatabase,
    export::{self, Pruned},
    report::ExitCode,
};

use super::{
    act::{self, count},
    args::OutputArgs,
    load, signals, terminal,
};

#[derive(Debug, Args)]
pub struct PruneArgs {
    /// The job's file
    pub job: PathBuf,
    /// Only say what would go
    #[arg(long)]
    pub dry_run: bool,
}

pub async fn run(args: PruneArgs, output: &OutputArgs) -> ExitCode {
    let job = match load::job_database(&args.job) {
        Ok(job) => job,
        Err(code) => return code,
    };
    if job.retention.is_everything() {
        terminal::line(&format!("job {} sets neither keep_versions nor keep_days: everything is kept", job.name));
        return ExitCode::Done;
    }
    let pruned = if args.dry_run { rehearse(&job).await } else { prune(&job).await };
    match pruned {
        Ok((pruned, code)) => {
            if !output.quiet {
                let did = if args.dry_run { "would go; nothing was changed" } else { "went; the freed pages are used again" };
                terminal::line(&format!("{} {did}", told(pruned)));
            }
            code
        }
        Err(code) => code,
    }
}

async fn rehearse(job: &JobDatabase) -> Result<(Pruned, ExitCode), ExitCode> {
    let pruned = export::prunable(&job.database, &job.name, job.retention, Clock::system().now_ms()).await;
    Ok((pruned.map_err(act::failed)?, ExitCode::Done))
}

async fn prune(job: &JobDatabase) -> Result<(Pruned, ExitCode), ExitCode> {
    let (clock, stop) = (Clock::system(), signals::stop());
    let mut session = act::open(act::of_job(job), "prune", &clock).await?;
    let act = act::act(&clock, "prune", format!("job {}", job.name));
    let pruned = export::prune_by_hand(&mut session, &job.name, job.retention, &act, &stop).await;
    let closed = session.close().await;
    let pruned = pruned.map_err(act::failed)?;
    closed.map_err(act::failed)?;
    Ok((pruned, if stop.is_finishing() { ExitCode::WorkRemains } else { ExitCode::Done }))
}

fn told(pruned: Pruned) -> String {
    let Pruned { documents, bodies, bytes, fetches, attempts } = pruned;
    format!(
        "{} of {} ({}), {} and {}",
        count(bodies, "body", "bodies"),
        count(documents, "older document", "older documents"),
        ByteSize(bytes),
        count(fetches, "ended fetch", "ended fetches"),
        count(attempts, "attempt", "attempts")
    )
}

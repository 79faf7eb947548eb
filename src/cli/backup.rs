//! `ccda-export backup JOB TO`: a copy of the database, whole or not there at all.

use std::path::PathBuf;

use bytesize::ByteSize;
use clap::Args;

use crate::{clock::Clock, report::ExitCode, store};

use super::{act, args::OutputArgs, signals, terminal};

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub struct BackupArgs {
    /// The job's file
    #[arg(required_unless_present = "database", conflicts_with = "database")]
    pub job: Option<PathBuf>,
    /// File to copy to; its folder must be there
    pub to: PathBuf,
    /// The database's file, in place of a job
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// Replace the file where it is there already
    #[arg(long)]
    pub force: bool,
}

pub async fn run(args: BackupArgs, output: &OutputArgs) -> ExitCode {
    let database = match act::of_either(args.job.as_deref(), args.database) {
        Ok(database) => database,
        Err(code) => return code,
    };
    let act = act::act(&Clock::system(), "backup", args.to.display().to_string());
    let stop = signals::stop();
    // Ended early, the unfinished copy is removed with the future that was writing it.
    let Some(copied) = stop.or(store::backup(&database, &args.to, args.force, &act)).await else {
        terminal::error("ended by a signal; no copy was made");
        return ExitCode::WorkRemains;
    };
    match copied {
        Ok(size) => {
            act::record_reading(&database, &act).await;
            if !output.quiet {
                terminal::line(&format!("{} is a copy of {}, {}", args.to.display(), database.path.display(), ByteSize(size)));
            }
            ExitCode::Done
        }
        Err(error) => act::failed(error),
    }
}

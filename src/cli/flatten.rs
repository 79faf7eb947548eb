//! `ccda-export flatten JOB`: rows of documents that have none of the present rules, or of all.

use std::path::PathBuf;

use clap::Args;

use crate::{
    ccda,
    clock::Clock,
    export::{self, Flattened},
    report::ExitCode,
};

use super::{
    act::{self, count},
    args::OutputArgs,
    signals, terminal,
};

#[derive(Debug, Args)]
pub struct FlattenArgs {
    /// The job's file
    #[arg(required_unless_present = "database", conflicts_with = "database")]
    pub job: Option<PathBuf>,
    /// The database's file, in place of a job
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// Make the rows of every document anew, also where the present rules have made them
    #[arg(long)]
    pub all: bool,
}

pub async fn run(args: FlattenArgs, output: &OutputArgs) -> ExitCode {
    flatten(args, output).await.unwrap_or_else(|code| code)
}

async fn flatten(args: FlattenArgs, output: &OutputArgs) -> Result<ExitCode, ExitCode> {
    let file = act::of_either(args.job.as_deref(), args.database)?;
    let (clock, stop) = (Clock::system(), signals::stop());
    let mut session = act::open(file, "flatten", &clock).await?;
    let which = if args.all { "all documents" } else { "documents without rows of these rules" };
    let act = act::act(&clock, "flatten", format!("{which}, version {}", ccda::RULES));
    let flattened = export::flatten(&mut session, args.all, &act, &stop).await;
    let closed = session.close().await;
    let flattened = flattened.map_err(act::failed)?;
    closed.map_err(act::failed)?;
    if !output.quiet {
        terminal::line(&told(flattened));
    }
    Ok(if stop.is_finishing() { ExitCode::WorkRemains } else { ExitCode::Done })
}

fn told(flattened: Flattened) -> String {
    let Flattened { documents, sections, rows, unknown_entries, issues, without_bytes } = flattened;
    let sections = count(sections, "section", "sections");
    let mut told = format!("{sections} and {} of {}", count(rows, "row", "rows"), count(documents, "document", "documents"));
    if unknown_entries > 0 {
        told += &format!(
            "; {} kept as they stand, see unknown_entries",
            count(unknown_entries, "entry that no rule takes is", "entries that no rule takes are")
        );
    }
    if issues > 0 {
        told += &format!("; {} could not be read, see flatten_issues", count(issues, "piece", "pieces"));
    }
    if without_bytes > 0 {
        told +=
            &format!("; {} without bytes, which retention let go, keep what rows they have", count(without_bytes, "document", "documents"));
    }
    told
}

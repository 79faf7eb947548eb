//! What may be typed. Every flag does something, and its help says what.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::config::NamedFiles;

use super::{
    backfill::BackfillArgs, backup::BackupArgs, cat::CatArgs, documents::DocumentsArgs, flatten::FlattenArgs, forget::ForgetArgs,
    next::NextArgs, prune::PruneArgs, quality::QualityArgs, retry::RetryArgs, sandbox::SandboxArgs, schedule::ScheduleArgs, sql::SqlArgs,
    status::StatusArgs, unpack::UnpackArgs, verify::VerifyArgs, why::WhyArgs,
};

/// Exports patients' C-CDA documents from the Edvak EHR into SQLite
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = "Exit codes are listed in README.md, \"Exit codes\".")]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Do one run of a job: fetch what is due, and exit
    Run(RunArgs),
    /// Fetch history once: each patient's whole chart, or every window of a range of dates
    Backfill(BackfillArgs),
    /// Stay and run jobs when they are due, in places without cron, systemd or Kubernetes
    Schedule(ScheduleArgs),
    /// Check a job with all its files, and say what it would do
    Check(CheckArgs),
    /// How things stand: is it healthy, what is left, why, and who can mend it
    Status(StatusArgs),
    /// Print the coming occurrences of a job, in its local time and in UTC
    Next(NextArgs),
    /// Tell what was tried for a patient or a fetch, what comes next and what to do
    Why(WhyArgs),
    /// List documents; accept or discard what was kept apart or held
    Documents(DocumentsArgs),
    /// Print one document as it was sent
    Cat(CatArgs),
    /// Answer a question in SQL, read-only, as a table, CSV or JSON
    Sql(SqlArgs),
    /// Hand out documents as files, a folder for each tenant, never overwriting
    Unpack(UnpackArgs),
    /// Make rows of documents that have none yet, or anew of all
    Flatten(FlattenArgs),
    /// How complete the rows are, by tenant and domain: entries held, rows made, coded or not, dated or not
    Quality(QualityArgs),
    /// Make dead and quarantined fetches due again, and let suspended accounts try at once
    Retry(RetryArgs),
    /// Copy the database, consistent and compact, while a run is writing
    Backup(BackupArgs),
    /// Prove the database: pages, every body's SHA-256, every state, every receipt
    Verify(VerifyArgs),
    /// Delete all of a patient or a tenant for good
    Forget(ForgetArgs),
    /// Apply the job's retention now, as at the end of a run
    Prune(PruneArgs),
    /// Write a commented roster, patients' list and job to begin from
    Init(InitArgs),
    /// Serve the vendor's API on loopback, with invented patients or your own documents
    Sandbox(SandboxArgs),
    /// See the whole thing work: sandbox, export, three questions; needs nothing
    Demo(DemoArgs),
}

/// How the program speaks; the same for every command.
#[derive(Debug, Clone, Copy, ClapArgs)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print nothing when all went well
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// When to use colour; NO_COLOR and CLICOLOR_FORCE are honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// How logs are written to standard error
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// Least level that is logged [default: error for text, info for json]
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<LogLevel>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

/// Where the database is.
#[derive(Debug, Clone, ClapArgs)]
pub struct DatabaseArgs {
    /// The job's file; neither its roster nor its secrets are read
    #[arg(long, value_name = "FILE", required_unless_present = "database", conflicts_with = "database")]
    pub job: Option<PathBuf>,
    /// The database, where no job file is at hand
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
}

/// Which job, and those of its files that are not where the job says.
#[derive(Debug, Clone, ClapArgs)]
pub struct JobArgs {
    /// The job's file; or its name, for NAME.toml in a folder for configuration
    pub job: PathBuf,
    /// The database, in place of the job's own
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// The roster, in place of the job's own
    #[arg(long, value_name = "FILE")]
    pub roster: Option<PathBuf>,
}

/// Of whom: the same wherever a command can be narrowed.
#[derive(Debug, Clone, ClapArgs)]
pub struct OfArgs {
    /// Only of this tenant
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Only of this account
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct RunArgs {
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub of: OfArgs,
    /// Only this patient, by the row id that logs and `failing` show; may be repeated
    #[arg(long, value_name = "ID")]
    pub patient: Vec<i64>,
    /// Only the patients whose tokens stand in this file, one a line, or on standard input with `-`
    #[arg(long, value_name = "FILE")]
    pub patients: Option<PathBuf>,
    /// Ask anew, also for what is done in this occurrence
    #[arg(long)]
    pub again: bool,
    /// Only say what is due now, by tenant
    #[arg(long, conflicts_with = "wait")]
    pub dry_run: bool,
    /// Wait for another run that holds the database, at most as long as the job's deadline
    #[arg(long)]
    pub wait: bool,
    /// How the summary is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    #[command(flatten)]
    pub job: JobArgs,
    /// Also generate one token for each account, at the tenant's rate, and say who can log in
    #[arg(long)]
    pub login: bool,
    /// Accept this roster although more than a fifth of the patients vanished from it
    #[arg(long)]
    pub accept_roster: bool,
}

#[derive(Debug, ClapArgs)]
pub struct InitArgs {
    /// Folder to write to; made where it is missing
    pub dir: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub struct DemoArgs {
    /// Folder to keep the demo's files in [default: a new folder for temporary files]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

impl From<&JobArgs> for NamedFiles {
    fn from(args: &JobArgs) -> Self {
        Self { job: args.job.clone(), database: args.database.clone(), roster: args.roster.clone() }
    }
}

impl Color {
    /// Makes it the choice of everything that prints.
    pub fn write_global(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

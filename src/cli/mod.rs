//! The command line: one file for each command, and the only place that prints.

mod act;
mod args;
mod backfill;
mod backup;
mod cat;
mod check;
mod decide;
mod demo;
mod display;
mod documents;
mod estimate;
mod execute;
mod flatten;
mod forget;
mod health_check;
mod init;
mod load;
mod logging;
mod narrowing;
mod next;
mod no_core_dump;
mod opening;
mod panics;
mod prune;
mod quality;
mod retry;
mod run;
mod sandbox;
mod schedule;
mod signals;
mod sql;
mod status;
mod terminal;
mod unpack;
mod verify;
mod why;

use clap::{
    Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::report::ExitCode;
use args::{Args, Command};

/// Parses the command line, does what it says, and gives the process its exit code.
pub fn main() -> std::process::ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(error),
    };
    args.output.color.write_global();
    logging::start(&args.output);
    panics::keep_messages();
    if let Err(error) = no_core_dump::forbid() {
        terminal::warning(&format!("a crash may leave a core file with secrets and documents in it: {error}"));
    }
    let code = match runtime() {
        Ok(runtime) => panics::caught(|| runtime.block_on(dispatch(args))),
        Err(error) => {
            terminal::error(&format!("the asynchronous runtime cannot be started: {error}"));
            ExitCode::Bug
        }
    };
    code.into()
}

/// One worker, because the database's own thread needs a core; and what that thread answers is looked at before each task and not before every 61st: 5,000
/// documents on two cores take 2.12 s in place of 2.52.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).global_queue_interval(1).enable_all().build()
}

async fn dispatch(args: Args) -> ExitCode {
    let output = args.output;
    match args.command {
        Command::Run(args) => run::run(args, &output).await,
        Command::Backfill(args) => backfill::run(args, &output).await,
        Command::Schedule(args) => schedule::run(args, &output).await,
        Command::Check(args) => check::run(args, &output).await,
        Command::Status(args) => status::run(args, &output).await,
        Command::Next(args) => next::run(args, &output),
        Command::Why(args) => why::run(args, &output).await,
        Command::Documents(args) => documents::run(args, &output).await,
        Command::Cat(args) => cat::run(args).await,
        Command::Sql(args) => sql::run(args).await,
        Command::Unpack(args) => unpack::run(args, &output).await,
        Command::Flatten(args) => flatten::run(args, &output).await,
        Command::Quality(args) => quality::run(args).await,
        Command::Retry(args) => retry::run(args, &output).await,
        Command::Backup(args) => backup::run(args, &output).await,
        Command::Verify(args) => verify::run(args, &output).await,
        Command::Forget(args) => forget::run(args, &output).await,
        Command::Prune(args) => prune::run(args, &output).await,
        Command::Init(args) => init(&args, &output),
        Command::Sandbox(args) => sandbox(args).await,
        Command::Demo(args) => demo::run(args, &output).await,
    }
}

/// Help and version end with 0, a mistake with 64.
fn usage(mut error: clap::Error) -> std::process::ExitCode {
    if error.kind() == ErrorKind::ValueValidation {
        // Where a row id is expected, people type patient tokens; this may end in a cron mail.
        error.insert(ContextKind::InvalidValue, ContextValue::String("…".to_owned()));
    }
    // Nobody may be there to read it; the exit code says enough.
    let _ = error.print();
    if error.use_stderr() { ExitCode::Usage.into() } else { ExitCode::Done.into() }
}

fn init(args: &args::InitArgs, output: &args::OutputArgs) -> ExitCode {
    match init::run(&args.dir) {
        Ok(paths) => {
            if !output.quiet {
                paths.iter().for_each(|path| terminal::line(&path.display().to_string()));
            }
            ExitCode::Done
        }
        Err(error) => {
            terminal::error(&format!("{}: {error}", args.dir.display()));
            ExitCode::CannotWrite
        }
    }
}

async fn sandbox(args: sandbox::SandboxArgs) -> ExitCode {
    match sandbox::run(args).await {
        Ok(()) => ExitCode::Done,
        Err(error) => {
            terminal::error(&format!("sandbox: {error}"));
            ExitCode::CannotWrite
        }
    }
}

//! `ccda-export run JOB`: one run, its summary, its exit code.

use crate::{
    clock::Clock,
    config::Job,
    export::{self, Rehearsal, RunError, RunRequest},
    report::{ExitCode, Summary, text},
    store::{DatabaseFile, Session, runs::Narrowing},
};

use super::{
    args::{Format, OutputArgs, RunArgs},
    execute::{How, execute, request},
    load,
    narrowing::{narrowing, unknown_name},
    signals, terminal,
};

pub async fn run(args: RunArgs, output: &OutputArgs) -> ExitCode {
    let narrowing = match narrowing(&args.of, &args.patient, args.patients.as_deref()) {
        Ok(narrowing) => narrowing,
        Err(message) => return usage_error(&message),
    };
    let job = match load::job(&args.job) {
        Ok(job) => job,
        Err(code) => return code,
    };
    if let Some(message) = unknown_name(&job, &narrowing) {
        return usage_error(&message);
    }
    if args.dry_run {
        return tell_rehearsal(job, narrowing, args.again, output).await;
    }
    let (clock, stop) = (Clock::system(), signals::stop());
    match execute(job, narrowing, How { again: args.again, wait: args.wait }, &clock, &stop, output).await {
        Ok(summary) => {
            tell(&summary, args.output, output);
            summary.exit_code
        }
        Err(failed) => {
            terminal::error(&failed.to_string());
            failed.exit_code()
        }
    }
}

async fn tell_rehearsal(job: Job, narrowing: Narrowing, again: bool, output: &OutputArgs) -> ExitCode {
    let clock = Clock::system();
    let file = load::database(&job);
    match rehearse(file, &request(job, narrowing, again, &clock), &clock).await {
        Ok(Rehearsal { due, .. }) => {
            if !output.quiet {
                due.iter().for_each(|(tenant, due)| terminal::line(&format!("{tenant}: {due} due")));
                terminal::line(&format!("{} due in all; nothing was asked for", due.iter().map(|(_, due)| due).sum::<u64>()));
            }
            ExitCode::Done
        }
        Err(error) => {
            terminal::error(&error.to_string());
            error.exit_code()
        }
    }
}

/// What a run would do, in a database that need not exist yet.
pub(super) async fn rehearse(file: DatabaseFile, request: &RunRequest, clock: &Clock) -> Result<Rehearsal, RunError> {
    if !file.path.exists() {
        return export::rehearse_new(request);
    }
    let session = Session::open(file, &format!("{}, a dry run", load::process())).await?;
    export::rehearse(session, request, clock).await
}

pub(super) fn tell(summary: &Summary, format: Format, output: &OutputArgs) {
    match format {
        Format::Json => terminal::line(&summary.json()),
        Format::Text if output.quiet && summary.exit_code == ExitCode::Done => {}
        Format::Text => terminal::line(&text(summary)),
    }
}

pub(super) fn usage_error(message: &str) -> ExitCode {
    terminal::error(message);
    ExitCode::Usage
}

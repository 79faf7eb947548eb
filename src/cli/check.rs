//! `ccda-export check JOB`: every mistake in its files, or what the job would do; on request who can log in.

use std::collections::BTreeMap;

use bytesize::ByteSize;

use crate::{
    clock::Clock,
    config::Job,
    edvak::Rate,
    export::{self, Login, LoginResult, Progress, RunError},
    report::{ExitCode, advice},
    store::{Session, free_bytes, runs::Narrowing},
};

use super::{
    args::{CheckArgs, OutputArgs},
    display::format_duration,
    execute, load, signals, terminal,
};

/// What a document takes on disk where nothing better is known: the vendor's own have 14 to 33 KB.
const USUAL_DOCUMENT: u64 = 33_000;

pub async fn run(args: CheckArgs, output: &OutputArgs) -> ExitCode {
    let job = match load::checked(&args.job) {
        Ok(job) => job,
        Err(code) => return code,
    };
    job.warnings.iter().for_each(|warning| terminal::warning(warning));
    if !output.quiet {
        match plan(&job) {
            Ok(lines) => lines.iter().for_each(|line| terminal::line(line)),
            Err(error) => return failed(&RunError::RosterChanged(error)),
        }
    }
    if args.accept_roster
        && let Err(error) = accept_roster(&job).await
    {
        return failed(&error);
    }
    if args.login {
        return match log_in(job, output).await {
            Ok(code) => code,
            Err(error) => failed(&error),
        };
    }
    ExitCode::Done
}

fn failed(error: &RunError) -> ExitCode {
    terminal::error(&error.to_string());
    error.exit_code()
}

/// What one run of everything would ask for, how long that takes and how much room it needs.
fn plan(job: &Job) -> std::io::Result<Vec<String>> {
    let roster = &job.roster;
    let mut patients = vec![0u64; roster.tenants.len()];
    for patient in (roster.patients)()? {
        patients[roster.accounts[patient?.account as usize].tenant as usize] += 1;
    }
    let mut accounts = vec![0u64; roster.tenants.len()];
    for account in &roster.accounts {
        accounts[account.tenant as usize] += 1;
    }
    let now = Clock::system().now();
    let windows = |tenant: &export::Tenant| job.windows.windows(now.with_timezone(&tenant.zone).date_naive()).len() as u64;
    let documents: Vec<u64> = roster.tenants.iter().zip(&patients).map(|(tenant, patients)| patients * windows(tenant)).collect();
    let requests: u64 = documents.iter().sum();
    let mut lines = vec![format!("job {:?}: no mistake in {} and the files that it names", job.name, job.path.display())];
    for ((tenant, patients), accounts) in roster.tenants.iter().zip(&patients).zip(&accounts) {
        let (accounts, patients) = (counted(*accounts, "account"), counted(*patients, "patient"));
        lines.push(format!("  {} at {}: {accounts}, {patients}", tenant.name, tenant.endpoint.base_url.origin().ascii_serialization()));
    }
    lines.push(format!(
        "in all {}, {}, {}: {} for documents and {} for tokens",
        counted(roster.tenants.len() as u64, "tenant"),
        counted(roster.accounts.len() as u64, "account"),
        counted(roster.patient_count, "patient"),
        counted(requests, "request"),
        roster.accounts.len()
    ));
    let seconds = longest(job, &documents, &accounts);
    lines.push(format!(
        "at the configured rates that takes {} at best",
        format_duration(std::time::Duration::from_secs_f64(seconds.ceil()))
    ));
    let free = free_bytes(&job.database).map_or_else(|_| "an unknown amount".to_owned(), |free| ByteSize(free).to_string());
    let needed = ByteSize(requests.saturating_mul(USUAL_DOCUMENT));
    lines.push(format!("the documents need about {needed} of disk at {}, where {free} are free", job.database.display()));
    Ok(lines)
}

/// A number with its noun.
fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The slowest of the limits that the requests must pass: each tenant's two, and each host's.
fn longest(job: &Job, documents: &[u64], accounts: &[u64]) -> f64 {
    let time = |requests: u64, rate: Rate| requests.saturating_sub(u64::from(rate.burst)) as f64 / rate.per_second;
    let mut hosts: BTreeMap<String, u64> = BTreeMap::new();
    let mut longest: f64 = 0.0;
    for ((tenant, documents), accounts) in job.roster.tenants.iter().zip(documents).zip(accounts) {
        let limits = tenant.endpoint.limits;
        longest = longest.max(time(*documents, limits.documents)).max(time(*accounts, limits.tokens));
        *hosts.entry(tenant.endpoint.base_url.host_str().unwrap_or_default().to_owned()).or_default() += documents + accounts;
    }
    hosts.values().map(|requests| time(*requests, job.http.host)).fold(longest, f64::max)
}

async fn accept_roster(job: &Job) -> Result<(), RunError> {
    let clock = Clock::system();
    let session = Session::open(load::database(job), &load::process()).await?;
    export::accept_roster(session, &job.name, &job.roster, &load::user(), &clock).await?;
    terminal::line("this roster is accepted: the next run takes it over, however many vanished");
    Ok(())
}

/// Tries every account once, as a run would, and says who can log in.
async fn log_in(job: Job, output: &OutputArgs) -> Result<ExitCode, RunError> {
    let (clock, stop) = (Clock::system(), signals::stop());
    let session = Session::open(load::database(&job), &load::process()).await?;
    let progress = Progress::new(job.roster.tenants.iter().map(|tenant| tenant.name.clone()));
    let request = execute::request(job, Narrowing::default(), false, &clock);
    let results = export::check_logins(session, &request, &clock, &stop, &progress).await?;
    let (mut good, mut not_tried) = (0, 0);
    for LoginResult { tenant, account, login } in &results.logins {
        match login {
            Login::Accepted => good += 1,
            Login::Failed(reason) => terminal::line(&format!("  {tenant} {account}: cannot log in, {reason}: {}", advice(*reason))),
            Login::NotTried => not_tried += 1,
        }
    }
    if not_tried > 0 {
        terminal::line(&format!("  {} not tried: a signal ended the check", counted(not_tried, "account")));
    }
    if !output.quiet || good < results.logins.len() {
        terminal::line(&format!("{good} of {} accounts can log in", results.logins.len()));
    }
    Ok(results.exit_code)
}

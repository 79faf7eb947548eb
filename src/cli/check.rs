//! `ccda-export check JOB`: every mistake in its files, or what the job would do; on request who can log in.

use crate::{
    clock::Clock,
    config::Job,
    export::{self, Login, LoginResult, Progress, RunError, Stop},
    report::{ExitCode, advice},
    store::runs::Narrowing,
};

use super::{
    args::{CheckArgs, OutputArgs},
    estimate::{self, USUAL_DOCUMENT, counted},
    execute, load, signals, terminal,
};

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
    lines.push(estimate::time(roster, job.http.host, &documents));
    lines.push(estimate::disk(&job.database, requests, USUAL_DOCUMENT));
    Ok(lines)
}

async fn accept_roster(job: &Job) -> Result<(), RunError> {
    let clock = Clock::system();
    let session = execute::open(job, false, &clock, &Stop::default()).await?;
    export::accept_roster(session, &job.name, &job.roster, &load::user(), &clock).await?;
    terminal::line("this roster is accepted: the next run takes it over, however many vanished");
    Ok(())
}

/// Tries every account once, as a run would, and says who can log in.
async fn log_in(job: Job, output: &OutputArgs) -> Result<ExitCode, RunError> {
    let (clock, stop) = (Clock::system(), signals::stop());
    let session = execute::open(&job, false, &clock, &stop).await?;
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

//! `ccda-export retry JOB`: what was given up is due again, and who is suspended may log in once at once.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::{
    clock::Clock,
    domain::{AccountName, FetchId, Reason, TenantName},
    report::ExitCode,
    store::{
        Session, StoreError,
        retry::{Given, Revived, revive, state_of},
    },
};

use super::{
    act::{self, count},
    args::{OfArgs, OutputArgs},
    load, terminal,
};

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true).multiple(true).args(["tenant", "account", "fetch", "reason", "all"])))]
pub struct RetryArgs {
    /// The job's file
    pub job: PathBuf,
    #[command(flatten)]
    pub of: OfArgs,
    /// Only this fetch, by the row id that logs and `failing` show
    #[arg(long, value_name = "ID")]
    pub fetch: Option<i64>,
    /// Only what was given up, or suspended, for this reason
    #[arg(long, value_name = "REASON")]
    pub reason: Option<Reason>,
    /// Everything that this job gave up, and every suspension
    #[arg(long, conflicts_with_all = ["tenant", "account", "fetch", "reason"])]
    pub all: bool,
    /// At most so many fetches, and so many accounts
    #[arg(long, value_name = "N")]
    pub limit: Option<u32>,
}

pub async fn run(args: RetryArgs, output: &OutputArgs) -> ExitCode {
    match retry(args, output).await {
        Ok(()) => ExitCode::Done,
        Err(code) => code,
    }
}

async fn retry(args: RetryArgs, output: &OutputArgs) -> Result<(), ExitCode> {
    let job = load::job_database(&args.job)?;
    let given = Given {
        tenant: args.of.tenant.map(TenantName),
        account: args.of.account.map(AccountName),
        fetch: args.fetch.map(FetchId),
        reason: args.reason,
        limit: args.limit,
    };
    let clock = Clock::system();
    let mut session = act::open(act::of_job(&job), "retry", &clock).await?;
    let revived = revive_and_close(&mut session, &job.name, &given, &clock).await;
    let closed = session.close().await;
    let (revived, state) = revived.map_err(act::failed)?;
    closed.map_err(act::failed)?;
    if let (Some(fetch), 0) = (given.fetch, revived.fetches) {
        let state = state.map_or_else(|| "it is no fetch of this job".to_owned(), |state| format!("it is {state}"));
        let message = format!("--fetch {fetch}: {state}; only a patient's newest fetch that is dead or quarantined can be revived");
        return Err(act::wrong(&message));
    }
    if !output.quiet {
        terminal::line(&told(revived));
    }
    Ok(())
}

/// Revives, and where a single fetch could not be, tells how it stands.
async fn revive_and_close(
    session: &mut Session,
    job: &str,
    given: &Given,
    clock: &Clock,
) -> Result<(Revived, Option<crate::domain::FetchState>), StoreError> {
    let act = act::act(clock, "retry", target(job, given));
    session
        .act(&act, async |connection| {
            let revived = revive(connection, job, given, act.at).await?;
            let state = match given.fetch {
                Some(fetch) => state_of(connection, job, fetch).await?,
                None => None,
            };
            Ok((revived, state))
        })
        .await
}

fn target(job: &str, given: &Given) -> String {
    let parts = [
        Some(format!("job {job}")),
        given.tenant.as_ref().map(|tenant| format!("tenant {tenant}")),
        given.account.as_ref().map(|account| format!("account {account}")),
        given.fetch.map(|fetch| format!("fetch {fetch}")),
        given.reason.map(|reason| format!("reason {reason}")),
        given.limit.map(|limit| format!("limit {limit}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn told(revived: Revived) -> String {
    let Revived { fetches, accounts, tenants } = revived;
    if revived == Revived::default() {
        return "nothing that was given up or suspended fits; nothing was changed".to_owned();
    }
    let mut told = format!("{} due again", count(fetches, "fetch is", "fetches are"));
    if accounts > 0 {
        told += &format!("; {} log in once at once", count(accounts, "suspended account may", "suspended accounts may"));
    }
    if tenants > 0 {
        told += &format!("; {} log in once at once", count(tenants, "suspended tenant may", "suspended tenants may"));
    }
    told + ". The next run asks."
}

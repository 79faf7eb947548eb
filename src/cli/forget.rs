//! `ccda-export forget JOB`: deletes patients or a tenant for good; without `--yes` it only tells what would go.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::{
    clock::Clock,
    config::JobDatabase,
    domain::{PatientId, TenantName},
    report::ExitCode,
    store::{
        forget::{Extent, Forgotten, Whom, extent},
        open_for_reading,
    },
};

use super::{
    act::{self, count},
    args::OutputArgs,
    load, terminal,
};

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("whom").required(true).args(["patient", "tenant"])))]
pub struct ForgetArgs {
    /// The job's file
    pub job: PathBuf,
    /// This patient, by the row id that logs and `failing` show; may be repeated
    #[arg(long, value_name = "ID")]
    pub patient: Vec<i64>,
    /// This tenant, with all its accounts and patients
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Do it: nothing brings them back
    #[arg(long)]
    pub yes: bool,
}

pub async fn run(args: ForgetArgs, output: &OutputArgs) -> ExitCode {
    let job = match load::job_database(&args.job) {
        Ok(job) => job,
        Err(code) => return code,
    };
    let whom = match args.tenant {
        Some(tenant) => Whom::Tenant(TenantName(tenant)),
        None => Whom::Patients(args.patient.into_iter().map(PatientId).collect()),
    };
    let result = if args.yes { forget(&job, &whom, output).await } else { tell(&job, &whom).await };
    result.unwrap_or_else(|code| code)
}

async fn tell(job: &JobDatabase, whom: &Whom) -> Result<ExitCode, ExitCode> {
    let readers = open_for_reading(&job.database).await.map_err(act::failed)?;
    let found = extent(&readers, &job.database, whom).await;
    readers.close().await;
    let extent = found.map_err(act::failed)?.ok_or_else(|| unknown(whom))?;
    terminal::line(&format!("{} would go for good; nothing was changed, --yes does it", told(extent)));
    Ok(ExitCode::Done)
}

async fn forget(job: &JobDatabase, whom: &Whom, output: &OutputArgs) -> Result<ExitCode, ExitCode> {
    let clock = Clock::system();
    let mut session = act::open(act::of_job(job), "forget", &clock).await?;
    let act = act::act(&clock, "forget", target(whom));
    let forgotten = session.forget(whom, &act).await;
    let closed = session.close().await;
    let Forgotten { extent, wal_is_clean } = forgotten.map_err(act::failed)?.ok_or_else(|| unknown(whom))?;
    closed.map_err(act::failed)?;
    if !output.quiet {
        terminal::line(&format!("{} are gone for good. Backups that were taken before still hold them", told(extent)));
    }
    if wal_is_clean {
        return Ok(ExitCode::Done);
    }
    // The last of all connections to close folds the WAL in and removes it.
    terminal::warning(&format!(
        "{}: another program reads an old state of it, which keeps their bytes in the file or its -wal until that program has left and the next run \
         has ended",
        job.database.display()
    ));
    Ok(ExitCode::WorkRemains)
}

fn unknown(whom: &Whom) -> ExitCode {
    act::wrong(&match whom {
        Whom::Tenant(tenant) => format!("--tenant {tenant}: the database has no such tenant; nothing was changed"),
        Whom::Patients(_) => "--patient: the database does not have all of these patients; nothing was changed".to_owned(),
    })
}

fn target(whom: &Whom) -> String {
    match whom {
        Whom::Tenant(tenant) => format!("tenant {tenant}"),
        Whom::Patients(patients) => {
            let ids: Vec<_> = patients.iter().map(ToString::to_string).collect();
            format!("patient {}", ids.join(", "))
        }
    }
}

fn told(extent: Extent) -> String {
    let Extent { patients, documents, bodies, shared_bodies, fetches, attempts, accounts } = extent;
    let mut parts = vec![
        count(patients, "patient", "patients"),
        count(documents, "document", "documents"),
        count(bodies, "body", "bodies"),
        count(fetches, "fetch", "fetches"),
        count(attempts, "attempt", "attempts"),
        count(accounts, "account", "accounts"),
    ];
    if shared_bodies > 0 {
        parts.push(format!("({} that others share stay)", count(shared_bodies, "body", "bodies")));
    }
    parts.join(", ")
}

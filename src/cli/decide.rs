//! `ccda-export documents accept|discard`: an operator's decision about documents, by row id or by what they have in common.

use clap::{ArgGroup, Args};

use crate::{
    clock::Clock,
    domain::{DocumentId, DocumentStatus, Reason, RunId, TenantName},
    export::flatten_these,
    report::ExitCode,
    store::{
        Session,
        documents::{self, Decidable, Decision, Which},
    },
};

use super::{
    act::{self, count},
    args::{DatabaseArgs, OutputArgs},
    terminal,
};

/// So many row ids stand in `operations`; more are counted.
const NAMED: usize = 20;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true).multiple(true).args(["ids", "tenant", "run", "reason"])))]
pub struct DecideArgs {
    /// The documents, by the row ids that `documents` shows
    #[arg(value_name = "ID", conflicts_with_all = ["tenant", "run", "reason", "status"])]
    pub ids: Vec<i64>,
    #[command(flatten)]
    pub of: DatabaseArgs,
    /// All of this tenant that wait for a decision
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// All that this run brought and that wait for a decision
    #[arg(long, value_name = "ID")]
    pub run: Option<i64>,
    /// All that were kept apart for this reason and wait for a decision
    #[arg(long, value_name = "REASON")]
    pub reason: Option<Reason>,
    /// Of these, those with this status, whether they wait for a decision or not
    #[arg(long, value_name = "STATUS")]
    pub status: Option<DocumentStatus>,
}

pub async fn accept(args: DecideArgs, output: &OutputArgs) -> ExitCode {
    run(Decision::Accept, args, output).await.unwrap_or_else(|code| code)
}

pub async fn discard(args: DecideArgs, output: &OutputArgs) -> ExitCode {
    run(Decision::Discard, args, output).await.unwrap_or_else(|code| code)
}

async fn run(decision: Decision, args: DecideArgs, output: &OutputArgs) -> Result<ExitCode, ExitCode> {
    let file = act::of_either(args.of.job.as_deref(), args.of.database.clone())?;
    let clock = Clock::system();
    let mut session = act::open(file, decision.as_str(), &clock).await?;
    let decided = decide(decision, &args, &mut session, &clock).await;
    let closed = session.close().await;
    let changed = decided?;
    closed.map_err(act::failed)?;
    if !output.quiet {
        terminal::line(&told(decision, changed));
    }
    Ok(ExitCode::Done)
}

async fn decide(decision: Decision, args: &DecideArgs, session: &mut Session, clock: &Clock) -> Result<u64, ExitCode> {
    let found = find(args, session).await.map_err(|source| act::failed(session.error(source)))?;
    if let Some(wrong) = wrong(decision, args, &found) {
        return Err(act::wrong(&wrong));
    }
    let ids: Vec<_> = found.iter().filter(|found| decision.changes(found.status)).map(|found| found.id).collect();
    if ids.is_empty() {
        return Ok(0);
    }
    let act = act::act(clock, decision.as_str(), target(&ids));
    let decided = session.act(&act, async |connection| documents::decide(connection, decision, &ids, act.at).await).await;
    let changed = decided.map_err(act::failed)?;
    if decision == Decision::Accept {
        flatten_these(session, &changed).await.map_err(act::failed)?;
    }
    Ok(changed.len() as u64)
}

async fn find(args: &DecideArgs, session: &mut Session) -> sqlx::Result<Vec<Decidable>> {
    if !args.ids.is_empty() {
        let ids: Vec<_> = args.ids.iter().copied().map(DocumentId).collect();
        return documents::by_id(&mut session.connection, &ids).await;
    }
    let which = Which {
        tenant: args.tenant.clone().map(TenantName),
        patient: None,
        status: args.status,
        run: args.run.map(RunId),
        reason: args.reason,
    };
    documents::which(&mut session.connection, &which).await
}

/// Which of the documents that were named are none, or are decided so already: then nothing is done to the others either.
fn wrong(decision: Decision, args: &DecideArgs, found: &[Decidable]) -> Option<String> {
    let unknown = args.ids.iter().find(|id| !found.iter().any(|found| found.id.0 == **id));
    if let Some(id) = unknown {
        return Some(format!("there is no document {id}; nothing was changed"));
    }
    let settled = found.iter().find(|found| !args.ids.is_empty() && !decision.changes(found.status));
    settled.map(|found| format!("document {} is {} already; nothing was changed", found.id, found.status))
}

fn target(ids: &[DocumentId]) -> String {
    let named: Vec<_> = ids.iter().take(NAMED).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("documents {}{more}", named.join(", "))
}

fn told(decision: Decision, changed: u64) -> String {
    if changed == 0 {
        return "no document fits; nothing was changed".to_owned();
    }
    let documents = count(changed, "document is", "documents are");
    match decision {
        Decision::Accept => format!("{documents} accepted, and filed under their patients"),
        Decision::Discard => format!("{documents} discarded: no view shows them, and nothing is compared with them"),
    }
}

//! `ccda-export documents`: which documents there are, by row ids and facts that name nobody; `accept` and `discard` are in `decide`.

use clap::{Args, Subcommand};

use crate::{
    domain::{DocumentStatus, PatientId, Reason, RunId, TenantName},
    export::RunError,
    report::{ExitCode, documents_json, documents_text},
    store::{
        StoreError,
        documents::{Listed, Which, list},
        open_for_reading,
    },
};

use super::{
    args::{DatabaseArgs, Format, OutputArgs},
    decide::{self, DecideArgs},
    load, terminal,
};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct DocumentsArgs {
    #[command(subcommand)]
    pub act: Option<DocumentsCommand>,
    #[command(flatten)]
    pub of: DatabaseArgs,
    /// Only of this tenant
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Only of this patient, by row id
    #[arg(long, value_name = "ID")]
    pub patient: Option<i64>,
    /// Only with this status: accepted, unchanged, shrunk, quarantined or discarded
    #[arg(long, value_name = "STATUS")]
    pub status: Option<DocumentStatus>,
    /// Only what this run brought, by row id
    #[arg(long, value_name = "ID")]
    pub run: Option<i64>,
    /// Only what was kept apart for this reason
    #[arg(long, value_name = "REASON")]
    pub reason: Option<Reason>,
    /// At most so many, the newest
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u32,
    /// How they are printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

#[derive(Debug, Subcommand)]
pub enum DocumentsCommand {
    /// File documents under their patients: those kept apart as another person's, those held, those discarded before
    Accept(DecideArgs),
    /// Take documents out of use; the bytes stay until retention or `forget` ends them
    Discard(DecideArgs),
}

pub async fn run(args: DocumentsArgs, output: &OutputArgs) -> ExitCode {
    match args.act {
        Some(DocumentsCommand::Accept(args)) => decide::accept(args, output).await,
        Some(DocumentsCommand::Discard(args)) => decide::discard(args, output).await,
        None => show(args).await,
    }
}

async fn show(args: DocumentsArgs) -> ExitCode {
    let viewed = match load::viewed(args.of.job.as_deref(), args.of.database.clone()) {
        Ok(viewed) => viewed,
        Err(code) => return code,
    };
    let which = Which {
        tenant: args.tenant.map(TenantName),
        patient: args.patient.map(PatientId),
        status: args.status,
        run: args.run.map(RunId),
        reason: args.reason,
    };
    // One more than is wanted shows whether there are more.
    let found = async {
        let readers = open_for_reading(&viewed.database).await?;
        let found = list(&readers, &which, args.limit.saturating_add(1)).await;
        readers.close().await;
        found.map_err(|source| StoreError::from_sql(&viewed.database, source))
    };
    match found.await {
        Ok(mut documents) => {
            let more = documents.len() > args.limit as usize;
            documents.truncate(args.limit as usize);
            tell(&documents, more, args.output);
            ExitCode::Done
        }
        Err(error) => {
            terminal::error(&error.to_string());
            RunError::from(error).exit_code()
        }
    }
}

fn tell(listed: &[Listed], more: bool, format: Format) {
    match format {
        Format::Json => terminal::line(&documents_json(listed)),
        Format::Text if listed.is_empty() => terminal::line("no document fits"),
        Format::Text => {
            terminal::line(&documents_text(listed));
            if more {
                terminal::line("and older ones; --limit shows more");
            }
        }
    }
}

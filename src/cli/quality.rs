//! `ccda-export quality JOB`: how complete the rows are that were made of documents, by tenant and domain.

use std::path::PathBuf;

use clap::Args;
use sqlx::SqlitePool;

use crate::{
    domain::TenantName,
    export::RunError,
    report::{ExitCode, quality_json, quality_text},
    store::{
        StoreError, documents, open_for_reading,
        quality::{Charts, Completeness, quality},
        runs::Narrowing,
    },
};

use super::{act, args::Format, load, terminal};

/// What the columns count.
const COLUMNS: &str = "Of each domain: its sections and their entries, those entries that no rule takes (they are in unknown_entries), the rows that say something, those of \
them that stand in other domains' sections, the share of rows that have a code (or need none, as \"no known allergies\") and a time, and rows that only fill a place, such as \"no information\". A domain without a table \
is called by its section's name.";

#[derive(Debug, Args)]
#[command(after_help = COLUMNS)]
pub struct QualityArgs {
    /// The job's file; neither its roster nor its secrets are read
    #[arg(required_unless_present = "database", conflicts_with = "database")]
    pub job: Option<PathBuf>,
    /// The database, where no job file is at hand
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
    /// Only of this tenant
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Count every document that has rows of its own, and not only each patient's latest whole chart
    #[arg(long)]
    pub all: bool,
    /// How it is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

pub async fn run(args: QualityArgs) -> ExitCode {
    let viewed = match load::viewed(args.job.as_deref(), args.database) {
        Ok(viewed) => viewed,
        Err(code) => return code,
    };
    let charts = if args.all { Charts::All } else { Charts::Latest };
    let whose = Narrowing { tenant: args.tenant.map(TenantName), ..Narrowing::default() };
    let counted = async {
        let readers = open_for_reading(&viewed.database).await?;
        let counted = count(&readers, charts, &whose).await;
        readers.close().await;
        counted.map_err(|source| StoreError::from_sql(&viewed.database, source))
    };
    match counted.await {
        Ok(Ok(counted)) => {
            tell(&counted, args.output);
            ExitCode::Done
        }
        Ok(Err(unknown)) => act::wrong(&unknown),
        Err(error) => {
            terminal::error(&error.to_string());
            RunError::from(error).exit_code()
        }
    }
}

/// The counts, or which name the database does not know.
async fn count(readers: &SqlitePool, charts: Charts, whose: &Narrowing) -> sqlx::Result<Result<Vec<Completeness>, String>> {
    if let Some(unknown) = documents::unknown(readers, whose).await? {
        return Ok(Err(unknown));
    }
    quality(readers, charts, whose.tenant.as_ref().map(|tenant| tenant.0.as_str())).await.map(Ok)
}

fn tell(counted: &[Completeness], format: Format) {
    match format {
        Format::Json => terminal::line(&quality_json(counted)),
        Format::Text if counted.is_empty() => terminal::line("no document has rows"),
        Format::Text => terminal::line(&quality_text(counted)),
    }
}

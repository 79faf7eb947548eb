//! `ccda-export cat ID`: the bytes of one document, as they were sent, on standard output.

use std::io::{self, Write};

use clap::Args;

use crate::{
    domain::DocumentId,
    export::RunError,
    report::ExitCode,
    store::{StoreError, documents, open_for_reading},
};

use super::{args::DatabaseArgs, load, terminal};

#[derive(Debug, Args)]
pub struct CatArgs {
    /// The document, by the row id that `documents` and the views show
    #[arg(value_name = "ID")]
    pub id: i64,
    #[command(flatten)]
    pub of: DatabaseArgs,
}

pub async fn run(args: CatArgs) -> ExitCode {
    let viewed = match load::viewed(args.of.job.as_deref(), args.of.database.clone()) {
        Ok(viewed) => viewed,
        Err(code) => return code,
    };
    let found = async {
        let readers = open_for_reading(&viewed.database).await?;
        let found = documents::bytes(&readers, DocumentId(args.id)).await;
        readers.close().await;
        found.map_err(|source| StoreError::from_sql(&viewed.database, source))
    };
    let wrong = match found.await {
        Ok(Some(Some(bytes))) => return print(&bytes),
        Ok(Some(None)) => format!("the bytes of document {} are not kept any more: retention let them go", args.id),
        Ok(None) => format!("there is no document {}", args.id),
        Err(error) => {
            terminal::error(&error.to_string());
            return RunError::from(error).exit_code();
        }
    };
    terminal::error(&format!("{}: {wrong}", viewed.database.display()));
    ExitCode::Usage
}

/// Exactly the bytes, without a line's end behind them. A reader who has seen enough is no failure.
fn print(bytes: &[u8]) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            terminal::error(&format!("standard output: {error}"));
            ExitCode::CannotWrite
        }
        _ => ExitCode::Done,
    }
}

//! `ccda-export cat ID`: the bytes of one document, as they were sent, on standard output; or the one element of it that a row was made of.

use std::io::{self, Write};

use clap::Args;

use sqlx::{Connection, SqlitePool};

use crate::{
    ccda,
    domain::DocumentId,
    export::RunError,
    report::ExitCode,
    store::{StoreError, bodies, clinical, clinical::Place, documents, open_for_reading},
};

use super::{args::DatabaseArgs, load, terminal};

#[derive(Debug, Args)]
pub struct CatArgs {
    /// The document, by the row id that `documents` and the views show
    #[arg(value_name = "ID", required_unless_present = "at", conflicts_with = "at")]
    pub id: Option<i64>,
    /// The element that this row was made of, such as sections:17
    #[arg(long, value_name = "TABLE:ROW")]
    pub at: Option<String>,
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
        let found = find(&readers, &args).await;
        readers.close().await;
        found.map_err(|source| StoreError::from_sql(&viewed.database, source))
    };
    match found.await {
        Ok(Ok(bytes)) => print(&bytes),
        Ok(Err(wrong)) => {
            terminal::error(&format!("{}: {wrong}", viewed.database.display()));
            ExitCode::Usage
        }
        Err(error) => {
            terminal::error(&error.to_string());
            RunError::from(error).exit_code()
        }
    }
}

/// What is to be printed, or why there is nothing.
async fn find(readers: &SqlitePool, args: &CatArgs) -> sqlx::Result<Result<Vec<u8>, String>> {
    let (id, path) = match (&args.at, args.id) {
        (Some(at), _) => match place_of(readers, at).await? {
            Ok(Place { document_id, path }) => (document_id, Some(path)),
            Err(wrong) => return Ok(Err(wrong)),
        },
        // Clap has seen to it that one of them is there.
        (None, id) => (id.unwrap_or(0), None),
    };
    let mut connection = readers.acquire().await?;
    // One moment: an older body is read in several steps, and a run may be at work.
    let mut moment = connection.begin().await?;
    let body = match path {
        None => documents::body(&mut moment, DocumentId(id)).await?,
        Some(_) => documents::content::content_body(&mut moment, DocumentId(id)).await?,
    };
    let bytes = match body {
        Some(Some(body)) => bodies::read(&mut moment, body).await?,
        Some(None) => return Ok(Err(format!("the bytes of document {id} are not kept any more: retention let them go"))),
        None => return Ok(Err(format!("there is no document {id}"))),
    };
    Ok(match path {
        None => Ok(bytes),
        Some(path) => {
            let element = ccda::element_at(&bytes, &path).map(|text| (text + "\n").into_bytes());
            element.ok_or_else(|| format!("document {id} has nothing at {path}; `flatten --all` makes its rows anew"))
        }
    })
}

/// The element that a row was made of, in which document.
async fn place_of(readers: &SqlitePool, at: &str) -> sqlx::Result<Result<Place, String>> {
    let row = at.split_once(':').and_then(|(table, row)| Some((table, row.parse().ok()?)));
    let Some((table, row)) = row else { return Ok(Err("--at takes a table and the id of a row in it, such as sections:17".to_owned())) };
    Ok(match clinical::place(readers, table, row).await? {
        Some(Some(place)) => Ok(place),
        Some(None) => Err(format!("there is no row {row} in {table}")),
        None => Err(format!("{table} is no table of rows that were made of documents")),
    })
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

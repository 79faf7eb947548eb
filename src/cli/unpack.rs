//! `ccda-export unpack DIR`: documents as files, each as it was sent, for programs that read C-CDA themselves.

use std::path::PathBuf;

use bytesize::ByteSize;
use clap::Args;

use crate::{
    clock::Clock,
    domain::DocumentStatus,
    export::{self, Destination, HandOut, UnpackError, Unpacked},
    report::ExitCode,
    store::{DatabaseFile, StoreError, documents, documents::Wanted, open_for_reading, runs::Narrowing},
};

use super::{
    act::{self, count},
    args::{DatabaseArgs, OfArgs, OutputArgs},
    narrowing, signals, terminal,
};

#[derive(Debug, Args)]
pub struct UnpackArgs {
    /// Folder to write to; made where it is missing
    pub dir: PathBuf,
    #[command(flatten)]
    pub database: DatabaseArgs,
    #[command(flatten)]
    pub of: OfArgs,
    /// Only this patient, by the row id that logs and views show; may be repeated
    #[arg(long, value_name = "ID")]
    pub patient: Vec<i64>,
    /// Only the patients whose tokens stand in this file, one a line, or on standard input with `-`
    #[arg(long, value_name = "FILE")]
    pub patients: Option<PathBuf>,
    /// Only the latest whole chart of each patient of the roster [default: everything that is filed, windows too]
    #[arg(long)]
    pub latest: bool,
    /// Only documents with this status: accepted, unchanged, shrunk, or quarantined, which are handed out only so
    #[arg(long, value_name = "STATUS", conflicts_with = "latest")]
    pub status: Option<DocumentStatus>,
}

pub async fn run(args: UnpackArgs, output: &OutputArgs) -> ExitCode {
    match unpack(args, output).await {
        Ok(code) | Err(code) => code,
    }
}

async fn unpack(args: UnpackArgs, output: &OutputArgs) -> Result<ExitCode, ExitCode> {
    if args.status == Some(DocumentStatus::Discarded) {
        return Err(act::wrong("--status discarded: what was discarded is out of use and not handed out; `ccda-export cat` prints one"));
    }
    let whose = narrowing::narrowing(&args.of, &args.patient, args.patients.as_deref()).map_err(|message| act::wrong(&message))?;
    let wanted = match args.status {
        Some(status) => Wanted::With(status),
        None if args.latest => Wanted::Latest,
        None => Wanted::Filed,
    };
    let file = act::of_either(args.database.job.as_deref(), args.database.database)?;
    let stop = signals::stop();
    let unpacked = hand_out(&file, &args.dir, &HandOut { whose, wanted }, &stop).await?;
    if !output.quiet {
        terminal::line(&told(unpacked, &args.dir));
    }
    Ok(if stop.is_finishing() { ExitCode::WorkRemains } else { ExitCode::Done })
}

async fn hand_out(file: &DatabaseFile, dir: &std::path::Path, what: &HandOut, stop: &export::Stop) -> Result<Unpacked, ExitCode> {
    let readers = open_for_reading(&file.path).await.map_err(act::failed)?;
    let unknown = documents::unknown(&readers, &what.whose).await;
    if let Some(unknown) = unknown.map_err(|source| act::failed(StoreError::from_sql(&file.path, source)))? {
        return Err(act::wrong(&unknown));
    }
    let to = Destination::open(dir).map_err(failed)?;
    // Before the first file: whoever is killed has handed out some.
    act::record_reading(file, &act::act(&Clock::system(), "unpack", target(dir, what))).await;
    let unpacked = export::unpack(&readers, &file.path, what, &to, stop).await;
    readers.close().await;
    unpacked.map_err(failed)
}

fn failed(error: UnpackError) -> ExitCode {
    terminal::error(&error.to_string());
    error.exit_code()
}

/// What is written down of it: no patient token.
fn target(dir: &std::path::Path, what: &HandOut) -> String {
    let Narrowing { tenant, account, patients, tokens } = &what.whose;
    let wanted = match what.wanted {
        Wanted::Latest => "latest documents".to_owned(),
        Wanted::Filed => "documents".to_owned(),
        Wanted::With(status) => format!("{status} documents"),
    };
    let parts = [
        Some(format!("{wanted} into {}", dir.display())),
        tenant.as_ref().map(|tenant| format!("tenant {tenant}")),
        account.as_ref().map(|account| format!("account {account}")),
        (!patients.is_empty()).then(|| format!("patients {}", patients.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))),
        (!tokens.is_empty()).then(|| count(tokens.len() as u64, "patient of a list", "patients of a list")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn told(unpacked: Unpacked, dir: &std::path::Path) -> String {
    let Unpacked { written, bytes, there, let_go } = unpacked;
    if unpacked == Unpacked::default() {
        return "no document fits".to_owned();
    }
    let mut told = format!("{} ({}) written into {}", count(written, "document", "documents"), ByteSize(bytes), dir.display());
    if there > 0 {
        told += &format!("; {there} were there already");
    }
    if let_go > 0 {
        told += &format!("; {} without bytes, which retention let go", count(let_go, "document is", "documents are"));
    }
    told
}

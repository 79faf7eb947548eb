//! `ccda-export verify JOB`: is the database sound? Every finding is a line. That a job's database was found sound is put on record in it; nothing else
//! is written, and nothing at all into one that is damaged or is a copy.

use std::path::PathBuf;

use bytesize::ByteSize;
use clap::Args;

use crate::{
    clock::Clock,
    report::{ExitCode, differences, misprint},
    store::{StoreError, verify::Verification},
};

use super::{
    act::{self, count},
    args::OutputArgs,
    terminal,
};

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The job's file
    #[arg(required_unless_present = "database", conflicts_with = "database")]
    pub job: Option<PathBuf>,
    /// The database's file, in place of a job
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,
}

pub async fn run(args: VerifyArgs, output: &OutputArgs) -> ExitCode {
    let file = match act::of_either(args.job.as_deref(), args.database) {
        Ok(file) => file,
        Err(code) => return code,
    };
    let database = &file.path;
    match verify(database, output).await {
        Ok(0) => {
            if args.job.is_some() {
                act::record_reading(&file, &act::act(&Clock::system(), "verify", "all of it".to_owned())).await;
            }
            ExitCode::Done
        }
        Ok(findings) => {
            let found = count(findings, "finding", "findings");
            terminal::error(&format!(
                "{}: {found}; put a `backup` in its place, or save what `sqlite3 .recover` finds",
                database.display()
            ));
            ExitCode::Database
        }
        Err(error) => act::failed(error),
    }
}

/// Prints every finding, and tells how many there are.
async fn verify(database: &std::path::Path, output: &OutputArgs) -> Result<u64, StoreError> {
    let mut findings = 0u64;
    let mut found = |damage: String| {
        findings += 1;
        terminal::line(&format!("damage: {damage}"));
    };
    let mut verification = Verification::begin(database).await?;
    verification.pages(&mut found).await?;
    let verified = verification.bodies(&mut found).await?;
    verification.states(&mut found).await?;
    let receipts = receipts(&mut verification, &mut found).await?;
    if findings == 0 && !output.quiet {
        let bodies = count(verified.bodies, "body", "bodies");
        terminal::line(&format!("{} is sound: {bodies} ({}), {receipts}", database.display(), ByteSize(verified.bytes)));
    }
    Ok(findings)
}

/// Proves all receipts, and counts each job's newest again where nothing has changed since; tells what was done.
async fn receipts(verification: &mut Verification, found: &mut impl FnMut(String)) -> Result<String, StoreError> {
    let (mut summed, mut recounted, mut passed) = (0, 0, 0);
    for stored in verification.receipts().await? {
        summed += 1;
        if let Some(wrong) = misprint(&stored.receipt) {
            found(format!("the receipt of run {} {wrong}", stored.run));
        } else if stored.stands {
            recounted += 1;
            let today = verification.count_again(&stored).await?;
            differences(&stored.receipt, today).iter().for_each(|line| found(format!("the receipt of run {}: {line}", stored.run)));
        } else if stored.newest {
            passed += 1;
        }
    }
    let told = format!("{}, {recounted} counted again", count(summed, "receipt", "receipts"));
    // A run at work, or an act such as `retry`, has changed what it counted.
    Ok(if passed > 0 { format!("{told}, {passed} outdated by what was done since") } else { told })
}

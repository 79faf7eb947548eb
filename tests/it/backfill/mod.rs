//! Backfills by the real binary: history is asked for once, however often it is stopped, and nobody is in anybody's way.

mod arguments;
mod coverage;
mod others;
mod plan;
mod stopped;

use std::{
    collections::BTreeMap,
    process::{Child, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::harness::{Ended, Sandbox, ask_file, call, ccda_export, until};

/// The months of 2024 and 2025.
const MONTHS: [&str; 6] = ["--from", "2024-01-01", "--to", "2025-12-31", "--every", "month"];

impl Sandbox {
    /// `backfill` of its job with further arguments, to its end.
    fn backfill(&self, args: &[&str]) -> Ended {
        call(["backfill".as_ref(), self.job().as_os_str()].into_iter().chain(args.iter().map(|arg| arg.as_ref())))
    }

    /// The same, started only.
    fn start_backfill(&self, args: &[&str]) -> Child {
        ccda_export().arg("backfill").arg(self.job()).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// How often each patient was asked for each pair of dates, answered or not; without dates it was the whole chart.
    async fn asked(&self) -> BTreeMap<(String, Option<(String, String)>), usize> {
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let mut asked = BTreeMap::new();
        for request in self.requests().await["requests"].as_array().unwrap().iter().filter(|request| request["kind"] == "document") {
            let dates = text(&request["start_date"]).zip(text(&request["end_date"]));
            *asked.entry((text(&request["patient_token"]).unwrap(), dates)).or_default() += 1;
        }
        asked
    }
}

/// Waits until the database holds so many documents more than it does. What has stored one hears signals.
async fn more_documents(sandbox: &Sandbox, more: usize) {
    let wanted = stored(sandbox).await + more;
    until(async || stored(sandbox).await >= wanted).await;
}

async fn stored(sandbox: &Sandbox) -> usize {
    let database = sandbox.path("export.sqlite");
    // Before the first run there is no file, or no table in it.
    if !database.exists() || ccda_export::store::open_for_reading(&database).await.is_err() {
        return 0;
    }
    ask_file(&database, "SELECT count(*) FROM documents").await[0][0].parse().unwrap()
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

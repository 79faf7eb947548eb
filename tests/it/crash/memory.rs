//! Row 60: the kernel refuses memory in the middle of a run.

use std::process::{Command, Stdio};

use super::{assert_as_undisturbed, database};
use crate::harness::{Ended, Sandbox, finish};

/// Charts so large that several at once do not fit into the limit below.
fn large_charts(count: usize, length: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let text = "x".repeat(length);
    for number in 1..=count {
        let chart = format!(
            "<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.{number}\"/><title>{text}</title></ClinicalDocument>"
        );
        std::fs::write(dir.path().join(format!("{number}.xml")), chart).unwrap();
    }
    dir
}

/// A run that may have so many KiB of data.
fn run_within(sandbox: &Sandbox, kibibytes: u32) -> Ended {
    let script = format!("ulimit -d {kibibytes} && exec \"$0\" run \"$1\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_ccda-export")]).arg(sandbox.job());
    finish(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

#[tokio::test]
async fn fault_60_killed_by_the_memory_limit_the_next_run_goes_on() {
    let charts = large_charts(12, 12 << 20);
    let sandbox = Sandbox::start(&["--documents", charts.path().to_str().unwrap(), "--no-gzip"]);
    // Where the limit hits is up to the allocator: in the middle of a body it kills the process, elsewhere the run may end by itself.
    let killed =
        [90_000, 80_000, 70_000].into_iter().map(|kibibytes| run_within(&sandbox, kibibytes)).find(|run| run.status.code().is_none());
    assert!(killed.is_some(), "no limit killed the run");
    assert!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'leased'").await > 0);
    let next = sandbox.run(&["--output", "json"]);
    assert_eq!(next.code(), 0, "{next:#?}");
    assert!(sandbox.count("SELECT count(*) FROM attempts WHERE outcome = 'lost'").await > 0);
    assert_as_undisturbed(&sandbox).await;
    assert!(database(&sandbox).exists());
}

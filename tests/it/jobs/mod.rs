//! The files that people deploy, each by the tool that will read it, and the program in the surroundings that they make.
//!
//! Where a tool is missing a test says so past the harness; `.ci/run` installs them all.

mod crontab;
mod dockerfile;
mod empty_root;
mod manifests;
mod units;

use std::{io::Write, path::PathBuf, process::Command};

use ccda_export::report::ExitCode;

use crate::harness::{Ended, call};

/// What another run can do: DESIGN's table of exit codes, read by a scheduler.
const TRIED_AGAIN: [ExitCode; 4] = [ExitCode::Unavailable, ExitCode::WorkRemains, ExitCode::Interrupted, ExitCode::Terminated];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("jobs").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// The tool, where it is installed; says past the harness, which keeps what a passing test prints, that something is not tested.
fn tool(program: &str) -> Option<Command> {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(program).exists());
    if !found {
        skipped(&format!("{program} is not installed"));
    }
    found.then(|| Command::new(program))
}

fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}: a file of jobs/ is not tested by what will read it");
}

/// A command line of a deployed file is one that this program takes, as far as can be seen without doing it.
fn assert_understood(args: &[&str]) {
    let Ended { status, stdout, stderr } = call(args.iter().chain(&["--help"]));
    assert!(status.success() && stdout.contains("Usage: ccda-export"), "{args:?}\n{stderr}");
}

//! The files that people deploy, each by the tool that will read it, and the program in the surroundings that they make.
//!
//! Where a tool is missing a test says so past the harness; `.ci/run` installs them all.

mod crontab;
mod dockerfile;
mod empty_root;
mod manifests;
mod units;

use std::{path::PathBuf, process::Command};

use ccda_export::report::ExitCode;

use crate::harness::{self, Ended, call, skipped};

/// What another run can do: DESIGN's table of exit codes, read by a scheduler.
const TRIED_AGAIN: [ExitCode; 4] = [ExitCode::Unavailable, ExitCode::WorkRemains, ExitCode::Interrupted, ExitCode::Terminated];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("jobs").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// The tool, where it is installed; else says that a file is not tested.
fn tool(program: &str) -> Option<Command> {
    let tool = harness::tool(program);
    if tool.is_none() {
        skipped(&format!("{program} is not installed: a file of jobs/ is not tested by what will read it"));
    }
    tool
}

/// A command line of a deployed file is one that this program takes, as far as can be seen without doing it.
fn assert_understood(args: &[&str]) {
    let Ended { status, stdout, stderr } = call(args.iter().chain(&["--help"]));
    assert!(status.success() && stdout.contains("Usage: ccda-export"), "{args:?}\n{stderr}");
}

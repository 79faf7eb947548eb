//! The tools that analysts open the file with, each by a real run on a file that the binary made. What README's section on them says to type
//! is what is run here.
//!
//! Where a tool is missing a test says so past the harness; `.ci/run` installs them all.

mod datasette;
mod duckdb;
mod pandas;
mod readers;
mod sqlite3;

use std::{
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::{
    harness::{self, Ended, Sandbox, call, finish, skipped, until},
    readme::section,
};

/// The blocks of README's section that are in this language.
fn readme(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = section("### In other tools").split(&fence).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The block of Python that imports this module.
fn readme_python(module: &str) -> &'static str {
    let block = readme("python").into_iter().find(|block| block.contains("import") && block.contains(module));
    block.unwrap_or_else(|| panic!("README shows no {module}"))
}

/// The command lines that begin so, without the prompt.
fn readme_lines(start: &str) -> Vec<&'static str> {
    let lines = readme("console").into_iter().flat_map(str::lines).filter_map(|line| line.strip_prefix("$ "));
    let lines: Vec<_> = lines.filter(|line| line.starts_with(start)).collect();
    assert!(!lines.is_empty(), "README has no line {start}");
    lines
}

fn tool(program: &str) -> Option<Command> {
    let tool = harness::tool(program);
    if tool.is_none() {
        untested(program);
    }
    tool
}

fn python_with(module: &str) -> Option<Command> {
    let python = harness::python_with(module);
    if python.is_none() {
        untested(&format!("python3 with {module}"));
    }
    python
}

fn untested(what: &str) {
    skipped(&format!("there is no {what} here: that it opens the file is not tested"));
}

fn exported(args: &[&str]) -> Sandbox {
    let sandbox = Sandbox::start(args);
    assert_eq!(sandbox.run(&[]).code(), 0);
    sandbox
}

/// What the program itself answers.
fn sql(sandbox: &Sandbox, question: &str) -> Value {
    let ended = call(["sql".as_ref(), sandbox.job().as_os_str(), "--output".as_ref(), "json".as_ref(), question.as_ref()]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    ended.json()
}

/// Runs a script in the folder of the database, and returns what it printed as its last line, which must be JSON.
fn run_python(mut python: Command, folder: &Path, script: &str) -> Value {
    let mut child =
        python.arg("-").current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let ended = finish(child);
    let last = ended.stdout.lines().last().and_then(|line| serde_json::from_str(line).ok());
    last.filter(|_| ended.status.success()).unwrap_or_else(|| panic!("{script}\n{ended:#?}"))
}

/// Runs a command line of README in the folder of the database.
fn run_line(line: &str, folder: &Path) -> Ended {
    finish(Command::new("sh").args(["-c", line]).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// A run that is far from its end, however slow the tool is that looks at what it writes.
struct Tonight {
    sandbox: Sandbox,
    run: Child,
}

impl Tonight {
    async fn start() -> Self {
        let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "3000", "--latency-ms", "200"]);
        let run = sandbox.start_run(&[]);
        let is_there = async || std::fs::metadata(sandbox.path("export.sqlite")).is_ok_and(|file| file.len() > 100_000);
        until(is_there).await;
        until(async || sql(&sandbox, "SELECT count(*) AS documents FROM documents")[0]["documents"] != 0).await;
        Self { sandbox, run }
    }

    /// The run was at work all the time, ends in order when it is asked to, and what it wrote is whole.
    fn end(self) {
        let writes = sql(&self.sandbox, "SELECT count(*) AS runs FROM runs WHERE ended_at IS NULL");
        assert_eq!(writes[0]["runs"], 1, "the run was over before it was looked at: this test shows nothing");
        kill(Pid::from_raw(self.run.id().cast_signed()), Signal::SIGINT).unwrap();
        let ended = finish(self.run);
        assert_eq!(ended.code(), 75, "{ended:#?}");
        assert_eq!(call(["verify".as_ref(), self.sandbox.job().as_os_str()]).code(), 0);
    }
}

/// What `growth.py` printed is that of a tool which keeps up with a run, and sees one state of the file between BEGIN and COMMIT.
fn assert_sees_what_is_committed(counts: &Value) {
    let [first, later, begun, within, behind] =
        ["first", "later", "begun", "within", "behind"].map(|name| counts[name].as_u64().unwrap_or_else(|| panic!("{counts}")));
    assert!(0 < first && first < later && later <= begun && begun == within && within < behind, "{counts}");
}

//! The process as others on the machine see it: its arguments, its environment, its children, and what it leaves when it crashes.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::{CommandExt, ExitStatusExt},
    },
    path::Path,
    process::{Child, Command, ExitStatus},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, geteuid},
};

use super::{
    marks::Leaks,
    server::{Asked, Server},
    site::{Site, VARIABLE, is_empty},
};
use crate::{
    edvak_http::server::{Act, Server as Hanging},
    harness::until,
};

/// Nobody in particular: as root, nothing would be seen of what others may not.
pub const SOMEBODY: u32 = 65_534;

fn user() -> u32 {
    if geteuid().is_root() { SOMEBODY } else { geteuid().as_raw() }
}

/// A command of a user who is not root.
pub fn as_user(mut command: Command) -> Command {
    if geteuid().is_root() {
        command.uid(SOMEBODY).gid(SOMEBODY);
    }
    command
}

/// A run that has sent its password and waits for an answer, allowed to leave core files of any size.
async fn waiting_run(site: &Site, server: &Hanging) -> Child {
    give(site.path("").parent().unwrap());
    let mut shell = Command::new("sh");
    shell.env_clear().args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_ccda-export")]);
    let child = as_user(site.dress(shell, &["run", "JOB", "--log-level", "trace"])).spawn().unwrap();
    until(async || !server.requests().is_empty()).await;
    child
}

/// Gives a folder and all that is in it to who [`as_user`] is.
pub fn give(path: &Path) {
    if !geteuid().is_root() {
        return;
    }
    chown(path, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give(&entry.unwrap().path()));
    }
}

fn proc_of(child: &Child, file: &str) -> String {
    format!("/proc/{}/{file}", child.id())
}

/// Sends a signal until it ends the process: Rust takes the first SIGSEGV for one of its own checks of the stack, and lets it go.
fn ended_by(mut child: Child, signal: Signal) -> ExitStatus {
    loop {
        kill(Pid::from_raw(child.id() as i32), signal).unwrap();
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn others_see_no_secret_in_the_list_of_processes() {
    let server = Hanging::start([Act::Hang]).await;
    let site = Site::new(&server.url);
    let child = waiting_run(&site, &server).await;
    let mut leaks = Leaks::default();
    for file in ["cmdline", "comm", "stat", "status", "limits", "mounts", "cgroup", "wchan"] {
        leaks.search(file, &fs::read(proc_of(&child, file)).unwrap_or_default());
    }
    for task in fs::read_dir(proc_of(&child, "task")).unwrap() {
        leaks.search("comm of a thread", &fs::read(task.unwrap().path().join("comm")).unwrap());
    }
    leaks.assert_none();
    assert!(fs::read_to_string(proc_of(&child, "cmdline")).unwrap().contains("job.toml"));

    // The kernel gives the files of a process that may not be dumped to root: its environment is closed to other programs of its own user.
    let owner = |file: String| fs::metadata(file).unwrap().uid();
    assert_eq!(owner(proc_of(&child, "environ")), 0);
    let mut other = as_user(Command::new("cat")).stdin(std::process::Stdio::piped()).spawn().unwrap();
    assert_eq!(owner(proc_of(&other, "environ")), user(), "no process has such files here: this test shows nothing");
    other.kill().unwrap();
    other.wait().unwrap();
    ended_by(child, Signal::SIGKILL);
}

#[tokio::test]
async fn a_crash_leaves_no_core_file() {
    for signal in [Signal::SIGABRT, Signal::SIGQUIT, Signal::SIGSEGV] {
        if is_ignored_here(signal) {
            eprintln!("skipped: whoever started the tests has {signal} ignored, and so has what they start");
            continue;
        }
        let server = Hanging::start([Act::Hang]).await;
        let site = Site::new(&server.url);
        let child = waiting_run(&site, &server).await;
        let limits = fs::read_to_string(proc_of(&child, "limits")).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"]);
        let ended = ended_by(child, signal);
        assert_eq!((ended.signal(), ended.core_dumped()), (Some(signal as i32), false));
        for folder in site.untouched() {
            assert!(is_empty(&folder), "{}", folder.display());
        }
    }
}

/// Shells start what they leave in the background with some signals ignored, and that is inherited.
fn is_ignored_here(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() >> (signal as i32 - 1) & 1 == 1
}

#[test]
fn a_process_that_does_not_forbid_it_dumps_its_memory_here() {
    let dir = tempfile::tempdir().unwrap();
    let shell = Command::new("sh").args(["-c", "ulimit -c unlimited && kill -ABRT $$"]).current_dir(dir.path()).status().unwrap();
    if !shell.core_dumped() {
        eprintln!("this machine makes no core files: a_crash_leaves_no_core_file shows less here");
    }
    assert!(!shell.success());
}

#[tokio::test]
async fn a_program_that_prints_a_secret_sees_no_other_one() {
    let server = Server::start(Asked::good).await;
    let site = Site::new(&server.url);
    let (script, seen) = (site.path("print-secret"), site.path("seen"));
    let lines = [
        "tr '\\0' '\\n' < /proc/self/environ",
        "tr '\\0' '\\n' < /proc/self/cmdline",
        "cat /proc/$PPID/cmdline",
        "ulimit -c",
        "ulimit -Hc",
    ];
    site.write("print-secret", &format!("{{ {}; }} > {}\ncat {}\n", lines.join("; "), seen.display(), site.path("password").display()));
    site.edit("roster.toml", "{ file = \"password\" }", &format!("{{ command = [\"sh\", \"{}\"] }}", script.display()));
    let mut leaks = Leaks::default();
    let ended = site.run(&[], &mut leaks).await;
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let seen = fs::read_to_string(seen).unwrap();
    assert!(seen.contains("\nPATH=") && !seen.contains(VARIABLE) && seen.ends_with("0\n0\n"), "{seen}");
    leaks.search("what a child sees", seen.as_bytes());
    leaks.assert_none();
}

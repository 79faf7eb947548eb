//! The release binary, how long it took and how much memory it held at most.

use std::{
    fs, io,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The program as a user of this folder starts it.
pub struct Program<'a> {
    pub folder: &'a Path,
}

/// What one process cost.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    pub time: Duration,
    /// Largest resident set, in kB, as far as it was seen.
    pub peak: u64,
    /// `None` where it was stopped.
    pub exit_code: Option<i32>,
}

impl Program<'_> {
    pub fn start<A: AsRef<std::ffi::OsStr>>(&self, args: &[A]) -> io::Result<Child> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ccda-export"));
        command.env_clear().current_dir(self.folder).args(args).stdin(Stdio::null()).stdout(Stdio::null());
        command.spawn()
    }

    /// Starts it and waits for its end.
    pub fn call(&self, args: &[String]) -> io::Result<Ended> {
        let begun = Instant::now();
        let mut child = self.start(args)?;
        let mut peak = 0;
        loop {
            peak = peak.max(peak_of(&child));
            if let Some(status) = child.try_wait()? {
                return Ok(Ended { time: begun.elapsed(), peak, exit_code: status.code() });
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The largest resident set so far, by proc(5); nothing once it has ended.
pub fn peak_of(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|value| value.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

/// The one in the middle by time.
pub fn median(mut rounds: Vec<Ended>) -> Ended {
    rounds.sort_by_key(|ended| ended.time);
    rounds[rounds.len() / 2]
}

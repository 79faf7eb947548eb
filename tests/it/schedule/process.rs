//! `ccda-export schedule` as a process that stays, whose words are heard while it lives.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::harness::{ccda_export, until};

pub struct Process {
    child: Child,
    heard: Arc<Mutex<String>>,
    listeners: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts it for the job with further arguments.
    pub fn start(job: &Path, args: &[&str]) -> Self {
        let mut command = ccda_export();
        let mut child = command.arg("schedule").arg(job).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let heard = Arc::new(Mutex::new(String::new()));
        let listen = |stream: Box<dyn Read + Send>| {
            let heard = Arc::clone(&heard);
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines() {
                    *heard.lock().unwrap() += &format!("{}\n", line.unwrap());
                }
            })
        };
        let listeners = vec![listen(Box::new(child.stdout.take().unwrap())), listen(Box::new(child.stderr.take().unwrap()))];
        Self { child, heard, listeners }
    }

    /// All that it printed so far, on both streams.
    pub fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until it says so; a process that ended without it has failed the test.
    pub async fn until_heard(&mut self, text: &str) {
        until(async || self.heard().contains(text) || !self.is_alive()).await;
        // What it said at last may still be on its way.
        until(async || self.heard().contains(text) || self.listeners.iter().all(JoinHandle::is_finished)).await;
        assert!(self.heard().contains(text), "it ended and did not say {text:?}:\n{}", self.heard());
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Asks it to end; gives its exit code and all that it printed.
    pub fn terminate(mut self) -> (i32, String) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGTERM).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        self.listeners.drain(..).for_each(|listener| listener.join().unwrap());
        (code, self.heard())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

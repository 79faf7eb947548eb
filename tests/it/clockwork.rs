//! Moves a manual clock for whole runs: from one sleeper's waking straight to the next, never past it, and only when nobody has anything else to do.
//!
//! All of a test goes on in one runtime of one thread, so the runtime itself tells whether anything but our own tick woke it. What it cannot see
//! is the database, which works on threads of its own: of those the system tells whether they work. Real time passes here, but nothing depends
//! on how much of it: a machine that is busy makes these tests slower and not wrong.

use std::{fs, future::Future, time::Duration};

use ccda_export::clock::Clock;
use tokio::runtime::Handle;

/// Real time between two looks.
const TICK: Duration = Duration::from_micros(300);
/// Quiet looks in a row after which time may pass so far, at most: the further, the surer. Long ways are seldom, so they may cost more.
const SURE_ENOUGH: [(u32, Duration); 3] = [(2, Duration::from_secs(5)), (8, Duration::from_secs(1_000)), (100, Duration::MAX)];

/// Drives one clock. `busy` tells whether somebody waits for something that takes real time, such as the end of a server's silence.
pub struct Clockwork<B> {
    clock: Clock,
    busy: B,
}

impl<B: Fn() -> bool> Clockwork<B> {
    pub fn new(clock: &Clock, busy: B) -> Self {
        Self { clock: clock.clone(), busy }
    }

    /// Lets time pass until `work` is done.
    pub async fn drive<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            done = work => done,
            () = self.until(async || false) => unreachable!("it never comes true"),
        }
    }

    /// Lets time pass until the condition holds, which is looked at before each step of the clock.
    pub async fn until(&self, mut condition: impl AsyncFnMut() -> bool) {
        let mut quiet = 0;
        loop {
            quiet = if self.is_quiet().await { quiet + 1 } else { 0 };
            let Some((_, furthest)) = SURE_ENOUGH.iter().rev().find(|(looks, _)| quiet >= *looks) else { continue };
            if condition().await {
                return;
            }
            // Nobody sleeps: all is over, or waits for something real.
            let Some(way) = self.clock.next_wake().map(|at| at.saturating_sub(self.clock.elapsed())) else { continue };
            if way <= *furthest {
                self.clock.advance(way);
                quiet = 0;
            }
        }
    }

    /// Whether nobody did anything while a tick passed.
    async fn is_quiet(&self) -> bool {
        let runtime = Handle::current().metrics();
        let before = runtime.worker_park_count(0);
        // On another thread: a timer of the runtime's own wakes it more than once.
        let _ = tokio::task::spawn_blocking(|| std::thread::sleep(TICK)).await;
        // Exactly one parking is ours: with none of them the runtime had work all the time, and what woke it in between was work too.
        let parkings = runtime.worker_park_count(0) - before;
        parkings == 1 && !(self.busy)() && !database_works()
    }
}

/// Whether a thread of SQLite runs, wants to run, or waits for the disk. Other tests of this process have such threads too: theirs only make us wait.
fn database_works() -> bool {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return false };
    let us = fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok()).any(|stat| {
        let (Some((number, name, state)), Some((us, our_name, _))) = (parts(&stat), parts(&us)) else { return false };
        // A thread that was just begun has the name of who began it until it runs for the first time.
        matches!(state, 'R' | 'D') && (name.starts_with("sqlx-sqlite") || (name == our_name && number != us))
    })
}

/// Number, name and state of a thread: `123 (name) S …`. A name may hold anything, so the last bracket ends it.
fn parts(stat: &str) -> Option<(&str, &str, char)> {
    let (number, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    Some((number, name, rest.chars().next()?))
}

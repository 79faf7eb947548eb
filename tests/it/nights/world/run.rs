//! One run of a night, in a runtime of its own, that may be killed and whose clock may jump.

use std::cell::Cell;

use ccda_export::export::RunEnd;
use tokio::task::yield_now;

use super::{Run, World, runtime};
use crate::{clockwork::Clockwork, harness::run_here_in_steps};

impl World {
    /// One run in a runtime of its own. `None` where it was killed, as SIGKILL does: nothing of it is closed.
    pub(super) fn run(&mut self, run: &Run, night: usize) -> Option<RunEnd> {
        self.tally.runs += 1;
        let before = self.books.told + self.sandbox.requests_after(self.books.told).len() as u64;
        let runtime = runtime();
        let seed = self.rng.u64(..);
        // Half of the nights are large ones: planned while the run works.
        let planned_at_once = if self.rng.bool() { 2 } else { 10_000 };
        let jumped = Cell::new(0);
        let ended = runtime.block_on(async {
            self.sandbox.serve_here().unwrap();
            let (sandbox, clock, job) = (&self.sandbox, &self.clock, self.site.job());
            let came = || sandbox.requests_after(before).len();
            let clockwork = Clockwork::new(clock, || sandbox.is_busy());
            let interference = async {
                if let Some((requests, by)) = run.jump {
                    clockwork.until(async || came() >= requests).await;
                    clock.jump(by);
                    jumped.set(by);
                }
                if let Some((requests, turns)) = run.kill {
                    clockwork.until(async || came() >= requests).await;
                    for _ in 0..turns {
                        yield_now().await;
                    }
                    return;
                }
                clockwork.until(async || false).await;
            };
            tokio::select! {
                biased;
                ended = run_here_in_steps(&job, clock, seed, planned_at_once) => Some(ended),
                () = interference => None,
            }
        });
        drop(runtime);
        // Somebody noticed.
        self.clock.jump(-jumped.get());
        match ended {
            None => {
                self.tally.kills += 1;
                None
            }
            Some(Ok(end)) => Some(end),
            Some(Err(error)) => panic!("night {night} of seed {}: the run was impossible: {error}", self.seed),
        }
    }
}

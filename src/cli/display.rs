//! How a run is getting on: a live display on a terminal, a line now and then in the logs elsewhere.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    export::{Progress, Snapshot},
};

use super::args::OutputArgs;

const FRAME: Duration = Duration::from_millis(200);
const LOG_LINE: Duration = Duration::from_secs(30);
/// Tenants shown beside the whole.
const BUSIEST: usize = 3;

/// The task that shows progress until it is told to finish.
pub struct Display {
    task: JoinHandle<()>,
    ended: CancellationToken,
}

impl Display {
    pub fn start(progress: Progress, clock: Clock, output: &OutputArgs) -> Self {
        let live = stderr().is_terminal() && !output.quiet && output.log_level.is_none();
        let ended = CancellationToken::new();
        let until = ended.clone();
        let task = tokio::spawn(async move {
            let shown = async { if live { show(&progress, &clock).await } else { log(&progress, &clock).await } };
            tokio::select! {
                () = shown => {}
                () = until.cancelled() => {}
            }
        });
        Self { task, ended }
    }

    /// Clears the display, so that the summary stands alone.
    pub async fn finish(self) {
        self.ended.cancel();
        // A display that failed is no reason to fail a run.
        let _ = self.task.await;
    }
}

/// Clears its bar when it is dropped, however the display ends.
struct Bar(ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

async fn show(progress: &Progress, clock: &Clock) {
    let bar = Bar(ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()));
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.0.set_style(style);
    }
    let start = clock.elapsed();
    loop {
        let total = progress.total();
        bar.0.set_length(total.due);
        bar.0.set_position(total.ended().min(total.due));
        bar.0.set_message(message(progress, total, clock.elapsed() - start));
        clock.sleep(FRAME).await;
    }
}

/// Rate, failures, time left, and the tenants with the most to do.
fn message(progress: &Progress, total: Snapshot, elapsed: Duration) -> String {
    let rate = total.ended() as f64 / elapsed.as_secs_f64().max(0.001);
    let left = total.time_left(elapsed).map_or_else(|| "?".to_owned(), format_duration);
    let mut tenants: Vec<_> = progress.tenants().iter().map(|tenant| (tenant.snapshot(), &tenant.tenant)).collect();
    tenants.sort_by_key(|(snapshot, _)| std::cmp::Reverse(snapshot.due.saturating_sub(snapshot.ended())));
    let busiest: Vec<_> = tenants
        .iter()
        .filter(|(snapshot, _)| snapshot.due > snapshot.ended())
        .take(BUSIEST)
        .map(|(snapshot, tenant)| format!("{tenant} {}/{}", snapshot.ended(), snapshot.due))
        .collect();
    format!("{rate:.1}/s, {} failed, {} sent back to wait, {left} left  {}", total.failed, total.waits, busiest.join("  "))
}

async fn log(progress: &Progress, clock: &Clock) {
    let start = clock.elapsed();
    loop {
        clock.sleep(LOG_LINE).await;
        let total = progress.total();
        tracing::info!(
            due = total.due,
            done = total.done,
            absent = total.absent,
            failed = total.failed,
            requests = total.requests,
            seconds_left = total.time_left(clock.elapsed() - start).map(|left| left.as_secs()),
            "progress"
        );
    }
}

/// To the second: nobody plans by milliseconds.
pub(super) fn format_duration(duration: Duration) -> String {
    humantime::format_duration(Duration::from_secs(duration.as_secs())).to_string()
}

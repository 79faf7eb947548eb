//! The job's health check beside its run: told of the beginning while the run goes on, and of the end. What it does not hear changes nothing.

use tokio::task::JoinHandle;

use crate::{
    config::Job,
    export::{Progress, RunError},
    report::{Moment, PingError, Pinger, Summary},
};

use super::terminal;

/// A run that is watched over; or not, where its job has no health check.
pub struct Watch {
    told: Option<Told>,
    progress: Progress,
}

struct Told {
    job: String,
    pinger: Pinger,
    begun: JoinHandle<Result<(), PingError>>,
}

impl Watch {
    /// Tells of the run that moves `progress` once it has begun, which may be never.
    pub fn begin(job: &Job, progress: &Progress) -> Self {
        let pinger = job.health_check.clone().and_then(|check| Pinger::new(check, job.http.proxy.as_ref()).map_err(warn).ok());
        let told = pinger.map(|pinger| Told { job: job.name.clone(), begun: begun(&job.name, &pinger, progress), pinger });
        Self { told, progress: progress.clone() }
    }

    /// Tells how it ended. Takes no longer than two pings may.
    pub async fn end(self, result: &Result<Summary, RunError>) {
        let Some(Told { job, pinger, begun }) = self.told else { return };
        let run = self.progress.run().map(|run| run.0);
        match run {
            // Or the beginning could be heard after the end, and stand for a run that goes on.
            Some(_) => {
                if let Ok(Err(error)) = begun.await {
                    warn(error);
                }
            }
            None => begun.abort(),
        }
        let moment = match result {
            Ok(summary) => Moment::Ended(summary.exit_code, Some(&summary.receipt.total)),
            Err(error) => Moment::Ended(error.exit_code(), None),
        };
        if let Err(error) = pinger.ping(&job, run, moment).await {
            warn(error);
        }
    }
}

fn begun(job: &str, pinger: &Pinger, progress: &Progress) -> JoinHandle<Result<(), PingError>> {
    let (job, pinger, progress) = (job.to_owned(), pinger.clone(), progress.clone());
    tokio::spawn(async move {
        let run = progress.begun().await;
        pinger.ping(&job, Some(run.0), Moment::Begun).await
    })
}

fn warn(error: PingError) {
    terminal::warning(&error.to_string());
}

//! Runs of the library on a clock that is moved by hand: hours and days pass in no time.

use ccda_export::{
    clock::Clock,
    config,
    export::{self, Progress, RunEnd, RunError, RunRequest, Stop},
    schedule::day_start,
    store::runs::Narrowing,
};
use chrono::{TimeZone, Utc};

use super::{Site, StandIn};
use crate::{clockwork::Clockwork, harness::session};

/// A clock that stands at a quarter past two in the night of 2 March 2026.
pub fn clock() -> Clock {
    Clock::manual(Utc.with_ymd_and_hms(2026, 3, 2, 2, 15, 0).unwrap())
}

/// A run of the site's job; its day in UTC is the occurrence.
pub async fn run(stand_in: &StandIn, clock: &Clock) -> RunEnd {
    let end = Clockwork::new(clock, || stand_in.is_busy()).drive(run_in_no_time(stand_in, clock)).await;
    stand_in.check_books().await;
    end
}

/// The same, while the clock stands still.
pub async fn run_in_no_time(stand_in: &StandIn, clock: &Clock) -> RunEnd {
    run_here(&stand_in.site, clock).await.unwrap()
}

async fn run_here(site: &Site, clock: &Clock) -> Result<RunEnd, RunError> {
    let job = config::load(&site.path("job.toml")).unwrap();
    let session = session(&job.database, job.sharing).await;
    let progress = Progress::new(job.roster.tenants.iter().map(|tenant| tenant.name.clone()));
    let request = RunRequest {
        occurrence: day_start(clock.now(), job.zone),
        job: job.name,
        roster: job.roster,
        windows: job.windows,
        zone: job.zone,
        http: job.http,
        settings: job.run,
        narrowing: Narrowing::default(),
        process: "a test".to_owned(),
        seed: 1,
    };
    export::run(session, request, clock, &Stop::default(), &progress).await
}

//! Runs of the library on a clock that is moved by hand: hours and days pass in no time.

use ccda_export::{clock::Clock, export::RunEnd};
use chrono::{TimeZone, Utc};

use super::StandIn;
use crate::{clockwork::Clockwork, harness::run_here};

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
    run_here(&stand_in.site.path("job.toml"), clock, 1).await.unwrap()
}

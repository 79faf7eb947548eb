//! Opening a database that another may hold: a run is waited for where that was asked for, and a backfill is asked to make way in any case.

use std::{path::Path, time::Duration};

use crate::{
    clock::Clock,
    export::Stop,
    store::{Session, StoreError, WayRequest},
};

/// How often it is looked whether the database is free.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Beyond its grace period, a backfill needs so long at most to close its books.
const TO_CLOSE: Duration = Duration::from_secs(60);

/// What whoever opens a database does about one who holds it.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Waits so long for whoever it is.
    pub wait: Duration,
    /// Asks a backfill to make way, and waits so long for it.
    pub way: Option<Duration>,
}

impl Patience {
    /// Waits for a run for `wait`; a backfill has the job's `grace` to finish what is in flight.
    pub fn of_run(wait: Duration, grace: Duration) -> Self {
        Self { wait, way: Some(grace.saturating_add(TO_CLOSE)) }
    }
}

/// Opens the database as soon as it is free, within what `patience` allows and until `stop`; else the error that names who holds it.
pub async fn when_free(
    database: &Path,
    patience: Patience,
    clock: &Clock,
    stop: &Stop,
    open: impl AsyncFn() -> Result<Session, StoreError>,
) -> Result<Session, StoreError> {
    let started = clock.elapsed();
    let (mut request, mut told) = (None, false);
    loop {
        let error = match open().await {
            Err(error @ StoreError::Held { .. }) => error,
            opened => return opened,
        };
        let way = patience.way.filter(|_| error.is_held_by_who_makes_way());
        if stop.is_finishing() {
            return Err(match error {
                // Whoever was to wait is to be tried again.
                StoreError::Held { path, holder } if !patience.wait.is_zero() => StoreError::StillHeld { path, holder },
                error => error,
            });
        }
        if clock.elapsed() - started >= patience.wait.max(way.unwrap_or_default()) {
            return Err(error);
        }
        if !told {
            tracing::info!(%error, "waiting for who holds the database");
            told = true;
        }
        if way.is_some() && request.is_none() {
            tracing::info!("a backfill is asked to make way");
            // Where it cannot be asked, it may end by itself.
            request = WayRequest::make(database).inspect_err(|error| tracing::warn!(%error, "a backfill cannot be asked to make way")).ok();
        }
        // Ends early when a signal comes; the next look then says who holds it.
        stop.or(clock.sleep(LOOK_AGAIN)).await;
    }
}

//! Two schedulers, and a cron beside them, at one database: an occurrence has one run.

use chrono::TimeDelta;

use super::daemon::{Daemon, World};
use crate::faults::Request;

#[tokio::test]
async fn two_schedulers_at_one_database_share_the_occurrences_of_a_week() {
    let keys = "schedule = \"0 */4 * * *\"\nrandom_delay = \"1h\"";
    let world = World::new(keys, "2026-03-02T00:00:00Z", Request::good).await;
    let daemons = [1, 2].map(|seed| Daemon::new(&world.job(), &world.clock, seed));
    let life = async {
        world.pass(&daemons, TimeDelta::days(3)).await;
        // Both were asleep, and wake together at an occurrence whose delay is over.
        world.sleep(&daemons, TimeDelta::hours(26)).await;
        world.pass(&daemons, TimeDelta::hours(22)).await;
    };
    daemons[0].follow_during(daemons[1].follow_during(life)).await;
    let twice = world.stand_in.site.lines("SELECT occurrence_at FROM runs GROUP BY occurrence_at HAVING count(*) > 1").await;
    assert!(twice.is_empty(), "{:?}", world.runs().await);
    // Six a day; of those that fell due in the 26 hours the last is run, which was at midnight.
    let runs = world.runs().await;
    assert_eq!(runs.len(), 18 + 6, "{runs:?}");
    assert_eq!(world.stand_in.documents(), 3 * runs.len());
}

#[tokio::test]
async fn a_run_that_cron_started_is_the_run_of_its_occurrence_and_one_for_some_patients_is_not() {
    let world = World::new("schedule = \"15 2 * * *\"", "2026-03-02T02:00:00Z", Request::good).await;
    let daemons = [Daemon::new(&world.job(), &world.clock, 1)];
    daemons[0].follow_during(world.pass(&daemons, TimeDelta::minutes(10))).await;
    assert_eq!(world.runs().await, ["01T02:15 0"]);
    // The real binary lives by the real clock: its occurrence is today's, and the daemon's clock is set to it.
    assert_eq!(world.stand_in.run(&["--patient", "1"]).await.code(), 0);
    let now = chrono::Utc::now();
    world.clock.jump((now - world.clock.now()).num_milliseconds());
    daemons[0].follow_during(world.pass(&daemons, TimeDelta::zero())).await;
    assert_eq!(world.runs().await.len(), 3, "a run for one patient leaves the others to do");

    let world = World::new("schedule = \"15 2 * * *\"", "2026-03-02T02:00:00Z", Request::good).await;
    assert_eq!(world.stand_in.run(&[]).await.code(), 0);
    world.clock.jump((chrono::Utc::now() - world.clock.now()).num_milliseconds());
    let daemons = [Daemon::new(&world.job(), &world.clock, 1)];
    daemons[0].follow_during(world.pass(&daemons, TimeDelta::zero())).await;
    assert_eq!(world.runs().await.len(), 1, "cron was there before");
}

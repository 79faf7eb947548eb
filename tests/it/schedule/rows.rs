//! Rows 65 to 68: nights of daylight-saving changes, occurrences that were missed, runs that are too long; and what becomes of runs that ask for another.

use chrono::TimeDelta;

use super::daemon::{Daemon, World};
use crate::faults::{Answer, Request};

/// A server on which nothing goes wrong.
fn good(request: &Request) -> Answer {
    request.good()
}

/// One daemon that lives for so long; the runs that it did.
async fn live(world: &World, time: TimeDelta) -> Vec<String> {
    let daemons = [Daemon::new(&world.job(), &world.clock, 1)];
    daemons[0].follow_during(world.pass(&daemons, time)).await;
    world.runs().await
}

#[tokio::test]
async fn fault_65_a_scheduled_hour_that_does_not_exist_leads_to_one_run() {
    let world = World::new("schedule = \"*/20 2 * * *\"\ntime_zone = \"Europe/Berlin\"", "2026-03-28T12:00:00Z", good).await;
    // The night before has its three runs, of which a new job makes up for the last; in this night clocks go from 02:00 to 03:00.
    let runs = live(&world, TimeDelta::hours(36)).await;
    assert_eq!(runs, ["28T01:40 0", "29T01:00 0", "30T00:00 0"], "the last one is 02:00 of summer time");
    assert_eq!(world.stand_in.documents(), 9);
}

#[tokio::test]
async fn fault_66_a_scheduled_hour_that_comes_twice_leads_to_one_run_and_25_of_an_hourly_job() {
    let world = World::new("schedule = \"30 2 * * *\"\ntime_zone = \"Europe/Berlin\"", "2026-10-24T20:00:00Z", good).await;
    let runs = live(&world, TimeDelta::hours(40)).await;
    assert_eq!(runs, ["24T00:30 0", "25T00:30 0", "26T01:30 0"]);

    let world = World::new("schedule = \"@hourly\"\ntime_zone = \"Europe/Berlin\"", "2026-10-24T22:00:00Z", good).await;
    let runs = live(&world, TimeDelta::hours(25) - TimeDelta::minutes(1)).await;
    assert_eq!((runs.len(), runs[0].as_str(), runs[24].as_str()), (25, "24T22:00 0", "25T22:00 0"), "from midnight to midnight");
    assert_eq!(world.stand_in.documents(), 75);
}

#[tokio::test]
async fn fault_67_a_daemon_that_was_down_for_three_occurrences_does_one_run_at_its_start() {
    let world = World::new("schedule = \"15 2 * * *\"", "2026-03-02T02:15:00Z", good).await;
    live(&world, TimeDelta::hours(1)).await;
    world.clock.advance(std::time::Duration::from_secs(3 * 86_400 + 7_200));
    let runs = live(&world, TimeDelta::zero()).await;
    assert_eq!(runs, ["02T02:15 0", "05T02:15 0"]);
    assert_eq!(live(&world, TimeDelta::hours(12)).await.len(), 2, "and no other when it is started once more");
}

#[tokio::test]
async fn fault_68_occurrences_that_fall_into_a_run_are_skipped_and_told() {
    let world = World::new("schedule = \"@hourly\"\nrandom_delay = \"0s\"", "2026-03-02T02:00:00Z", good).await;
    let slow = "[limits.documents]\nper_second = 0.0002\nburst = 1";
    world.stand_in.site.edit("job.toml", "[limits.documents]\nper_second = 1000.0\nburst = 1000", slow);
    let daemons = [Daemon::new(&world.job(), &world.clock, 1)];
    // Three patients, 5,000 s from one to the next: the run goes on until 04:46.
    daemons[0].follow_during(world.pass(&daemons, TimeDelta::minutes(170))).await;
    let hours: Vec<_> = daemons[0].skipped.borrow().iter().map(|at| at.format("%H:%M").to_string()).collect();
    assert_eq!((world.runs().await, hours), (vec!["02T02:00 0".to_owned()], vec!["03:00".to_owned(), "04:00".to_owned()]));
    // Whoever is started now does not make up for them either, and goes on with the next.
    let slow_no_more = "[limits.documents]\nper_second = 1000.0\nburst = 1000";
    world.stand_in.site.edit("job.toml", slow, slow_no_more);
    assert_eq!(live(&world, TimeDelta::minutes(9)).await.len(), 1);
    assert_eq!(live(&world, TimeDelta::minutes(2)).await, ["02T02:00 0", "02T05:00 0"]);
}

#[tokio::test]
async fn a_run_that_asks_for_another_gets_it_in_the_same_occurrence_until_the_first_ones_deadline() {
    let down = |request: &Request| if request.is_token() { Answer::status(503) } else { request.chart() };
    let world = World::new("schedule = \"15 2 * * *\"\ndeadline = \"1h\"", "2026-03-02T02:15:00Z", down).await;
    let runs = live(&world, TimeDelta::hours(20)).await;
    // Each takes its three tries at a token, and begins a quarter of an hour after the one before; the fifth would begin after 03:15.
    assert_eq!(runs, ["02T02:15 69"; 4]);
    let gaps = "SELECT (started_at - lag(ended_at) OVER (ORDER BY id)) / 1000 FROM runs";
    assert_eq!(world.stand_in.site.lines(gaps).await, ["", "900", "900", "900"]);
    let last = "SELECT max(started_at) - min(started_at) < 3600000 FROM runs";
    assert_eq!(world.stand_in.site.lines(last).await, ["1"]);
}

#[tokio::test]
async fn another_run_finishes_the_night_of_a_server_that_came_back() {
    let recovering = |request: &Request| if request.is_token() && request.nth <= 3 { Answer::status(503) } else { request.good() };
    let world = World::new("schedule = \"15 2 * * *\"\ndeadline = \"6h\"", "2026-03-02T02:15:00Z", recovering).await;
    assert_eq!(live(&world, TimeDelta::hours(20)).await, ["02T02:15 69", "02T02:15 0"]);
}

#[tokio::test]
async fn a_job_file_that_is_broken_leaves_its_occurrence_and_is_looked_at_again_in_a_quarter_of_an_hour() {
    let world = World::new("schedule = \"15 2 * * *\"", "2026-03-02T02:15:00Z", good).await;
    let daemons = [Daemon::new(&world.job(), &world.clock, 1)];
    let broken = "schedule = \"15 2 * * *\"\nnonsense = 1";
    daemons[0]
        .follow_during(async {
            world.pass(&daemons, TimeDelta::hours(20)).await;
            world.stand_in.site.edit("job.toml", "schedule = \"15 2 * * *\"", broken);
            // At 02:15, 02:30 and 02:45.
            world.pass(&daemons, TimeDelta::minutes(4 * 60 + 40)).await;
            assert_eq!((daemons[0].mistakes.get(), world.runs().await.len()), (3, 1));
            world.stand_in.site.edit("job.toml", broken, "schedule = \"15 2 * * *\"");
            world.pass(&daemons, TimeDelta::minutes(10)).await;
            assert_eq!(world.runs().await, ["02T02:15 0", "03T02:15 0"]);
            // One that stays broken is told at the next occurrence too, which is the one that is left then.
            world.stand_in.site.edit("job.toml", "schedule = \"15 2 * * *\"", broken);
            world.pass(&daemons, TimeDelta::hours(48)).await;
            world.stand_in.site.edit("job.toml", broken, "schedule = \"15 2 * * *\"");
            world.pass(&daemons, TimeDelta::minutes(15)).await;
            assert_eq!(world.runs().await, ["02T02:15 0", "03T02:15 0", "05T02:15 0"]);
        })
        .await;
}

#[tokio::test]
async fn a_wall_clock_that_is_set_back_runs_no_occurrence_twice_and_one_that_was_ahead_loses_none() {
    let world = World::new("schedule = \"15 2 * * *\"", "2026-03-02T02:15:00Z", good).await;
    let daemons = [Daemon::new(&world.job(), &world.clock, 1)];
    daemons[0]
        .follow_during(async {
            world.pass(&daemons, TimeDelta::hours(3)).await;
            world.clock.jump(-6 * 3_600_000);
            // The evening before: the occurrence of the first of March had no run, and has one now.
            world.sleep(&daemons, TimeDelta::minutes(1)).await;
            world.pass(&daemons, TimeDelta::hours(5)).await;
            assert_eq!(world.runs().await, ["02T02:15 0", "01T02:15 0"]);
            world.clock.jump(10 * 86_400_000);
            world.sleep(&daemons, TimeDelta::minutes(1)).await;
            world.clock.jump(-10 * 86_400_000);
            world.sleep(&daemons, TimeDelta::minutes(1)).await;
            world.pass(&daemons, TimeDelta::hours(48)).await;
            assert_eq!(world.runs().await[2..], ["12T02:15 0", "03T02:15 0", "04T02:15 0"]);
        })
        .await;
}

//! A year of nights in Berlin, with real runs: both changes of the clocks, a week in which the machine sleeps, a night that takes longer than a day.

use chrono::TimeDelta;
use chrono_tz::Europe::Berlin;

use super::daemon::{Daemon, World};
use crate::{faults::Request, harness::ask_file};

const FAST: &str = "[limits.documents]\nper_second = 1000.0\nburst = 1000";
/// One document in 50,000 s, which are fourteen hours.
const SLOW: &str = "[limits.documents]\nper_second = 0.00002\nburst = 1";

#[tokio::test]
async fn a_year_of_nights_has_one_run_each_but_for_those_that_were_slept_through_or_skipped() {
    // In memory where there is such a place: what a disk survives is shown elsewhere, and a year commits very often.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let database = folder.path().join("export.sqlite");
    let keys = "schedule = \"30 2 * * *\"\ntime_zone = \"Europe/Berlin\"\ndeadline = \"40h\"";
    let world = World::new(keys, "2026-01-01T01:30:00Z", Request::good).await;
    let site = &world.stand_in.site;
    site.edit("job.toml", "database = \"export.sqlite\"", &format!("database = \"{}\"", database.display()));
    let daemons = [Daemon::new(&world.job(), &world.clock, 1)];
    let until = |time: &str| world.pass_until(&daemons, time.parse().unwrap());
    let life = async {
        until("2026-06-30T12:00:00Z").await;
        world.sleep(&daemons, TimeDelta::days(7)).await;
        until("2026-09-04T12:00:00Z").await;
        site.edit("job.toml", FAST, SLOW);
        // The run that begins in the next night ends in the morning of the day after.
        until("2026-09-05T12:00:00Z").await;
        site.edit("job.toml", SLOW, FAST);
        until("2026-12-31T12:00:00Z").await;
    };
    daemons[0].follow_during(life).await;

    let sql = "SELECT occurrence_at / 1000, exit_code FROM runs ORDER BY id";
    let runs = ask_file(&database, sql).await;
    assert!(runs.iter().all(|run| run[1] == "0"), "{runs:?}");
    let nights: Vec<_> = runs.iter().map(|run| chrono::DateTime::from_timestamp(run[0].parse().unwrap(), 0).unwrap()).collect();
    let mut dates: Vec<_> = nights.iter().map(|at| at.with_timezone(&Berlin).date_naive()).collect();
    assert!(dates.is_sorted());
    dates.dedup();
    assert_eq!(dates.len(), nights.len(), "a night has two runs");
    let year: Vec<_> = "2026-01-01".parse::<chrono::NaiveDate>().unwrap().iter_days().take(365).collect();
    let without: Vec<_> = year.iter().filter(|date| !dates.contains(date)).map(ToString::to_string).collect();
    let asleep = ["2026-07-01", "2026-07-02", "2026-07-03", "2026-07-04", "2026-07-05", "2026-07-06"];
    assert_eq!(without[..6], asleep);
    assert_eq!(without[6..], ["2026-09-06"]);
    assert_eq!(daemons[0].skipped.borrow().iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-09-06 00:30:00 UTC"]);
    for (date, at) in [("2026-03-29", "01:00:00"), ("2026-10-25", "00:30:00")] {
        let at = format!("{date} {at} UTC");
        assert!(nights.iter().any(|night| night.to_string() == at), "{at} has no run: {nights:?}");
    }
    assert_eq!(world.stand_in.documents(), 3 * nights.len());
}

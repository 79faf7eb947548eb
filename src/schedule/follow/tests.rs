//! The loop on a clock that is moved by hand, through a whole year too, with books in memory.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use chrono::TimeDelta;
use chrono_tz::Tz;
use tokio::{sync::Notify, task::LocalSet};

use super::*;
use crate::schedule::{Books, Decision, PastRun, RunEnding, Schedule, Timetable};

/// Midnight of New Year in New York.
const YEAR: &str = "2026-01-01T05:00:00Z";

/// Every run, by its occurrence.
type Written = Rc<RefCell<BTreeMap<DateTime<Utc>, Vec<PastRun>>>>;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn timetable(expression: &str, zone: Tz) -> Timetable {
    let schedule = Schedule::parse(expression, zone).unwrap();
    Timetable { schedule, random_delay: Duration::ZERO, deadline: Duration::from_secs(6 * 3600), seed: 1, left_until: None }
}

/// A scheduler of one job whose runs take so long, until it is stopped.
async fn scheduler(timetable: Timetable, clock: Clock, stop: Rc<Notify>, written: Written, takes: Duration) -> Option<u32> {
    let visit = async || {
        let turn = timetable.turn(clock.now()).unwrap();
        let runs = written.borrow().get(&turn.occurrence).cloned().unwrap_or_default();
        let books = Books { first_started_at: runs.first().map(|run| run.started_at), newest: runs.last().copied(), ..Books::default() };
        let (occurrence, started_at) = match turn.decide(&books) {
            Decision::Wait { until, .. } => return Visit { until, ended: None },
            Decision::Run { occurrence, .. } => (occurrence, clock.now()),
        };
        written.borrow_mut().entry(occurrence).or_default().push(PastRun { started_at, end: None });
        clock.sleep(takes).await;
        let run = PastRun { started_at, end: Some(RunEnding { at: clock.now(), asks_for_another: false }) };
        *written.borrow_mut().get_mut(&occurrence).unwrap().last_mut().unwrap() = run;
        match timetable.decide_after(occurrence, &books, run, clock.now()) {
            Decision::Wait { until, .. } => Visit { until, ended: Some(7) },
            Decision::Run { .. } => Visit { until: clock.now(), ended: Some(7) },
        }
    };
    follow(clock.now(), &clock, async || stop.notified().await, visit).await
}

/// Lets so many minutes pass, one by one.
async fn pass(clock: &Clock, minutes: u64) {
    pass_by(clock, minutes, Duration::from_secs(60)).await;
}

/// The same in other steps.
async fn pass_by(clock: &Clock, steps: u64, step: Duration) {
    for _ in 0..steps {
        clock.advance(step);
        // Each of them may take a few turns: waking, looking, going to sleep again.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }
}

fn local_days(written: &Written, zone: Tz) -> BTreeMap<chrono::NaiveDate, usize> {
    let mut days = BTreeMap::new();
    for (occurrence, runs) in written.borrow().iter() {
        *days.entry(occurrence.with_timezone(&zone).date_naive()).or_default() += runs.len();
    }
    days
}

/// How often the job ran on each of so many days in New York, from this midnight on.
async fn days_of(expression: &str, midnight: &str, days: u64) -> BTreeMap<chrono::NaiveDate, usize> {
    let zone = Tz::America__New_York;
    let clock = Clock::manual(utc(midnight) - TimeDelta::minutes(1));
    let (stop, written) = (Rc::new(Notify::new()), Written::default());
    // The occurrence before them has its run.
    let before = timetable(expression, zone).turn(clock.now()).unwrap().occurrence;
    let end = Some(RunEnding { at: before, asks_for_another: false });
    written.borrow_mut().insert(before, vec![PastRun { started_at: before, end }]);
    let daemon = scheduler(timetable(expression, zone), clock.clone(), Rc::clone(&stop), Rc::clone(&written), Duration::from_secs(90));
    let daemon = tokio::task::spawn_local(daemon);
    pass_by(&clock, days * 24 * 6, Duration::from_secs(600)).await;
    stop.notify_one();
    assert_eq!(daemon.await.unwrap(), None, "it was asleep");
    written.borrow_mut().remove(&before);
    local_days(&written, zone)
}

#[tokio::test]
async fn fault_65_an_hour_that_does_not_exist_and_66_one_that_comes_twice_lead_to_one_run_each_in_a_year_of_nights() {
    let days = LocalSet::new().run_until(days_of("30 2 * * *", YEAR, 365)).await;
    assert_eq!((days.len(), days.values().max()), (365, Some(&1)), "{days:?}");
    let days = LocalSet::new().run_until(days_of("30 1 * * *", YEAR, 365)).await;
    assert_eq!((days.len(), days.values().max()), (365, Some(&1)), "{days:?}");
}

#[tokio::test]
async fn fault_66_an_hourly_job_runs_25_times_on_the_day_whose_hour_comes_twice_and_23_times_on_the_one_that_lacks_one() {
    let march = LocalSet::new().run_until(days_of("@hourly", "2026-03-05T05:00:00Z", 7)).await;
    assert_eq!(march.values().copied().take(6).collect::<Vec<_>>(), [24, 24, 24, 23, 24, 24], "{march:?}");
    let november = LocalSet::new().run_until(days_of("@hourly", "2026-10-29T04:00:00Z", 7)).await;
    assert_eq!(november.values().copied().take(6).collect::<Vec<_>>(), [24, 24, 24, 25, 24, 24], "{november:?}");
}

#[tokio::test]
async fn two_schedulers_whose_clock_jumps_back_and_forth_run_nothing_twice() {
    let work = async {
        let clock = Clock::manual(utc("2026-03-01T00:30:00Z"));
        let (stop, written) = (Rc::new(Notify::new()), Written::default());
        let daemons: Vec<_> = (0..2)
            .map(|seed| Timetable { seed, random_delay: Duration::from_secs(1200), ..timetable("0 */3 * * *", Tz::UTC) })
            .map(|table| scheduler(table, clock.clone(), Rc::clone(&stop), Rc::clone(&written), Duration::from_secs(300)))
            .map(tokio::task::spawn_local)
            .collect();
        for hours in [0, 5, -2, -30, 80, -80, 1] {
            clock.jump(hours * 3_600_000);
            pass(&clock, 24 * 60).await;
        }
        assert!(written.borrow().values().all(|runs| runs.len() == 1), "{written:?}");
        // The clock ended five days before it was at its furthest, and every occurrence of the last day had its run.
        let last: Vec<_> =
            timetable("0 */3 * * *", Tz::UTC).between(clock.now() - TimeDelta::hours(20), clock.now() - TimeDelta::hours(1)).collect();
        assert!(last.len() >= 6 && last.iter().all(|at| written.borrow().contains_key(at)), "{written:?}");
        daemons.iter().for_each(|daemon| daemon.abort());
    };
    LocalSet::new().run_until(work).await;
}

#[tokio::test]
async fn a_clock_that_was_far_ahead_and_is_set_right_does_not_keep_the_job_asleep() {
    let work = async {
        let clock = Clock::manual(utc("2026-03-01T00:30:00Z"));
        let (stop, written) = (Rc::new(Notify::new()), Written::default());
        let daemon = scheduler(timetable("15 2 * * *", Tz::UTC), clock.clone(), stop, Rc::clone(&written), Duration::from_secs(1));
        let daemon = tokio::task::spawn_local(daemon);
        clock.jump(20 * 86_400_000);
        pass(&clock, 5).await;
        clock.jump(-20 * 86_400_000);
        pass(&clock, 3 * 24 * 60).await;
        for day in 1..=3 {
            assert!(written.borrow().contains_key(&utc(&format!("2026-03-0{day}T02:15:00Z"))), "{written:?}");
        }
        daemon.abort();
    };
    LocalSet::new().run_until(work).await;
}

#[tokio::test]
async fn a_stop_wakes_who_is_asleep_at_once_and_waits_for_the_end_of_a_run() {
    let work = async {
        let clock = Clock::manual(utc("2026-03-01T02:14:00Z"));
        let (stop, written) = (Rc::new(Notify::new()), Written::default());
        let daemon =
            scheduler(timetable("15 2 * * *", Tz::UTC), clock.clone(), Rc::clone(&stop), Rc::clone(&written), Duration::from_secs(600));
        let daemon = tokio::task::spawn_local(daemon);
        pass(&clock, 20).await;
        pass(&clock, 3).await;
        stop.notify_one();
        assert_eq!(daemon.await.unwrap(), None);

        let clock = Clock::manual(utc("2026-03-05T02:15:00Z"));
        let daemon =
            scheduler(timetable("15 2 * * *", Tz::UTC), clock.clone(), Rc::clone(&stop), Rc::clone(&written), Duration::from_secs(600));
        let daemon = tokio::task::spawn_local(daemon);
        pass(&clock, 1).await;
        stop.notify_one();
        assert!(!daemon.is_finished());
        pass(&clock, 10).await;
        assert_eq!(daemon.await.unwrap(), Some(7));
    };
    LocalSet::new().run_until(work).await;
}

//! The decision by example, and what holds of it whatever the books say.

use chrono_tz::Tz;
use proptest::{option, prelude::*};

use super::*;
use crate::schedule::{RunEnding, Schedule};

const HOUR: Duration = Duration::from_secs(3600);

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Nightly at 02:15, or hourly, with a deadline of six hours.
fn timetable(expression: &str) -> Timetable {
    let schedule = Schedule::parse(expression, Tz::UTC).unwrap();
    Timetable { schedule, random_delay: Duration::ZERO, deadline: 6 * HOUR, seed: 1, left_until: None }
}

/// A run of the second of March with this end.
fn run(start: &str, end: Option<(&str, bool)>) -> PastRun {
    let day = |time: &str| utc(&format!("2026-03-02T{time}Z"));
    PastRun { started_at: day(start), end: end.map(|(at, asks_for_another)| RunEnding { at: day(at), asks_for_another }) }
}

/// The books with these runs of the occurrence.
fn books(runs: &[PastRun]) -> Books {
    Books { first_started_at: runs.first().map(|run| run.started_at), newest: runs.last().copied(), ..Books::default() }
}

/// What a nightly job does at this time of the second of March, in few words.
fn nightly(time: &str, runs: &[PastRun]) -> String {
    told(&timetable("15 2 * * *"), time, &books(runs))
}

fn told(timetable: &Timetable, time: &str, books: &Books) -> String {
    match timetable.turn(utc(&format!("2026-03-02T{time}Z"))).unwrap().decide(books) {
        Decision::Run { occurrence, deadline } => format!("run {} for {} s", occurrence.format("%d %H:%M"), deadline.as_secs()),
        Decision::Wait { until, why } => format!("{why:?} until {}", until.format("%d %H:%M")),
    }
}

#[test]
fn an_occurrence_without_a_run_is_due_however_long_ago_it_was() {
    assert_eq!(nightly("02:15:00", &[]), "run 02 02:15 for 21600 s");
    assert_eq!(nightly("23:59:59", &[]), "run 02 02:15 for 21600 s");
    assert_eq!(nightly("02:14:59", &[]), "run 01 02:15 for 21600 s");
}

#[test]
fn what_ended_for_good_waits_for_the_next_occurrence() {
    assert_eq!(nightly("03:00:00", &[run("02:15:00", Some(("02:30:00", false)))]), "Done until 03 02:15");
}

#[test]
fn what_asks_for_another_run_gets_it_a_quarter_of_an_hour_after_its_end_in_what_is_left_of_the_first_ones_time() {
    let first = run("02:15:00", Some(("02:30:00", true)));
    assert_eq!(nightly("02:30:00", &[first]), "Again until 02 02:45");
    assert_eq!(nightly("02:45:00", &[first]), "run 02 02:15 for 19800 s");
    assert_eq!(nightly("08:14:59", &[first]), "run 02 02:15 for 1 s");
    assert_eq!(nightly("08:15:00", &[first]), "Done until 03 02:15");
    let second = run("07:00:00", Some(("08:00:00", true)));
    assert_eq!(nightly("08:00:00", &[first, second]), "Done until 03 02:15", "it would start when the first one's time is over");
}

#[test]
fn no_other_run_of_an_occurrence_starts_in_the_next_one() {
    let hourly = timetable("@hourly");
    let late = books(&[run("04:00:00", Some(("04:50:00", true)))]);
    assert_eq!(told(&hourly, "04:51:00", &late), "Done until 02 05:00");
    let early = books(&[run("04:00:00", Some(("04:40:00", true)))]);
    assert_eq!(told(&hourly, "04:51:00", &early), "Again until 02 04:55");
}

#[test]
fn a_run_that_died_is_followed_by_another_but_not_at_once_after_its_start() {
    assert_eq!(nightly("02:16:00", &[run("02:15:00", None)]), "Again until 02 02:30");
    assert_eq!(nightly("04:00:00", &[run("02:15:00", None)]), "run 02 02:15 for 15300 s");
    assert_eq!(nightly("09:00:00", &[run("02:15:00", None)]), "Done until 03 02:15");
}

#[test]
fn an_occurrence_that_fell_into_another_ones_run_is_skipped() {
    let over = |start, end| Books { over: Some(run(start, end)), ..Books::default() };
    let hourly = timetable("@hourly");
    assert_eq!(told(&hourly, "04:20:00", &over("02:00:00", Some(("04:20:00", false)))), "Skipped until 02 05:00");
    assert_eq!(told(&hourly, "04:20:00", &over("02:00:00", Some(("04:00:00", false)))), "run 02 04:00 for 21600 s", "it had just ended");
    assert_eq!(told(&hourly, "04:20:00", &over("02:00:00", None)), "run 02 04:00 for 21600 s", "nobody knows when it died");
    let impossible = Books {
        over: Some(PastRun { started_at: utc("2026-02-01T00:00:00Z"), ..over("02:00:00", Some(("04:20:00", false))).over.unwrap() }),
        ..Books::default()
    };
    assert_eq!(told(&hourly, "04:20:00", &impossible), "run 02 04:00 for 21600 s", "a clock jumped");
}

#[test]
fn after_a_long_run_the_skipped_occurrences_are_known() {
    let hourly = timetable("@hourly");
    let long = run("02:00:00", Some(("04:20:00", true)));
    let skipped: Vec<_> = hourly.skipped(utc("2026-03-02T02:00:00Z"), &long).iter().map(|at| at.format("%H:%M").to_string()).collect();
    assert_eq!(skipped, ["03:00", "04:00"]);
    let after = hourly.decide_after(utc("2026-03-02T02:00:00Z"), &Books::default(), long, utc("2026-03-02T04:20:00Z"));
    assert_eq!(after, Decision::Wait { until: utc("2026-03-02T05:00:00Z"), why: Waiting::Skipped });
}

#[test]
fn a_random_delay_puts_off_the_first_run_alone() {
    let delayed = Timetable { random_delay: 2 * HOUR, ..timetable("15 2 * * *") };
    let starts_at = delayed.turn(utc("2026-03-02T02:15:00Z")).unwrap().starts_at;
    let at = starts_at.format("%d %H:%M").to_string();
    assert_eq!(told(&delayed, "02:15:00", &Books::default()), format!("Delayed until {at}"));
    assert!(told(&delayed, "04:15:00", &Books::default()).starts_with("run 02 02:15"));
    // Cron was earlier.
    let done = books(&[run("02:15:00", Some(("02:16:00", false)))]);
    assert!(told(&delayed, "02:17:00", &done).starts_with("Done until 03 0"));
}

#[test]
fn what_was_missed_is_left_where_that_was_said_and_nothing_later_is() {
    let left = Timetable { left_until: Some(utc("2026-03-02T12:00:00Z")), ..timetable("@hourly") };
    assert_eq!(told(&left, "12:30:00", &Books::default()), "Left until 02 13:00");
    assert_eq!(told(&left, "13:00:00", &Books::default()), "run 02 13:00 for 21600 s");
}

#[test]
fn a_clock_that_was_ahead_lets_another_run_begin_at_once_and_gives_it_no_more_time() {
    let ahead = run("20:00:00", Some(("21:00:00", true)));
    assert_eq!(nightly("03:00:00", &[ahead]), "run 02 02:15 for 21600 s");
}

const START: i64 = 1_772_400_000;

prop_compose! {
    /// A run somewhere in two days.
    fn any_run()(start in 0i64..172_800, end in option::of((0i64..90_000, any::<bool>()))) -> PastRun {
        let at = |seconds| DateTime::from_timestamp(START + seconds, 0).unwrap();
        let end = end.map(|(took, asks_for_another)| RunEnding { at: at(start + took), asks_for_another });
        PastRun { started_at: at(start), end }
    }
}

prop_compose! {
    fn any_timetable()(hourly: bool, delay in 0u64..7_200, deadline in 1u64..90_000, seed: u64) -> Timetable {
        let (random_delay, deadline) = (Duration::from_secs(delay), Duration::from_secs(deadline));
        Timetable { random_delay, deadline, seed, ..timetable(if hourly { "@hourly" } else { "15 2 * * *" }) }
    }
}

proptest! {
    #[test]
    fn whatever_the_books_say_a_wait_ends_and_a_run_keeps_to_the_rules(
        timetable in any_timetable(), first in option::of(any_run()), newest in any_run(), over in option::of(any_run()), now in 0i64..172_800,
    ) {
        let now = DateTime::from_timestamp(START + now, 0).unwrap();
        let books = Books { first_started_at: first.map(|first| first.started_at), newest: first.map(|_| newest), over, previous: None };
        let turn = timetable.turn(now).unwrap();
        match turn.decide(&books) {
            Decision::Wait { until, why } => {
                prop_assert!(until > now && until <= turn.next_starts_at);
                prop_assert!((why == Waiting::Again) <= (until < turn.next));
                prop_assert!(books.newest.is_some() || why != Waiting::Done);
            }
            Decision::Run { occurrence, deadline } => {
                prop_assert_eq!(occurrence, turn.occurrence);
                prop_assert!(!deadline.is_zero() && deadline <= timetable.deadline && now >= turn.starts_at.min(now));
                if let Some(newest) = books.newest {
                    prop_assert!(newest.end.is_none_or(|end| end.asks_for_another), "what ended for good is run again");
                    prop_assert!(later(now, deadline) <= later(books.first_started_at.unwrap().min(now), timetable.deadline));
                } else {
                    prop_assert!(now >= turn.starts_at);
                }
            }
        }
    }

    /// Two schedulers and a cron, each looking whenever they like, the wall clock jumping: whatever they do, an occurrence has one run that
    /// ends for good, and none after it.
    #[test]
    fn whoever_looks_when_an_occurrence_that_ended_for_good_never_runs_again(
        timetable in any_timetable(), looks in proptest::collection::vec((-10_000i64..20_000, 1i64..20_000, any::<bool>()), 1..60),
    ) {
        let mut runs: Vec<(DateTime<Utc>, PastRun)> = Vec::new();
        let mut now = DateTime::from_timestamp(START + 86_400, 0).unwrap();
        for (passed, takes, asks_for_another) in looks {
            now += chrono::TimeDelta::seconds(passed);
            let turn = timetable.turn(now).unwrap();
            let of_it: Vec<_> = runs.iter().filter(|(occurrence, _)| *occurrence == turn.occurrence).map(|(_, run)| *run).collect();
            if let Decision::Run { occurrence, .. } = turn.decide(&books(&of_it)) {
                prop_assert!(of_it.iter().all(|run| run.end.is_some_and(|end| end.asks_for_another)));
                let at = now + chrono::TimeDelta::seconds(takes);
                runs.push((occurrence, PastRun { started_at: now, end: Some(RunEnding { at, asks_for_another }) }));
                now = at;
            }
        }
    }
}

//! What is said of a job that is followed: what was missed, what was skipped, what comes next.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::schedule::{Books, Turn, Waiting};

use super::super::next::{in_utc, local};

/// Of skipped occurrences, how many are told one by one.
const MOST: usize = 5;

/// An instant for people who live by its zone, and for those who do not.
fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    if zone == Tz::UTC { in_utc(at) } else { format!("{} ({})", local(at, zone), in_utc(at)) }
}

/// Of a run that begins: nothing where it begins as it should. `without_a_run` counts the occurrences that it stands for.
pub fn begins(turn: &Turn, books: &Books, without_a_run: usize, zone: Tz) -> Option<String> {
    let occurrence = moment(turn.occurrence, zone);
    if books.newest.is_some() {
        return Some(format!("another run of the occurrence of {occurrence} begins"));
    }
    let late = (turn.now - turn.starts_at).num_minutes();
    match without_a_run {
        _ if books.previous.is_none() && late > 0 => Some(format!("has had no run of an occurrence yet; that of {occurrence} is run now")),
        count if count >= 1_000 => {
            Some(format!("1000 occurrences or more were missed; the newest, of {occurrence}, is run now for all of them"))
        }
        count if count > 1 => Some(format!("{count} occurrences were missed; the newest, of {occurrence}, is run now for all of them")),
        _ if late > 0 => Some(format!("the occurrence of {occurrence} was missed and is run now")),
        _ => None,
    }
}

/// Of occurrences that fell due during a run of this job: how many, and which.
pub fn skipped(occurrences: &[DateTime<Utc>], zone: Tz) -> Option<String> {
    let (first, last) = (occurrences.first()?, occurrences.last()?);
    let count = occurrences.len();
    let which = if count <= MOST {
        occurrences.iter().map(|at| moment(*at, zone)).collect::<Vec<_>>().join(", ")
    } else {
        format!("from {} to {}", moment(*first, zone), moment(*last, zone))
    };
    let (occurrences, are) = if count == 1 { ("occurrence", "is") } else { ("occurrences", "are") };
    Some(format!("{count} {occurrences} fell due while a run of this job was going on and {are} skipped: {which}"))
}

/// What comes next, and when.
pub fn next(turn: &Turn, until: DateTime<Utc>, why: Waiting, zone: Tz) -> String {
    let at = moment(until, zone);
    match why {
        Waiting::Delayed => format!("the occurrence of {} starts after its random delay, at {at}", moment(turn.occurrence, zone)),
        Waiting::Again => format!("the run asks for another one, which begins at {at}"),
        Waiting::Done | Waiting::Skipped | Waiting::Left if turn.next == until => format!("next is the occurrence of {at}"),
        Waiting::Done | Waiting::Skipped | Waiting::Left => {
            format!("next is the occurrence of {}, which starts after its random delay, at {at}", moment(turn.next, zone))
        }
    }
}

/// Of an occurrence whose run was impossible: when it is tried again, if its books do not say then that it is over.
pub fn failed(until: DateTime<Utc>, zone: Tz) -> String {
    format!("the occurrence is left as it is, and looked at again at {}", moment(until, zone))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::schedule::{Decision, PastRun, RunEnding, Schedule, Timetable};

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn timetable(expression: &str, zone: Tz) -> Timetable {
        let schedule = Schedule::parse(expression, zone).unwrap();
        Timetable { schedule, random_delay: Duration::ZERO, deadline: Duration::from_secs(6 * 3600), seed: 1, left_until: None }
    }

    /// What is said of a nightly run that begins at this time, when this occurrence was the last that had one.
    fn begun(now: &str, previous: Option<&str>) -> Option<String> {
        let timetable = timetable("15 2 * * *", Tz::UTC);
        let (turn, books) = (timetable.turn(utc(now)).unwrap(), Books { previous: previous.map(utc), ..Books::default() });
        begins(&turn, &books, timetable.without_a_run(&turn, &books, None), Tz::UTC)
    }

    #[test]
    fn a_run_that_begins_as_it_should_is_not_told_and_one_that_was_missed_is() {
        let yesterday = Some("2026-03-01T02:15:00Z");
        assert_eq!(begun("2026-03-02T02:15:59Z", yesterday), None);
        let late = "the occurrence of 2026-03-02T02:15:00Z was missed and is run now";
        assert_eq!(begun("2026-03-02T02:16:00Z", yesterday).as_deref(), Some(late));
        let three = "3 occurrences were missed; the newest, of 2026-03-02T02:15:00Z, is run now for all of them";
        assert_eq!(begun("2026-03-02T09:00:00Z", Some("2026-02-27T02:15:00Z")).as_deref(), Some(three));
        let new = "has had no run of an occurrence yet; that of 2026-03-02T02:15:00Z is run now";
        assert_eq!(begun("2026-03-02T09:00:00Z", None).as_deref(), Some(new));
    }

    #[test]
    fn fault_68_skipped_occurrences_are_told_with_their_number_and_their_times() {
        let (occurrence, zone) = (utc("2026-03-02T07:00:00Z"), Tz::America__New_York);
        let run = |end| PastRun { started_at: occurrence, end: Some(RunEnding { at: utc(end), asks_for_another: false }) };
        let told = |expression, end| skipped(&timetable(expression, zone).skipped(occurrence, &run(end)), zone);
        assert_eq!(told("@hourly", "2026-03-02T07:59:00Z"), None);
        assert_eq!(
            told("@hourly", "2026-03-02T09:20:00Z").unwrap(),
            "2 occurrences fell due while a run of this job was going on and are skipped: \
             2026-03-02 03:00:00 EST (2026-03-02T08:00:00Z), 2026-03-02 04:00:00 EST (2026-03-02T09:00:00Z)"
        );
        assert_eq!(
            told("* * * * *", "2026-03-02T09:20:30Z").unwrap(),
            "140 occurrences fell due while a run of this job was going on and are skipped: \
             from 2026-03-02 02:01:00 EST (2026-03-02T07:01:00Z) to 2026-03-02 04:20:00 EST (2026-03-02T09:20:00Z)"
        );
    }

    #[test]
    fn what_comes_next_is_told_with_its_time() {
        let said = |expression, random_delay, now, books: &Books| {
            let turn = Timetable { random_delay, ..timetable(expression, Tz::UTC) }.turn(utc(now)).unwrap();
            match turn.decide(books) {
                Decision::Wait { until, why } => next(&turn, until, why, Tz::UTC),
                Decision::Run { .. } => "a run".to_owned(),
            }
        };
        let end = |asks_for_another| Some(RunEnding { at: utc("2026-03-02T02:20:00Z"), asks_for_another });
        let books = |asks| Books { newest: Some(PastRun { started_at: utc("2026-03-02T02:15:00Z"), end: end(asks) }), ..Books::default() };
        let none = Duration::ZERO;
        assert_eq!(said("15 2 * * *", none, "2026-03-02T02:20:00Z", &books(false)), "next is the occurrence of 2026-03-03T02:15:00Z");
        let another = "the run asks for another one, which begins at 2026-03-02T02:35:00Z";
        assert_eq!(said("15 2 * * *", none, "2026-03-02T02:20:00Z", &books(true)), another);
        let hour = Duration::from_secs(3600);
        let delayed = said("15 2 * * *", hour, "2026-03-02T02:15:00Z", &Books::default());
        assert!(delayed.starts_with("the occurrence of 2026-03-02T02:15:00Z starts after its random delay, at 2026-03-02T0"), "{delayed}");
        let next = said("15 2 * * *", hour, "2026-03-02T02:20:00Z", &books(false));
        assert!(next.starts_with("next is the occurrence of 2026-03-03T02:15:00Z, which starts after its random delay, at "), "{next}");
    }
}

//! Problems: the illnesses of the story, with their dates.

use chrono::{Days, NaiveDate};

use super::{
    Encounter, Person,
    conditions::{Condition, Diagnosis},
    story::Story,
};
use crate::synthetic::dice::{Dice, Topic};

/// A line of the problem list.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// UUIDs of the concern and of the observation in it.
    pub concern_id: String,
    pub id: String,
    pub diagnosis: Diagnosis,
    pub onset: NaiveDate,
    /// The day when it was over.
    pub resolved: Option<NaiveDate>,
    pub(super) condition: &'static Condition,
}

/// The problem list, oldest onset first.
pub(super) fn invent(seed: u64, number: u64, person: &Person, story: &Story, encounters: &[Encounter]) -> Vec<Problem> {
    let mut dice = Dice::new(seed, Topic::Problems, &[number]);
    let mut problems: Vec<_> = story.chronic.iter().map(|condition| chronic(&mut dice, condition, person, encounters)).collect();
    problems.extend(story.acute.and_then(|condition| acute(&mut dice, condition, encounters)));
    problems.sort_by_key(|problem| problem.onset);
    problems
}

/// Found between one and nine years before the first visit that we know of, but never in the first year of life.
fn chronic(dice: &mut Dice, condition: &'static Condition, person: &Person, encounters: &[Encounter]) -> Problem {
    let first_visit = encounters.first().map_or(super::LAST_DAY, |encounter| encounter.start.date_naive());
    let years_before = first_visit - Days::new(dice.between(365, 365 * 9).unsigned_abs());
    let earliest = person.birth + Days::new(365);
    problem(dice, condition, years_before.max(earliest))
}

/// Brought to the visit whose diagnosis it is.
fn acute(dice: &mut Dice, condition: &'static Condition, encounters: &[Encounter]) -> Option<Problem> {
    let visit = encounters.iter().find(|encounter| encounter.diagnosis == Some(condition.diagnosis))?;
    let onset = visit.start.date_naive() - Days::new(dice.between(1, 4).unsigned_abs());
    Some(problem(dice, condition, onset))
}

fn problem(dice: &mut Dice, condition: &'static Condition, onset: NaiveDate) -> Problem {
    let resolved = condition.lasts.map(|days| onset + Days::new(u64::from(days)));
    Problem { concern_id: dice.uuid(), id: dice.uuid(), diagnosis: condition.diagnosis, onset, resolved, condition }
}

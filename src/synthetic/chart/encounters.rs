//! Encounters: when the patient was seen, by whom, and why. Everything else in a chart happens at one of them.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::{LAST_DAY, Person, conditions::Diagnosis, story::Story};
use crate::synthetic::{
    code::{Code, snomed},
    dice::{Dice, Topic},
};

/// One visit to the practice.
#[derive(Debug, Clone, PartialEq)]
pub struct Encounter {
    /// UUID under which it stands in the document.
    pub id: String,
    pub kind: Code,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
    /// Index into [`Practice::clinicians`](super::Practice::clinicians).
    pub clinician: usize,
    /// What it was about; `None` for a check-up of the healthy.
    pub diagnosis: Option<Diagnosis>,
}

const CHECK_UP: Code = snomed("185349003", "Encounter for check up");
const FOLLOW_UP: Code = snomed("390906007", "Follow-up encounter");
const FOR_SYMPTOM: Code = snomed("185345009", "Encounter for symptom");
const WELL_CHILD: Code = snomed("410620009", "Well child visit");

/// Visits that are still in the document: what keeps it at the size of the vendor's.
const MOST: usize = 3;

/// The visits of this patient, oldest first. The last but one is the one for the acute illness, where there was any.
pub(super) fn invent(seed: u64, number: u64, person: &Person, story: &Story) -> Vec<Encounter> {
    let mut dice = Dice::new(seed, Topic::Encounters, &[number]);
    let days = days(&mut dice, person);
    let acute_visit = days.len().saturating_sub(2);
    let visits = days.iter().enumerate().map(|(at, day)| {
        let acute = story.acute.filter(|_| at == acute_visit);
        let chronic = story.chronic.get(at % story.chronic.len().max(1));
        let (kind, condition) = match (acute, chronic) {
            (Some(acute), _) => (FOR_SYMPTOM, Some(acute)),
            (None, Some(chronic)) => (FOLLOW_UP, Some(*chronic)),
            (None, None) if person.age() < 18 => (WELL_CHILD, None),
            (None, None) => (CHECK_UP, None),
        };
        visit(&mut dice, *day, kind, condition.map(|condition| condition.diagnosis))
    });
    visits.collect()
}

/// The days of the visits, oldest first, at least two: one in the last third of a year, others at intervals before, none in the first month of life.
fn days(dice: &mut Dice, person: &Person) -> Vec<NaiveDate> {
    let mut days = vec![LAST_DAY - Days::new(dice.between(3, 120).unsigned_abs())];
    while days.len() < MOST {
        let before = days[days.len() - 1] - Days::new(dice.between(100, 260).unsigned_abs());
        if days.len() >= 2 && before < person.birth + Days::new(30) {
            break;
        }
        days.push(before);
    }
    days.reverse();
    days
}

/// Practices of the United States are open from 13:00 to 21:00 UTC, wherever in the country they lie.
fn visit(dice: &mut Dice, day: NaiveDate, kind: Code, diagnosis: Option<Diagnosis>) -> Encounter {
    let start = day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::minutes(15 * dice.between(60, 84));
    Encounter {
        id: dice.uuid(),
        kind,
        start,
        end: start + TimeDelta::minutes(15 * dice.between(1, 3)),
        clinician: usize::from(dice.chance(30)),
        diagnosis,
    }
}

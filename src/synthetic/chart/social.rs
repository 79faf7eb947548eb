//! Social history: whether the patient smokes. The birth sex stands with the person.

use chrono::{DateTime, Utc};

use super::{Encounter, Person, conditions, story::Story};
use crate::synthetic::{
    code::{Code, snomed},
    dice::{Dice, Topic},
};

/// What was said about smoking at the last visit, and where it stands in the document.
#[derive(Debug, Clone, PartialEq)]
pub struct SocialHistory {
    pub smoking_id: String,
    pub smoking: Code,
    pub recorded: DateTime<Utc>,
}

const NEVER: Code = snomed("266919005", "Never smoked tobacco");
const FORMER: Code = snomed("8517006", "Ex-smoker");
const DAILY: Code = snomed("449868002", "Smokes tobacco daily");

/// Children never smoked; who has the lung disease that comes of it did.
pub(super) fn invent(seed: u64, number: u64, person: &Person, story: &Story, encounters: &[Encounter]) -> SocialHistory {
    let mut dice = Dice::new(seed, Topic::Social, &[number]);
    let smoking = if person.age() < 18 {
        NEVER
    } else if story.has(&conditions::LUNG_DISEASE) {
        dice.pick(&[FORMER, DAILY])
    } else {
        dice.pick(&[NEVER, NEVER, NEVER, FORMER, DAILY])
    };
    let recorded = encounters.last().map_or(super::LAST_DAY.and_time(chrono::NaiveTime::MIN).and_utc(), |encounter| encounter.start);
    SocialHistory { smoking_id: dice.uuid(), smoking, recorded }
}

//! The clinical story: which illnesses a patient has, chosen as people of that age have them together.

use super::{
    Person,
    conditions::{self as condition, Condition},
    person::Sex,
};
use crate::synthetic::dice::{Dice, Topic};

/// The illnesses of one patient.
#[derive(Debug)]
pub(super) struct Story {
    /// They stay, and are treated.
    pub chronic: Vec<&'static Condition>,
    /// One that came and went.
    pub acute: Option<&'static Condition>,
}

impl Story {
    /// Whether this illness is among the lasting ones.
    pub fn has(&self, condition: &Condition) -> bool {
        self.chronic.contains(&condition)
    }
}

/// Illnesses that come together.
struct Pattern {
    ages: (u32, u32),
    always: &'static [&'static Condition],
    /// Each with the share, in percent, of those who have it too.
    sometimes: &'static [(&'static Condition, i64)],
}

/// Weighted by repetition; somebody may fit several.
static PATTERNS: &[Pattern] = &[
    pattern((1, 17), &[], &[]),
    pattern((1, 17), &[], &[(&condition::ATOPIC_DERMATITIS, 30)]),
    pattern((4, 17), &[&condition::ASTHMA], &[(&condition::ALLERGIC_RHINITIS, 60), (&condition::ATOPIC_DERMATITIS, 30)]),
    pattern((18, 70), &[], &[(&condition::ALLERGIC_RHINITIS, 25)]),
    pattern((18, 60), &[&condition::ASTHMA], &[(&condition::ALLERGIC_RHINITIS, 70)]),
    pattern((18, 70), &[&condition::DEPRESSION], &[(&condition::ANXIETY, 50), (&condition::MIGRAINE, 40)]),
    pattern((18, 50), &[&condition::IRON_DEFICIENCY], &[(&condition::MIGRAINE, 30)]),
    pattern((25, 80), &[&condition::HYPOTHYROIDISM], &[(&condition::REFLUX, 40), (&condition::DEPRESSION, 20)]),
    pattern((35, 88), &[&condition::DIABETES, &condition::HYPERTENSION], &[(&condition::HYPERLIPIDEMIA, 75), (&condition::OBESITY, 50)]),
    pattern((40, 88), &[&condition::HYPERTENSION], &[(&condition::HYPERLIPIDEMIA, 50), (&condition::REFLUX, 30)]),
    pattern(
        (50, 88),
        &[&condition::CORONARY_DISEASE, &condition::HYPERLIPIDEMIA],
        &[(&condition::HYPERTENSION, 70), (&condition::ATRIAL_FIBRILLATION, 30)],
    ),
    pattern((50, 88), &[&condition::LUNG_DISEASE], &[(&condition::HYPERTENSION, 50)]),
    pattern((60, 88), &[&condition::OSTEOARTHRITIS], &[(&condition::OSTEOPOROSIS, 40), (&condition::HYPERTENSION, 60)]),
    pattern((65, 88), &[&condition::ATRIAL_FIBRILLATION, &condition::HYPERTENSION], &[(&condition::HYPERLIPIDEMIA, 50)]),
];

static CHILDRENS_ACUTE: &[&Condition] = &[&condition::OTITIS_MEDIA, &condition::STREP_THROAT];
static GROWN_UPS_ACUTE: &[&Condition] = &[&condition::BRONCHITIS, &condition::STREP_THROAT];

const fn pattern(ages: (u32, u32), always: &'static [&'static Condition], sometimes: &'static [(&'static Condition, i64)]) -> Pattern {
    Pattern { ages, always, sometimes }
}

/// The story of this person.
pub(super) fn invent(seed: u64, number: u64, person: &Person) -> Story {
    let mut dice = Dice::new(seed, Topic::Story, &[number]);
    let fitting: Vec<_> = PATTERNS.iter().filter(|pattern| fits(pattern, person)).collect();
    let pattern = dice.pick(&fitting);
    let chance: Vec<_> = pattern.sometimes.iter().filter(|(_, percent)| dice.chance(*percent)).map(|(condition, _)| *condition).collect();
    let chronic = pattern.always.iter().copied().chain(chance).collect();
    let acute = if person.age() < 18 { CHILDRENS_ACUTE } else { GROWN_UPS_ACUTE };
    Story { chronic, acute: dice.chance(45).then(|| dice.pick(acute)) }
}

/// Every age from 1 to 88 has a pattern, so there is always one to choose.
fn fits(pattern: &Pattern, person: &Person) -> bool {
    let (youngest, oldest) = pattern.ages;
    let of_age = (youngest..=oldest).contains(&person.age().clamp(1, 88));
    // Iron deficiency of grown men is a symptom to be worked up, which these charts do not tell.
    of_age && !(person.sex == Sex::Male && pattern.always.contains(&&condition::IRON_DEFICIENCY))
}

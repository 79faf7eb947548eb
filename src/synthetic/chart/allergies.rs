//! Allergies and intolerances: allergens with the reactions that they cause. Half of all patients have none, and their charts say so.

use chrono::{Days, NaiveDate};

use super::{LAST_DAY, Person, conditions, story::Story};
use crate::synthetic::{
    code::{Code, CodeSystem, rxnorm, snomed},
    dice::{Dice, Topic},
};

/// An allergy of one patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Allergy {
    /// UUIDs of the concern, of the observation in it, and of the reaction.
    pub concern_id: String,
    pub id: String,
    pub reaction_id: String,
    pub allergen: Allergen,
    pub reaction: Code,
    pub severity: Code,
    pub criticality: Code,
    pub onset: NaiveDate,
}

/// What somebody may be allergic to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allergen {
    pub code: Code,
    /// The kind of allergy: to a drug, a food or another substance.
    pub kind: Code,
    reactions: &'static [Code],
}

const TO_DRUG: Code = snomed("416098002", "Allergy to drug");
const TO_FOOD: Code = snomed("414285001", "Allergy to food");
const TO_SUBSTANCE: Code = snomed("419199007", "Allergy to substance");

const URTICARIA: Code = snomed("126485001", "Urticaria");
const RASH: Code = snomed("271807003", "Eruption of skin");
const NAUSEA: Code = snomed("422587007", "Nausea");
const WHEEZING: Code = snomed("56018004", "Wheezing");
const ANAPHYLAXIS: Code = snomed("39579001", "Anaphylaxis");
const ITCHING: Code = snomed("418290006", "Itching");
const SNEEZING: Code = snomed("76067001", "Sneezing");

const MILD: Code = snomed("255604002", "Mild");
const MODERATE: Code = snomed("6736007", "Moderate");
const SEVERE: Code = snomed("24484000", "Severe");

const LOW: Code = Code { system: CodeSystem::ObservationValue, code: "CRITL", display: "Low criticality" };
const HIGH: Code = Code { system: CodeSystem::ObservationValue, code: "CRITH", display: "High criticality" };

const ALLERGENS: &[Allergen] = &[
    Allergen { code: rxnorm("7980", "penicillin G"), kind: TO_DRUG, reactions: &[URTICARIA, RASH, ANAPHYLAXIS] },
    Allergen { code: rxnorm("10180", "sulfamethoxazole"), kind: TO_DRUG, reactions: &[RASH, URTICARIA] },
    Allergen { code: rxnorm("2670", "codeine"), kind: TO_DRUG, reactions: &[NAUSEA, ITCHING] },
    Allergen { code: snomed("762952008", "Peanut"), kind: TO_FOOD, reactions: &[URTICARIA, ANAPHYLAXIS] },
    Allergen { code: snomed("102263004", "Eggs (edible)"), kind: TO_FOOD, reactions: &[URTICARIA, NAUSEA] },
    Allergen { code: snomed("111088007", "Latex"), kind: TO_SUBSTANCE, reactions: &[RASH, ITCHING] },
];

const AIRBORNE: &[Allergen] = &[
    Allergen { code: snomed("256277009", "Grass pollen"), kind: TO_SUBSTANCE, reactions: &[SNEEZING, ITCHING] },
    Allergen { code: snomed("260147004", "House dust mite"), kind: TO_SUBSTANCE, reactions: &[SNEEZING, WHEEZING] },
];

/// The penicillins: who reacts to them is not given another one.
const PENICILLINS: &str = "7980";

/// The allergies of this patient; empty means none are known.
pub(super) fn invent(seed: u64, number: u64, person: &Person, story: &Story) -> Vec<Allergy> {
    let mut dice = Dice::new(seed, Topic::Allergies, &[number]);
    let mut allergens = Vec::new();
    if story.has(&conditions::ALLERGIC_RHINITIS) {
        allergens.push(dice.pick(AIRBORNE));
    }
    if dice.chance(35) {
        let harmless: Vec<_> = ALLERGENS.iter().copied().filter(|allergen| !treated_with(story, allergen)).collect();
        allergens.push(dice.pick(&harmless));
    }
    allergens.into_iter().map(|allergen| allergy(&mut dice, allergen, person)).collect()
}

/// Whether the acute illness of this story is treated with what would harm.
fn treated_with(story: &Story, allergen: &Allergen) -> bool {
    let antibiotic = story.acute.is_some_and(|condition| !condition.courses.is_empty());
    antibiotic && allergen.code.code == PENICILLINS
}

fn allergy(dice: &mut Dice, allergen: Allergen, person: &Person) -> Allergy {
    let reaction = dice.pick(allergen.reactions);
    let grave = reaction == ANAPHYLAXIS;
    let days_of_life = (LAST_DAY - person.birth).num_days();
    Allergy {
        concern_id: dice.uuid(),
        id: dice.uuid(),
        reaction_id: dice.uuid(),
        allergen,
        reaction,
        severity: if grave { SEVERE } else { dice.pick(&[MILD, MODERATE]) },
        criticality: if grave { HIGH } else { LOW },
        onset: person.birth + Days::new(dice.between(200, days_of_life.max(201) - 1).unsigned_abs()),
    }
}

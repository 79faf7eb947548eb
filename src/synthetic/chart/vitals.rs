//! Vital signs: what is measured at each of the last visits.

use chrono::{DateTime, Utc};

use super::{Encounter, Person, Problem, conditions};
use crate::synthetic::{
    code::{Code, loinc},
    dice::{Dice, Topic},
};

/// The vital signs of one visit.
#[derive(Debug, Clone, PartialEq)]
pub struct VitalSigns {
    /// UUID of the organizer.
    pub id: String,
    pub taken: DateTime<Utc>,
    pub signs: Vec<VitalSign>,
}

/// One measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct VitalSign {
    pub id: String,
    pub code: Code,
    /// The value in tenths of the unit, so that it is exact.
    pub tenths: i64,
    /// In UCUM.
    pub unit: &'static str,
}

const SYSTOLIC: Code = loinc("8480-6", "Systolic blood pressure");
const DIASTOLIC: Code = loinc("8462-4", "Diastolic blood pressure");
const HEART_RATE: Code = loinc("8867-4", "Heart rate");
const TEMPERATURE: Code = loinc("8310-5", "Body temperature");
const OXYGEN: Code = loinc("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry");
const HEIGHT: Code = loinc("8302-2", "Body height");
const WEIGHT: Code = loinc("29463-7", "Body weight");
const BODY_MASS_INDEX: Code = loinc("39156-5", "Body mass index (BMI) [Ratio]");

/// Visits whose vital signs are still in the document.
const VISITS: usize = 1;

/// Height in centimetres and body mass index in tenths, in the middle of each year of age from 0 to 17; rounded from growth charts.
const CHILDREN: [(i64, i64); 18] = [
    (67, 172),
    (80, 168),
    (91, 163),
    (98, 159),
    (105, 155),
    (112, 154),
    (119, 154),
    (125, 156),
    (130, 159),
    (136, 162),
    (141, 167),
    (147, 172),
    (153, 178),
    (158, 184),
    (162, 190),
    (165, 196),
    (167, 202),
    (168, 207),
];

/// What stays about a body from visit to visit.
struct Build {
    adult_height: i64,
    adult_mass_index: i64,
}

/// The vital signs of the last visits, oldest first.
pub(super) fn invent(seed: u64, number: u64, person: &Person, problems: &[Problem], encounters: &[Encounter]) -> Vec<VitalSigns> {
    let mut dice = Dice::new(seed, Topic::Vitals, &[number]);
    let has = |condition: &conditions::Condition| problems.iter().any(|problem| problem.diagnosis == condition.diagnosis);
    let build = build(&mut dice, person, has(&conditions::OBESITY));
    let visits = &encounters[encounters.len().saturating_sub(VISITS)..];
    visits.iter().map(|visit| measure(&mut dice, person, &build, has(&conditions::HYPERTENSION), visit)).collect()
}

fn build(dice: &mut Dice, person: &Person, obese: bool) -> Build {
    let height = match person.sex {
        super::person::Sex::Female => dice.between(154, 174),
        super::person::Sex::Male => dice.between(166, 188),
    };
    Build { adult_height: height, adult_mass_index: if obese { dice.between(312, 368) } else { dice.between(205, 272) } }
}

fn measure(dice: &mut Dice, person: &Person, build: &Build, hypertension: bool, visit: &Encounter) -> VitalSigns {
    let age = person.age_on(visit.start.date_naive());
    let (height, mass_index) = size(dice, build, age);
    // kg = index × m²; the index is in tenths and the height in centimetres.
    let weight = mass_index * height * height / 10_000;
    let (systolic, diastolic) = blood_pressure(dice, age, hypertension);
    let child = i64::from(age < 10);
    let values = [
        (SYSTOLIC, systolic * 10, "mm[Hg]"),
        (DIASTOLIC, diastolic * 10, "mm[Hg]"),
        (HEART_RATE, dice.between(60 + 25 * child, 88 + 30 * child) * 10, "/min"),
        (TEMPERATURE, dice.between(363, 372), "Cel"),
        (OXYGEN, dice.between(95, 100) * 10, "%"),
        (HEIGHT, height * 10, "cm"),
        (WEIGHT, weight, "kg"),
        (BODY_MASS_INDEX, weight * 10_000 / (height * height), "kg/m2"),
    ];
    let id = dice.uuid();
    let signs = values.into_iter().map(|(code, tenths, unit)| VitalSign { id: dice.uuid(), code, tenths, unit }).collect();
    VitalSigns { id, taken: visit.start, signs }
}

/// Height in centimetres and body mass index in tenths.
fn size(dice: &mut Dice, build: &Build, age: u32) -> (i64, i64) {
    match CHILDREN.get(age as usize) {
        Some((height, mass_index)) => (*height, *mass_index),
        None => (build.adult_height, build.adult_mass_index + dice.between(-4, 4)),
    }
}

fn blood_pressure(dice: &mut Dice, age: u32, hypertension: bool) -> (i64, i64) {
    match (age, hypertension) {
        (_, true) => (dice.between(128, 152), dice.between(78, 94)),
        (0..10, false) => (dice.between(88, 104), dice.between(52, 66)),
        _ => (dice.between(104, 126), dice.between(64, 79)),
    }
}

//! Procedures: what was done because of an illness, or at an age.

use chrono::{Days, NaiveDate};

use super::{Encounter, Person, Problem, person::Sex};
use crate::synthetic::{
    code::{Code, snomed},
    dice::{Dice, Topic},
};

/// A procedure that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Procedure {
    pub id: String,
    pub code: Code,
    pub done: NaiveDate,
}

/// A procedure of the catalog.
#[derive(Debug, PartialEq)]
pub(super) struct ProcedureKind {
    code: Code,
    /// Share, in percent, of those it is meant for who had it.
    percent: i64,
}

const fn kind(code: &'static str, display: &'static str, percent: i64) -> ProcedureKind {
    ProcedureKind { code: snomed(code, display), percent }
}

pub(super) static CORONARY_INTERVENTION: ProcedureKind = kind("415070008", "Percutaneous coronary intervention", 50);
pub(super) static ELECTROCARDIOGRAM: ProcedureKind = kind("29303009", "Electrocardiographic procedure", 100);
pub(super) static SPIROMETRY: ProcedureKind = kind("127783003", "Spirometry", 80);
pub(super) static CHEST_X_RAY: ProcedureKind = kind("399208008", "Plain X-ray of chest", 70);
pub(super) static KNEE_REPLACEMENT: ProcedureKind = kind("609588000", "Total knee replacement", 40);
pub(super) static BONE_DENSITY: ProcedureKind = kind("312681000", "Bone density scan", 100);

static COLONOSCOPY: ProcedureKind = kind("73761001", "Colonoscopy", 75);
static MAMMOGRAPHY: ProcedureKind = kind("71651007", "Mammography", 80);
static APPENDECTOMY: ProcedureKind = kind("80146002", "Excision of appendix", 8);
static TONSILLECTOMY: ProcedureKind = kind("173422009", "Tonsillectomy", 10);

/// Whom a procedure meets at an age, ill or not.
struct AtAge {
    kind: &'static ProcedureKind,
    /// Years of age at which it is done.
    years: (i64, i64),
    only: Option<Sex>,
}

static AT_AGE: &[AtAge] = &[
    AtAge { kind: &TONSILLECTOMY, years: (4, 11), only: None },
    AtAge { kind: &APPENDECTOMY, years: (8, 30), only: None },
    AtAge { kind: &MAMMOGRAPHY, years: (50, 52), only: Some(Sex::Female) },
    AtAge { kind: &COLONOSCOPY, years: (46, 51), only: None },
];

/// What was done to this patient, oldest first.
pub(super) fn invent(seed: u64, number: u64, person: &Person, problems: &[Problem], encounters: &[Encounter]) -> Vec<Procedure> {
    let mut dice = Dice::new(seed, Topic::Procedures, &[number]);
    let last_visit = encounters.last().map_or(super::LAST_DAY, |encounter| encounter.start.date_naive());
    let mut done: Vec<Procedure> = Vec::new();
    for problem in problems {
        for kind in problem.condition.procedures {
            let known = done.iter().any(|procedure| procedure.code == kind.code);
            if !known && dice.chance(kind.percent) {
                let day = problem.onset + Days::new(dice.between(1, 60).unsigned_abs());
                done.push(Procedure { id: dice.uuid(), code: kind.code, done: day.min(last_visit) });
            }
        }
    }
    done.extend(AT_AGE.iter().filter_map(|line| at_age(&mut dice, line, person, last_visit)));
    done.sort_by_key(|procedure| procedure.done);
    done
}

fn at_age(dice: &mut Dice, line: &AtAge, person: &Person, last_visit: NaiveDate) -> Option<Procedure> {
    let (youngest, oldest) = line.years;
    let day = person.birth + Days::new(dice.between(youngest * 365, oldest * 365).unsigned_abs());
    let meant = line.only.is_none_or(|sex| sex == person.sex) && day <= last_visit;
    (meant && dice.chance(line.kind.percent)).then(|| Procedure { id: dice.uuid(), code: line.kind.code, done: day })
}

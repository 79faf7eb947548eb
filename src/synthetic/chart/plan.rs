//! Care plans: what is planned after the last visit, and the goals that were agreed on.

use chrono::{Days, NaiveDate};

use super::{Encounter, Person, Problem};
use crate::synthetic::{
    code::{Code, loinc, snomed},
    dice::{Dice, Topic},
};

/// Something planned.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedItem {
    pub id: String,
    pub kind: PlanKind,
    pub code: Code,
    pub planned_for: NaiveDate,
}

/// Which of C-CDA's planned entries it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanKind {
    Encounter,
    Observation,
    Procedure,
}

/// A goal: a measurement that is to fall below a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    pub id: String,
    pub aim: Aim,
    pub set: NaiveDate,
    pub target: NaiveDate,
}

/// What a goal aims at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    pub code: Code,
    /// The limit, not itself included.
    pub below: u32,
    /// In UCUM.
    pub unit: &'static str,
    pub words: &'static str,
}

/// A plan of the catalog.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    kind: PlanKind,
    code: Code,
    /// Days after the last visit.
    after: (i64, i64),
}

const fn test(code: Code) -> Plan {
    Plan { kind: PlanKind::Observation, code, after: (80, 100) }
}

pub(super) static FOLLOW_UP: Plan = Plan { kind: PlanKind::Encounter, code: snomed("390906007", "Follow-up encounter"), after: (85, 190) };
pub(super) static A1C: Plan = test(loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"));
pub(super) static METABOLIC_PANEL: Plan = test(loinc("24321-2", "Basic metabolic 2000 panel - Serum or Plasma"));
pub(super) static LIPID_PANEL: Plan = test(loinc("24331-1", "Lipid 1996 panel - Serum or Plasma"));
pub(super) static THYROTROPIN: Plan = test(loinc("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"));
pub(super) static BLOOD_COUNT: Plan = test(loinc("58410-2", "CBC panel - Blood by Automated count"));
pub(super) static INR: Plan = Plan { after: (20, 30), ..test(loinc("6301-6", "INR in Platelet poor plasma by Coagulation assay")) };
pub(super) static SPIROMETRY: Plan = Plan { kind: PlanKind::Procedure, code: snomed("127783003", "Spirometry"), after: (150, 360) };

static CHECK_UP: Plan = Plan { kind: PlanKind::Encounter, code: snomed("185349003", "Encounter for check up"), after: (330, 380) };
static WELL_CHILD: Plan = Plan { kind: PlanKind::Encounter, code: snomed("410620009", "Well child visit"), after: (180, 370) };

pub(super) const A1C_BELOW_7: Aim =
    Aim { code: loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), below: 7, unit: "%", words: "Hemoglobin A1c below 7 %" };
pub(super) const SYSTOLIC_BELOW_130: Aim =
    Aim { code: loinc("8480-6", "Systolic blood pressure"), below: 130, unit: "mm[Hg]", words: "Systolic blood pressure below 130 mm Hg" };
pub(super) const LDL_BELOW_100: Aim = Aim {
    code: loinc("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation"),
    below: 100,
    unit: "mg/dL",
    words: "LDL cholesterol below 100 mg/dL",
};

/// What is planned, each once, soonest first; for everybody at least the next visit.
pub(super) fn invent(seed: u64, number: u64, person: &Person, problems: &[Problem], encounters: &[Encounter]) -> Vec<PlannedItem> {
    let mut dice = Dice::new(seed, Topic::Plan, &[number, 1]);
    let last_visit = last_day(encounters);
    let mut plans: Vec<&'static Plan> = Vec::new();
    for plan in problems.iter().flat_map(|problem| problem.condition.plans) {
        if !plans.contains(plan) {
            plans.push(plan);
        }
    }
    if !plans.iter().any(|plan| plan.kind == PlanKind::Encounter) {
        plans.push(if person.age() < 18 { &WELL_CHILD } else { &CHECK_UP });
    }
    let mut items: Vec<_> = plans.into_iter().map(|plan| item(&mut dice, plan, last_visit)).collect();
    items.sort_by_key(|item| item.planned_for);
    items
}

fn item(dice: &mut Dice, plan: &Plan, last_visit: NaiveDate) -> PlannedItem {
    let (soonest, latest) = plan.after;
    let planned_for = last_visit + Days::new(dice.between(soonest, latest).unsigned_abs());
    PlannedItem { id: dice.uuid(), kind: plan.kind, code: plan.code, planned_for }
}

/// A goal for each illness that has one, set at the last visit, to be reached within half a year.
pub(super) fn goals(seed: u64, number: u64, problems: &[Problem], encounters: &[Encounter]) -> Vec<Goal> {
    let mut dice = Dice::new(seed, Topic::Plan, &[number, 2]);
    let set = last_day(encounters);
    let aims = problems.iter().flat_map(|problem| problem.condition.aims);
    aims.map(|aim| Goal { id: dice.uuid(), aim: *aim, set, target: set + Days::new(180) }).collect()
}

fn last_day(encounters: &[Encounter]) -> NaiveDate {
    encounters.last().map_or(super::LAST_DAY, |encounter| encounter.start.date_naive())
}

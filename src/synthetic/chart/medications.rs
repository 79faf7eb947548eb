//! Medications: what is and was taken, each for one of the problems. The catalog has clinical drugs of RxNorm with their usual directions.

use std::cmp::Reverse;

use chrono::{Days, NaiveDate};

use super::{LAST_DAY, Problem, conditions::Diagnosis};
use crate::synthetic::{
    code::{Code, nci, rxnorm},
    dice::{Dice, Topic},
};

/// A medication of one patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Medication {
    pub id: String,
    pub drug: Drug,
    pub start: NaiveDate,
    /// The last day; `None` while it is taken.
    pub end: Option<NaiveDate>,
    pub indication: Diagnosis,
    /// UUID of the indication's observation.
    pub indication_id: String,
}

/// A drug with its usual directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drug {
    pub code: Code,
    pub route: Code,
    /// Tablets, capsules or puffs at a time.
    pub units: u32,
    pub every_hours: u32,
    pub as_needed: bool,
    /// The same in words for the patient.
    pub directions: &'static str,
}

/// How a drug comes into a chart.
#[derive(Debug, PartialEq)]
pub(super) struct Course {
    drug: &'static Drug,
    /// Share, in percent, of those with the illness who get it.
    percent: i64,
    span: Span,
}

#[derive(Debug, PartialEq)]
enum Span {
    /// From the diagnosis until today.
    Lasting,
    /// Given up after some months: what was tried before.
    Formerly,
    /// For so many days.
    Days(u64),
}

const ORAL: Code = nci("C38288", "ORAL");
const INHALED: Code = nci("C38216", "RESPIRATORY (INHALATION)");
const TOPICAL: Code = nci("C38304", "TOPICAL");

const fn daily(code: &'static str, display: &'static str, directions: &'static str) -> Drug {
    Drug { code: rxnorm(code, display), route: ORAL, units: 1, every_hours: 24, as_needed: false, directions }
}

static LISINOPRIL: Drug = daily("314076", "lisinopril 10 MG Oral Tablet", "Take 1 tablet by mouth once a day");
static AMLODIPINE: Drug = daily("197361", "amlodipine 5 MG Oral Tablet", "Take 1 tablet by mouth once a day");
static HYDROCHLOROTHIAZIDE: Drug = daily("310798", "hydrochlorothiazide 25 MG Oral Tablet", "Take 1 tablet by mouth every morning");
static METFORMIN: Drug = Drug {
    every_hours: 12,
    ..daily("861007", "metformin hydrochloride 500 MG Oral Tablet", "Take 1 tablet by mouth twice a day with meals")
};
static ATORVASTATIN: Drug = daily("617310", "atorvastatin 20 MG Oral Tablet", "Take 1 tablet by mouth at bedtime");
static SIMVASTATIN: Drug = daily("314231", "simvastatin 10 MG Oral Tablet", "Take 1 tablet by mouth at bedtime");
static ASPIRIN: Drug = daily("243670", "aspirin 81 MG Oral Tablet", "Take 1 tablet by mouth once a day");
static METOPROLOL: Drug =
    Drug { every_hours: 12, ..daily("866924", "metoprolol tartrate 25 MG Oral Tablet", "Take 1 tablet by mouth twice a day") };
static WARFARIN: Drug = daily("855332", "warfarin sodium 5 MG Oral Tablet", "Take 1 tablet by mouth every evening");
static LEVOTHYROXINE: Drug =
    daily("892246", "levothyroxine sodium 0.1 MG Oral Tablet", "Take 1 tablet by mouth every morning, half an hour before breakfast");
static OMEPRAZOLE: Drug =
    daily("198051", "omeprazole 20 MG Delayed Release Oral Capsule", "Take 1 capsule by mouth every morning before breakfast");
static SERTRALINE: Drug = daily("312941", "sertraline 50 MG Oral Tablet", "Take 1 tablet by mouth once a day");
static ALENDRONATE: Drug = daily(
    "904419",
    "alendronic acid 10 MG Oral Tablet",
    "Take 1 tablet by mouth every morning with a full glass of water, and stay upright",
);
static FERROUS_SULFATE: Drug = daily("310325", "ferrous sulfate 325 MG Oral Tablet", "Take 1 tablet by mouth once a day");
static CETIRIZINE: Drug = daily("1014678", "cetirizine hydrochloride 10 MG Oral Tablet", "Take 1 tablet by mouth once a day");
static HYDROCORTISONE: Drug = Drug {
    route: TOPICAL,
    every_hours: 12,
    ..daily("106258", "hydrocortisone 10 MG/ML Topical Cream", "Apply thinly to the affected skin twice a day")
};
static ALBUTEROL: Drug = Drug {
    route: INHALED,
    units: 2,
    every_hours: 4,
    as_needed: true,
    ..daily("745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler", "Inhale 2 puffs every 4 hours as needed for wheezing")
};
static FLUTICASONE: Drug = Drug {
    route: INHALED,
    units: 2,
    every_hours: 12,
    ..daily(
        "895994",
        "120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler",
        "Inhale 2 puffs twice a day and rinse the mouth",
    )
};
static NAPROXEN: Drug = Drug {
    every_hours: 12,
    as_needed: true,
    ..daily("849574", "naproxen sodium 220 MG Oral Tablet", "Take 1 tablet by mouth every 12 hours as needed for headache")
};
static ACETAMINOPHEN: Drug = Drug {
    units: 2,
    every_hours: 6,
    as_needed: true,
    ..daily("313782", "acetaminophen 325 MG Oral Tablet", "Take 2 tablets by mouth every 6 hours as needed for pain")
};
static AMOXICILLIN: Drug =
    Drug { every_hours: 8, ..daily("308182", "amoxicillin 250 MG Oral Capsule", "Take 1 capsule by mouth every 8 hours for 10 days") };
static PENICILLIN_V: Drug = Drug {
    every_hours: 12,
    ..daily("834061", "penicillin V potassium 250 MG Oral Tablet", "Take 1 tablet by mouth every 12 hours for 10 days")
};

const fn course(drug: &'static Drug, percent: i64, span: Span) -> Course {
    Course { drug, percent, span }
}

pub(super) const LISINOPRIL_DAILY: Course = course(&LISINOPRIL, 100, Span::Lasting);
pub(super) const AMLODIPINE_SOMETIMES: Course = course(&AMLODIPINE, 35, Span::Lasting);
pub(super) const HYDROCHLOROTHIAZIDE_FORMERLY: Course = course(&HYDROCHLOROTHIAZIDE, 30, Span::Formerly);
pub(super) const METFORMIN_TWICE_DAILY: Course = course(&METFORMIN, 100, Span::Lasting);
pub(super) const ATORVASTATIN_DAILY: Course = course(&ATORVASTATIN, 100, Span::Lasting);
pub(super) const SIMVASTATIN_FORMERLY: Course = course(&SIMVASTATIN, 40, Span::Formerly);
pub(super) const ASPIRIN_DAILY: Course = course(&ASPIRIN, 100, Span::Lasting);
pub(super) const METOPROLOL_TWICE_DAILY: Course = course(&METOPROLOL, 80, Span::Lasting);
pub(super) const WARFARIN_DAILY: Course = course(&WARFARIN, 100, Span::Lasting);
pub(super) const LEVOTHYROXINE_DAILY: Course = course(&LEVOTHYROXINE, 100, Span::Lasting);
pub(super) const OMEPRAZOLE_DAILY: Course = course(&OMEPRAZOLE, 100, Span::Lasting);
pub(super) const SERTRALINE_DAILY: Course = course(&SERTRALINE, 90, Span::Lasting);
pub(super) const ALENDRONATE_DAILY: Course = course(&ALENDRONATE, 80, Span::Lasting);
pub(super) const FERROUS_SULFATE_DAILY: Course = course(&FERROUS_SULFATE, 100, Span::Lasting);
pub(super) const CETIRIZINE_DAILY: Course = course(&CETIRIZINE, 70, Span::Lasting);
pub(super) const HYDROCORTISONE_CREAM: Course = course(&HYDROCORTISONE, 100, Span::Lasting);
pub(super) const ALBUTEROL_AS_NEEDED: Course = course(&ALBUTEROL, 100, Span::Lasting);
pub(super) const FLUTICASONE_SOMETIMES: Course = course(&FLUTICASONE, 60, Span::Lasting);
pub(super) const NAPROXEN_AS_NEEDED: Course = course(&NAPROXEN, 100, Span::Lasting);
pub(super) const ACETAMINOPHEN_AS_NEEDED: Course = course(&ACETAMINOPHEN, 100, Span::Lasting);
pub(super) const AMOXICILLIN_COURSE: Course = course(&AMOXICILLIN, 100, Span::Days(10));
pub(super) const PENICILLIN_V_COURSE: Course = course(&PENICILLIN_V, 100, Span::Days(10));

/// Medications that are in the document: what keeps it at the size of the vendor's.
const MOST: usize = 5;

/// What this patient takes and took: first what everybody with such an illness takes, so that only the rest falls to the limit.
pub(super) fn invent(seed: u64, number: u64, problems: &[Problem]) -> Vec<Medication> {
    let mut dice = Dice::new(seed, Topic::Medications, &[number]);
    let all = problems.iter().flat_map(|problem| problem.condition.courses.iter().map(move |course| (course, problem)));
    let mut chosen: Vec<_> = all.filter(|(course, _)| dice.chance(course.percent)).collect();
    chosen.sort_by_key(|(course, _)| Reverse(course.percent));
    chosen.truncate(MOST);
    chosen.into_iter().map(|(course, problem)| medication(&mut dice, course, problem)).collect()
}

fn medication(dice: &mut Dice, course: &Course, problem: &Problem) -> Medication {
    let days_later = |from: NaiveDate, days: u64| (from + Days::new(days)).min(LAST_DAY);
    // An acute illness is treated at the visit, four days after its onset at the latest.
    let start = match course.span {
        Span::Days(_) => days_later(problem.onset, 4),
        _ => days_later(problem.onset, dice.between(0, 30).unsigned_abs()),
    };
    let end = match course.span {
        Span::Lasting => None,
        Span::Formerly => Some(days_later(start, dice.between(60, 300).unsigned_abs())),
        Span::Days(days) => Some(days_later(start, days)),
    };
    Medication { id: dice.uuid(), drug: *course.drug, start, end, indication: problem.diagnosis, indication_id: dice.uuid() }
}

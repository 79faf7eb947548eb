//! Immunizations: children by the schedule of the CDC, grown-ups by age.

use chrono::{Days, NaiveDate};

use super::{Encounter, LAST_DAY, Person};
use crate::synthetic::{
    code::{Code, cvx, nci},
    dice::{Dice, Topic},
};

/// A vaccine that was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Immunization {
    pub id: String,
    pub vaccine: Code,
    pub route: Code,
    pub given: NaiveDate,
    pub lot: String,
    pub manufacturer: &'static str,
}

/// A line of the schedule.
struct Dose {
    vaccine: Code,
    route: Code,
    manufacturer: &'static str,
    /// Days of life at which it is due.
    due: u64,
}

const INTRAMUSCULAR: Code = nci("C28161", "INTRAMUSCULAR");
const SUBCUTANEOUS: Code = nci("C38299", "SUBCUTANEOUS");
const ORAL: Code = nci("C38288", "ORAL");

const GLAXO: &str = "GlaxoSmithKline";
const MERCK: &str = "Merck and Co., Inc.";
const PFIZER: &str = "Pfizer, Inc";
const SANOFI: &str = "Sanofi Pasteur";

const HEPATITIS_B: Code = cvx("08", "Hep B, adolescent or pediatric");
const ROTAVIRUS: Code = cvx("119", "rotavirus, monovalent");
const DTAP: Code = cvx("20", "DTaP");
const HIB: Code = cvx("48", "Hib (PRP-T)");
const PNEUMOCOCCAL_13: Code = cvx("133", "Pneumococcal conjugate PCV 13");
const POLIO: Code = cvx("10", "IPV");
const MMR: Code = cvx("03", "MMR");
const VARICELLA: Code = cvx("21", "varicella");
const HEPATITIS_A: Code = cvx("83", "Hep A, ped/adol, 2 dose");
const TDAP: Code = cvx("115", "Tdap");
const MENINGOCOCCAL: Code = cvx("114", "meningococcal MCV4P");
const PAPILLOMAVIRUS: Code = cvx("165", "HPV9");
const INFLUENZA: Code = cvx("150", "Influenza, injectable, quadrivalent, preservative free");
const PNEUMOCOCCAL_23: Code = cvx("33", "pneumococcal polysaccharide PPV23");
const ZOSTER: Code = cvx("187", "zoster recombinant");

const MONTH: u64 = 30;
const YEAR: u64 = 365;

const fn shot(vaccine: Code, manufacturer: &'static str, due: u64) -> Dose {
    Dose { vaccine, route: INTRAMUSCULAR, manufacturer, due }
}

const CHILDHOOD: &[Dose] = &[
    shot(HEPATITIS_B, MERCK, 1),
    shot(HEPATITIS_B, MERCK, 2 * MONTH),
    Dose { route: ORAL, ..shot(ROTAVIRUS, GLAXO, 2 * MONTH) },
    shot(DTAP, GLAXO, 2 * MONTH),
    shot(HIB, SANOFI, 2 * MONTH),
    shot(PNEUMOCOCCAL_13, PFIZER, 2 * MONTH),
    shot(POLIO, SANOFI, 2 * MONTH),
    Dose { route: ORAL, ..shot(ROTAVIRUS, GLAXO, 4 * MONTH) },
    shot(DTAP, GLAXO, 4 * MONTH),
    shot(POLIO, SANOFI, 4 * MONTH),
    shot(DTAP, GLAXO, 6 * MONTH),
    shot(HEPATITIS_B, MERCK, 6 * MONTH),
    Dose { route: SUBCUTANEOUS, ..shot(MMR, MERCK, 12 * MONTH + 6) },
    Dose { route: SUBCUTANEOUS, ..shot(VARICELLA, MERCK, 12 * MONTH + 6) },
    shot(HEPATITIS_A, GLAXO, 13 * MONTH),
    shot(HEPATITIS_A, GLAXO, 20 * MONTH),
    Dose { route: SUBCUTANEOUS, ..shot(MMR, MERCK, 4 * YEAR + 30) },
    Dose { route: SUBCUTANEOUS, ..shot(VARICELLA, MERCK, 4 * YEAR + 30) },
    shot(TDAP, GLAXO, 11 * YEAR + 40),
    shot(MENINGOCOCCAL, SANOFI, 11 * YEAR + 40),
    shot(PAPILLOMAVIRUS, MERCK, 11 * YEAR + 40),
    shot(PAPILLOMAVIRUS, MERCK, 11 * YEAR + 240),
];

const ADULTHOOD: &[Dose] = &[
    shot(TDAP, GLAXO, 28 * YEAR),
    shot(ZOSTER, GLAXO, 52 * YEAR),
    shot(ZOSTER, GLAXO, 52 * YEAR + 90),
    shot(PNEUMOCOCCAL_23, MERCK, 66 * YEAR),
];

/// Newest years of a grown-up's immunizations that the practice knows of: before, they were given elsewhere.
const YEARS_KNOWN: u64 = 20;

/// What the patient was given, oldest first.
pub(super) fn invent(seed: u64, number: u64, person: &Person, encounters: &[Encounter]) -> Vec<Immunization> {
    let mut dice = Dice::new(seed, Topic::Immunizations, &[number]);
    let schedule = if person.age() < 18 { CHILDHOOD } else { ADULTHOOD };
    let mut given: Vec<_> = schedule.iter().filter_map(|dose| scheduled(&mut dice, person, dose)).collect();
    given.extend(influenza(&mut dice, person, encounters));
    given.sort_by_key(|immunization| immunization.given);
    given
}

/// Given up to three weeks late; `None` where that day has not come, or was too long ago to be known.
fn scheduled(dice: &mut Dice, person: &Person, dose: &Dose) -> Option<Immunization> {
    let late = if dose.due > MONTH { dice.between(0, 21).unsigned_abs() } else { 0 };
    let day = person.birth + Days::new(dose.due + late);
    let known = person.age() < 18 || day > LAST_DAY - Days::new(YEARS_KNOWN * YEAR);
    (day <= LAST_DAY && known).then(|| immunization(dice, dose, day))
}

/// Of the season, at the newest visit that fell into one.
fn influenza(dice: &mut Dice, person: &Person, encounters: &[Encounter]) -> Option<Immunization> {
    use chrono::Datelike;
    let in_season = |day: &NaiveDate| matches!(day.month(), 9..=12) && person.age_on(*day) >= 1;
    let day = encounters.iter().rev().map(|encounter| encounter.start.date_naive()).find(in_season)?;
    dice.chance(80).then(|| immunization(dice, &shot(INFLUENZA, SANOFI, 0), day))
}

fn immunization(dice: &mut Dice, dose: &Dose, given: NaiveDate) -> Immunization {
    Immunization {
        id: dice.uuid(),
        vaccine: dose.vaccine,
        route: dose.route,
        given,
        lot: format!("{}{}", dice.pick(&["A", "D", "H", "M", "U", "X"]), dice.digits(5)),
        manufacturer: dose.manufacturer,
    }
}

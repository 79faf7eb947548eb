//! Demographics: who the patient is.

use chrono::{Days, Months, NaiveDate};

use super::{
    LAST_DAY, Practice, names,
    practice::{self, Place},
};
use crate::synthetic::{
    code::{Code, CodeSystem},
    dice::{Dice, Topic},
};

/// An invented person.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub mrn: String,
    pub given: &'static str,
    /// Initial of the middle name, with its full stop.
    pub middle: Option<String>,
    pub family: &'static str,
    pub sex: Sex,
    pub birth: NaiveDate,
    pub race: Code,
    pub ethnicity: Code,
    /// Language tag of BCP 47, preferred in conversation.
    pub language: &'static str,
    /// Of grown-ups.
    pub marital_status: Option<Code>,
    pub street: String,
    pub place: Place,
    /// For `tel:`.
    pub phone: String,
    /// For `mailto:`.
    pub email: Option<String>,
    /// Of children.
    pub guardian: Option<Guardian>,
}

/// Administrative sex, which here is also the sex assigned at birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    Female,
    Male,
}

/// The parent who comes along with a child.
#[derive(Debug, Clone, PartialEq)]
pub struct Guardian {
    pub relation: Code,
    pub given: &'static str,
    pub family: &'static str,
    pub phone: String,
}

impl Person {
    /// Full years of age on that day; 0 before birth.
    pub fn age_on(&self, day: NaiveDate) -> u32 {
        day.years_since(self.birth).unwrap_or(0)
    }

    /// Full years of age at the chart's end.
    pub fn age(&self) -> u32 {
        self.age_on(LAST_DAY)
    }
}

impl Sex {
    /// The concept of HL7's AdministrativeGender.
    pub fn code(self) -> Code {
        match self {
            Self::Female => Code { system: CodeSystem::AdministrativeGender, code: "F", display: "Female" },
            Self::Male => Code { system: CodeSystem::AdministrativeGender, code: "M", display: "Male" },
        }
    }
}

const fn cdc(code: &'static str, display: &'static str) -> Code {
    Code { system: CodeSystem::RaceAndEthnicity, code, display }
}

/// Weighted by repetition.
const RACES: &[Code] = &[
    cdc("2106-3", "White"),
    cdc("2106-3", "White"),
    cdc("2106-3", "White"),
    cdc("2054-5", "Black or African American"),
    cdc("2028-9", "Asian"),
    cdc("1002-5", "American Indian or Alaska Native"),
];

const HISPANIC: Code = cdc("2135-2", "Hispanic or Latino");
const NOT_HISPANIC: Code = cdc("2186-5", "Not Hispanic or Latino");

const MARITAL: &[Code] = &[
    Code { system: CodeSystem::MaritalStatus, code: "M", display: "Married" },
    Code { system: CodeSystem::MaritalStatus, code: "S", display: "Never Married" },
    Code { system: CodeSystem::MaritalStatus, code: "D", display: "Divorced" },
];

const MOTHER: Code = Code { system: CodeSystem::RoleCode, code: "MTH", display: "mother" };
const FATHER: Code = Code { system: CodeSystem::RoleCode, code: "FTH", display: "father" };

/// The medical record number: the patient's number behind digits of chance, so that it is unique and does not look counted.
pub(in crate::synthetic) fn mrn(seed: u64, number: u64) -> String {
    format!("{}{number:05}", Dice::new(seed, Topic::Person, &[number, 1]).digits(3))
}

/// The person with this number.
pub(super) fn invent(seed: u64, number: u64, practice: &Practice) -> Person {
    let mut dice = Dice::new(seed, Topic::Person, &[number]);
    let sex = if dice.chance(52) { Sex::Female } else { Sex::Male };
    let given = given_name(&mut dice, sex);
    let family = dice.pick(names::FAMILIES);
    let birth = birth(&mut dice);
    let grown_up = LAST_DAY.years_since(birth).is_some_and(|age| age >= 18);
    let hispanic = dice.chance(20);
    Person {
        mrn: mrn(seed, number),
        given,
        middle: dice.chance(60).then(|| format!("{}.", dice.pick(&["A", "B", "C", "E", "J", "L", "M", "R", "T"]))),
        family,
        sex,
        birth,
        race: dice.pick(RACES),
        ethnicity: if hispanic { HISPANIC } else { NOT_HISPANIC },
        language: if hispanic && dice.chance(50) { "es" } else { "en" },
        marital_status: grown_up.then(|| dice.pick(MARITAL)),
        street: names::street(&mut dice),
        place: practice.place,
        phone: practice::phone(&mut dice, practice.place),
        email: (grown_up && dice.chance(70)).then(|| email(given, family, number)),
        guardian: (!grown_up).then(|| guardian(&mut dice, family, practice.place)),
    }
}

fn given_name(dice: &mut Dice, sex: Sex) -> &'static str {
    match sex {
        Sex::Female => dice.pick(names::WOMEN),
        Sex::Male => dice.pick(names::MEN),
    }
}

/// A quarter are children from 1 to 17, the others up to 88.
fn birth(dice: &mut Dice) -> NaiveDate {
    let years = if dice.chance(25) { dice.between(1, 17) } else { dice.between(18, 88) };
    let birthday = LAST_DAY - Months::new(years.unsigned_abs() as u32 * 12);
    birthday - Days::new(dice.between(0, 364).unsigned_abs())
}

/// An address under a domain that is reserved for examples (RFC 2606).
fn email(given: &str, family: &str, number: u64) -> String {
    let family = family.replace('\'', "");
    format!("{given}.{family}{number}@example.com").to_lowercase()
}

fn guardian(dice: &mut Dice, family: &'static str, place: Place) -> Guardian {
    let mother = dice.chance(60);
    let given = given_name(dice, if mother { Sex::Female } else { Sex::Male });
    Guardian { relation: if mother { MOTHER } else { FATHER }, given, family, phone: practice::phone(dice, place) }
}

//! Who looks after the patients: one practice in one American town, with its clinicians.

use super::names;
use crate::synthetic::dice::{Dice, Topic};

/// A practice, which is one tenant of the EHR.
#[derive(Debug, Clone, PartialEq)]
pub struct Practice {
    pub name: String,
    /// National provider identifier of the organization: ten digits with a valid check digit.
    pub npi: String,
    /// Object identifier under which the practice numbers its patients; below HL7's arc for examples.
    pub mrn_root: String,
    pub place: Place,
    pub street: String,
    pub phone: String,
    /// At least one; the first is everybody's primary care provider.
    pub clinicians: Vec<Clinician>,
}

/// Somebody who treats patients.
#[derive(Debug, Clone, PartialEq)]
pub struct Clinician {
    pub npi: String,
    pub given: &'static str,
    pub family: &'static str,
}

/// A town, as it stands in a postal address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub city: &'static str,
    pub state: &'static str,
    pub postal_code: &'static str,
    pub area_code: &'static str,
    /// Name of the IANA time zone.
    pub time_zone: &'static str,
}

const PLACES: &[Place] = &[
    place("Worcester", "MA", "01608", "508", "America/New_York"),
    place("Rochester", "NY", "14604", "585", "America/New_York"),
    place("Savannah", "GA", "31401", "912", "America/New_York"),
    place("Madison", "WI", "53703", "608", "America/Chicago"),
    place("Tulsa", "OK", "74103", "918", "America/Chicago"),
    place("San Antonio", "TX", "78205", "210", "America/Chicago"),
    place("Fort Collins", "CO", "80521", "970", "America/Denver"),
    place("Santa Fe", "NM", "87501", "505", "America/Denver"),
    place("Spokane", "WA", "99201", "509", "America/Los_Angeles"),
    place("Sacramento", "CA", "95814", "916", "America/Los_Angeles"),
];

const KINDS: &[&str] =
    &["Family Medicine", "Primary Care", "Community Health Center", "Family Health Associates", "Internal Medicine & Pediatrics"];

const CLINICIANS: usize = 4;

const fn place(
    city: &'static str,
    state: &'static str,
    postal_code: &'static str,
    area_code: &'static str,
    time_zone: &'static str,
) -> Place {
    Place { city, state, postal_code, area_code, time_zone }
}

/// The practice of a seed.
pub(in crate::synthetic) fn invent(seed: u64) -> Practice {
    let mut dice = Dice::new(seed, Topic::Practice, &[]);
    let place = dice.pick(PLACES);
    Practice {
        name: format!("{} {}", place.city, dice.pick(KINDS)),
        npi: npi(&mut dice),
        mrn_root: format!("2.16.840.1.113883.19.5.99999.{}", dice.digits(6)),
        place,
        street: names::street(&mut dice),
        phone: phone(&mut dice, place),
        clinicians: (0..CLINICIANS).map(|_| clinician(&mut dice)).collect(),
    }
}

fn clinician(dice: &mut Dice) -> Clinician {
    let given = if dice.chance(50) { dice.pick(names::WOMEN) } else { dice.pick(names::MEN) };
    Clinician { npi: npi(dice), given, family: dice.pick(names::FAMILIES) }
}

/// A number of the range that American numbering keeps free for fiction (555-0100 to 555-0199).
pub(super) fn phone(dice: &mut Dice, place: Place) -> String {
    format!("+1({})555-{:04}", place.area_code, dice.between(100, 199))
}

/// Nine digits that begin with 1, and the Luhn check digit over them with the prefix 80840 (45 CFR 162.406).
fn npi(dice: &mut Dice) -> String {
    let digits = format!("1{}", dice.digits(8));
    let check = luhn_check_digit(&format!("80840{digits}"));
    format!("{digits}{check}")
}

fn luhn_check_digit(digits: &str) -> u32 {
    let sum: u32 = digits.bytes().rev().enumerate().map(|(at, digit)| luhn_share(at, u32::from(digit - b'0'))).sum();
    (10 - sum % 10) % 10
}

fn luhn_share(place_from_the_right: usize, digit: u32) -> u32 {
    if place_from_the_right % 2 == 1 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_of_an_npi_is_that_of_the_standards_example() {
        assert_eq!(luhn_check_digit("80840123456789"), 3);
    }

    #[test]
    fn two_seeds_number_their_patients_under_two_roots() {
        assert_ne!(invent(1).mrn_root, invent(2).mrn_root);
    }
}

//! Results: what the laboratory found at the visits, in agreement with the illnesses.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    Encounter, Person, Problem,
    laboratory::{self as lab, Answer, PanelKind, TestKind},
};
use crate::synthetic::{
    code::{Code, snomed},
    dice::{Dice, Topic},
};

/// The answers to one order.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    pub id: String,
    pub code: Code,
    pub taken: DateTime<Utc>,
    pub tests: Vec<Test>,
}

/// The answer to one test.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    pub id: String,
    pub code: Code,
    pub value: Value,
    pub interpretation: Interpretation,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number, its UCUM unit, and the reference range.
    Quantity {
        number: Decimal,
        unit: &'static str,
        range: (Decimal, Decimal),
    },
    /// More than a limit, which itself is not included.
    Above {
        limit: Decimal,
        unit: &'static str,
    },
    Coded(Code),
}

/// A number with its decimals, exact as the laboratory printed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// The number without its decimal point; never negative.
    pub units: i64,
    pub decimals: u8,
}

/// The laboratory's own judgement, as a code of HL7's ObservationInterpretation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpretation {
    Normal,
    Low,
    High,
    Abnormal,
}

const POSITIVE: Code = snomed("10828004", "Positive");

/// Panels of the last visit that are in the document: what keeps it at the size of the vendor's.
const PANELS: usize = 3;

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10_i64.pow(u32::from(self.decimals));
        match self.decimals {
            0 => write!(f, "{}", self.units),
            decimals => write!(f, "{}.{:0width$}", self.units / scale, self.units % scale, width = usize::from(decimals)),
        }
    }
}

/// The results of the last visit, and of the one for an acute illness that is found by a test.
pub(super) fn invent(seed: u64, number: u64, person: &Person, problems: &[Problem], encounters: &[Encounter]) -> Vec<Panel> {
    let mut dice = Dice::new(seed, Topic::Results, &[number]);
    let mut panels = Vec::new();
    for (at, visit) in encounters.iter().enumerate() {
        let kinds = if at + 1 == encounters.len() {
            ordered(person, problems, visit.start.date_naive())
        } else {
            tests_of_symptom(problems, visit)
        };
        panels.extend(kinds.into_iter().map(|kind| panel(&mut dice, kind, problems, visit)));
    }
    panels
}

fn tests_of_symptom(problems: &[Problem], visit: &Encounter) -> Vec<&'static PanelKind> {
    let found = problems.iter().find(|problem| problem.resolved.is_some() && Some(problem.diagnosis) == visit.diagnosis);
    found.map_or_else(Vec::new, |problem| problem.condition.panels.to_vec())
}

/// What is ordered at a visit: what the illnesses of that day call for, or a blood count of the healthy grown-up.
fn ordered(person: &Person, problems: &[Problem], day: NaiveDate) -> Vec<&'static PanelKind> {
    let mut ordered: Vec<&'static PanelKind> = Vec::new();
    for kind in problems.iter().filter(|problem| had(problem, day)).flat_map(|problem| problem.condition.panels) {
        if !ordered.contains(kind) {
            ordered.push(kind);
        }
    }
    if ordered.is_empty() && person.age_on(day) >= 18 {
        ordered.push(&lab::BLOOD_COUNT);
    }
    ordered.truncate(PANELS);
    ordered
}

fn had(problem: &Problem, day: NaiveDate) -> bool {
    problem.onset <= day && problem.resolved.is_none_or(|resolved| day <= resolved)
}

fn panel(dice: &mut Dice, kind: &PanelKind, problems: &[Problem], visit: &Encounter) -> Panel {
    let tests = kind.tests.iter().map(|test| answer(dice, test, problems)).collect();
    Panel { id: dice.uuid(), code: kind.code, taken: visit.start, tests }
}

fn answer(dice: &mut Dice, test: &TestKind, problems: &[Problem]) -> Test {
    let id = dice.uuid();
    let (value, interpretation) = match test.answer {
        Answer::Number { unit, decimals, low, high } => {
            let units = match moved(test, problems) {
                Some((from, to)) => dice.between(from, to),
                None => dice.between(low, high),
            };
            let decimal = |units| Decimal { units, decimals };
            let value = Value::Quantity { number: decimal(units), unit, range: (decimal(low), decimal(high)) };
            (value, Interpretation::of(units, low, high))
        }
        Answer::Above { unit, limit } => (Value::Above { limit: Decimal { units: limit, decimals: 0 }, unit }, Interpretation::Normal),
        Answer::Positive => (Value::Coded(POSITIVE), Interpretation::Abnormal),
    };
    Test { id, code: test.code, value, interpretation }
}

/// The range into which the patient's lasting illnesses move a test.
fn moved(test: &TestKind, problems: &[Problem]) -> Option<(i64, i64)> {
    let moves = problems.iter().flat_map(|problem| problem.condition.moves);
    moves.into_iter().find(|(code, ..)| *code == test.code.code).map(|(_, low, high)| (*low, *high))
}

impl Interpretation {
    fn of(units: i64, low: i64, high: i64) -> Self {
        if units < low {
            Self::Low
        } else if units > high {
            Self::High
        } else {
            Self::Normal
        }
    }

    /// The code and its words.
    pub fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::Normal => ("N", "Normal"),
            Self::Low => ("L", "Low"),
            Self::High => ("H", "High"),
            Self::Abnormal => ("A", "Abnormal"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_zeros() {
        let text = |units, decimals| Decimal { units, decimals }.to_string();
        assert_eq!([text(95, 0), text(70, 1), text(105, 2), text(5, 2)], ["95", "7.0", "1.05", "0.05"]);
    }
}

//! Clinical notes: what was written about the last visits, in sentences that agree with the rest of the chart.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Encounter, Medication, Problem, VitalSigns};
use crate::synthetic::{
    code::{Code, loinc},
    dice::{Dice, Topic},
};

/// A note about an encounter.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    pub id: String,
    pub kind: Code,
    pub written: DateTime<Utc>,
    /// UUID of the encounter.
    pub encounter_id: String,
    /// Index of its author into [`Practice::clinicians`](super::Practice::clinicians).
    pub clinician: usize,
    pub text: String,
}

/// What the writer of a note has before the eyes.
pub(super) struct Background<'a> {
    pub problems: &'a [Problem],
    pub medications: &'a [Medication],
    pub vitals: &'a [VitalSigns],
}

const PROGRESS_NOTE: Code = loinc("11506-3", "Progress note");

/// Visits whose notes are in the document.
const VISITS: usize = 1;

const CLOSINGS: &[&str] = &[
    "Questions were answered, and the plan was agreed on together.",
    "The patient understands the plan and will call if anything changes.",
    "A printed summary of the visit was handed over.",
];

/// The notes of the last visits, oldest first.
pub(super) fn invent(seed: u64, number: u64, background: &Background<'_>, encounters: &[Encounter]) -> Vec<Note> {
    let mut dice = Dice::new(seed, Topic::Notes, &[number]);
    let visits = &encounters[encounters.len().saturating_sub(VISITS)..];
    visits.iter().map(|visit| note(&mut dice, background, visit)).collect()
}

fn note(dice: &mut Dice, background: &Background<'_>, visit: &Encounter) -> Note {
    let sentences = [
        reason(visit),
        problems(background, visit),
        medications(background, visit),
        blood_pressure(background, visit),
        Some(dice.pick(CLOSINGS).to_owned()),
    ];
    Note {
        id: dice.uuid(),
        kind: PROGRESS_NOTE,
        written: visit.end,
        encounter_id: visit.id.clone(),
        clinician: visit.clinician,
        text: sentences.into_iter().flatten().collect::<Vec<_>>().join(" "),
    }
}

fn reason(visit: &Encounter) -> Option<String> {
    Some(match visit.diagnosis {
        Some(diagnosis) => format!("Seen today because of {}.", in_sentence(diagnosis.snomed.display)),
        None => "Seen today for a routine visit; feels well, no complaints.".to_owned(),
    })
}

fn problems(background: &Background<'_>, visit: &Encounter) -> Option<String> {
    let day = visit.start.date_naive();
    let others = background.problems.iter().filter(|problem| Some(problem.diagnosis) != visit.diagnosis);
    let current = others.filter(|problem| current(problem.onset, problem.resolved, day));
    list(current.map(|problem| in_sentence(problem.diagnosis.snomed.display))).map(|names| format!("Also known: {names}."))
}

fn medications(background: &Background<'_>, visit: &Encounter) -> Option<String> {
    let day = visit.start.date_naive();
    let current = background.medications.iter().filter(|medication| current(medication.start, medication.end, day));
    list(current.map(|medication| medication.drug.code.display.to_owned())).map(|names| format!("Medications were reviewed: {names}."))
}

fn blood_pressure(background: &Background<'_>, visit: &Encounter) -> Option<String> {
    let vitals = background.vitals.iter().find(|vitals| vitals.taken == visit.start)?;
    let [systolic, diastolic, ..] = vitals.signs.as_slice() else { return None };
    Some(format!("Blood pressure {}/{} mm Hg.", systolic.tenths / 10, diastolic.tenths / 10))
}

fn current(start: NaiveDate, end: Option<NaiveDate>, day: NaiveDate) -> bool {
    start <= day && end.is_none_or(|end| day <= end)
}

fn list(names: impl Iterator<Item = String>) -> Option<String> {
    let names: Vec<_> = names.collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// A display begins with a capital that no sentence wants in its middle.
fn in_sentence(display: &str) -> String {
    let mut letters = display.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

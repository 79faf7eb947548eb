//! What is true of an invented patient, one file a clinical domain. Knows nothing of XML.
//!
//! The order of invention is the order of a life: a person, a story (which illnesses, `story`), the encounters, then what each left in the chart.

pub mod allergies;
mod conditions;
pub mod encounters;
pub mod immunizations;
mod laboratory;
pub mod medications;
mod names;
pub mod notes;
pub mod person;
pub mod plan;
pub mod practice;
pub mod problems;
pub mod procedures;
pub mod results;
pub mod social;
mod story;
pub mod vitals;

pub use allergies::Allergy;
use chrono::{DateTime, NaiveDate, Utc};
pub use conditions::Diagnosis;
pub use encounters::Encounter;
pub use immunizations::Immunization;
pub use medications::Medication;
pub use notes::Note;
pub use person::Person;
pub use plan::{Goal, PlannedItem};
pub use practice::{Clinician, Practice};
pub use problems::Problem;
pub use procedures::Procedure;
pub use results::Panel;
pub use social::SocialHistory;
pub use vitals::VitalSigns;

use crate::domain::Window;

/// The day on which every chart was last written in. A fixed day, because a chart that grew with the clock would not be the same at two requests.
pub(super) const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2025, 9, 30).expect("the 30th of September exists");

/// All that is known of one patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub practice: Practice,
    pub person: Person,
    /// Oldest first, as all lists here; never empty in a whole chart.
    pub encounters: Vec<Encounter>,
    /// Empty in a whole chart means that there are no known problems.
    pub problems: Vec<Problem>,
    pub medications: Vec<Medication>,
    /// Empty means that there are no known allergies.
    pub allergies: Vec<Allergy>,
    pub vitals: Vec<VitalSigns>,
    pub immunizations: Vec<Immunization>,
    pub results: Vec<Panel>,
    pub procedures: Vec<Procedure>,
    pub plan: Vec<PlannedItem>,
    pub goals: Vec<Goal>,
    pub notes: Vec<Note>,
    pub social: SocialHistory,
    /// The dates that this chart was cut down to.
    pub window: Option<Window>,
}

impl Chart {
    /// The chart of patient `number` of this seed.
    pub(super) fn invent(seed: u64, number: u64, practice: &Practice) -> Self {
        let person = person::invent(seed, number, practice);
        let story = story::invent(seed, number, &person);
        let encounters = encounters::invent(seed, number, &person, &story);
        let problems = problems::invent(seed, number, &person, &story, &encounters);
        let medications = medications::invent(seed, number, &problems);
        let allergies = allergies::invent(seed, number, &person, &story);
        let vitals = vitals::invent(seed, number, &person, &problems, &encounters);
        let results = results::invent(seed, number, &person, &problems, &encounters);
        let procedures = procedures::invent(seed, number, &person, &problems, &encounters);
        let plan = plan::invent(seed, number, &person, &problems, &encounters);
        let goals = plan::goals(seed, number, &problems, &encounters);
        let notes = notes::invent(
            seed,
            number,
            &notes::Background { problems: &problems, medications: &medications, vitals: &vitals },
            &encounters,
        );
        Self {
            immunizations: immunizations::invent(seed, number, &person, &encounters),
            social: social::invent(seed, number, &person, &story, &encounters),
            practice: practice.clone(),
            person,
            encounters,
            problems,
            medications,
            allergies,
            vitals,
            results,
            procedures,
            plan,
            goals,
            notes,
            window: None,
        }
    }

    /// The same chart with only what happened, or was the case, on the dates of the window. Who the patient is, the allergies and the social history
    /// belong to every window: leaving an allergy out of a document would be a danger, not a filter.
    pub fn within(mut self, window: Window) -> Self {
        let overlaps = |start: NaiveDate, end: Option<NaiveDate>| start <= window.end && end.is_none_or(|end| end >= window.start);
        let on = |day: NaiveDate| overlaps(day, Some(day));
        self.encounters.retain(|encounter| on(encounter.start.date_naive()));
        self.problems.retain(|problem| overlaps(problem.onset, problem.resolved));
        self.medications.retain(|medication| overlaps(medication.start, medication.end));
        self.vitals.retain(|vitals| on(vitals.taken.date_naive()));
        self.immunizations.retain(|immunization| on(immunization.given));
        self.results.retain(|panel| on(panel.taken.date_naive()));
        self.procedures.retain(|procedure| on(procedure.done));
        self.plan.retain(|item| on(item.planned_for));
        self.goals.retain(|goal| overlaps(goal.set, Some(goal.target)));
        self.notes.retain(|note| on(note.written.date_naive()));
        self.window = Some(window);
        self
    }

    /// When somebody last wrote in the chart.
    pub fn last_written(&self) -> DateTime<Utc> {
        let last = self.encounters.last().map(|encounter| encounter.end);
        last.unwrap_or_else(|| LAST_DAY.and_time(chrono::NaiveTime::MIN).and_utc())
    }
}

#[cfg(test)]
mod tests;

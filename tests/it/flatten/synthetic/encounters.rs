//! Encounters, and the notes that were written about them.

use ccda_export::{
    domain::clinical::{Assertion, Note},
    synthetic::Population,
};

use super::{flatten, iso};

/// Id, type, class, start and end as written, who saw the patient, that one's NPI, diagnoses.
type Visit = (String, String, &'static str, [String; 2], String, String, Vec<String>);

#[test]
fn encounters_are_those_of_the_chart_and_hold_their_diagnoses() {
    let population = Population::new(11);
    let (mut visits, mut diagnosed) = (0, 0);
    for patient in 1..=200 {
        let chart = population.chart(patient);
        let flat = flatten(&population, patient);
        let told: Vec<Visit> = flat
            .encounters
            .iter()
            .map(|told| {
                let entry = &told.entry;
                assert_eq!((told.class.as_deref(), entry.context, entry.assertion), (Some("AMB"), "section", Assertion::Present));
                let [performer] = told.performers.as_slice() else { panic!("{told:?}") };
                let times = [&entry.times.start, &entry.times.end].map(|time| time.as_ref().unwrap().raw.clone().unwrap());
                let id = entry.ids[0].root.clone().unwrap();
                let code = entry.code.preferred().and_then(|code| code.code.clone()).unwrap();
                let (name, npi) = (performer.name.clone().unwrap(), performer.npi.clone().unwrap());
                (id, code, "AMB", times, name, npi, told.diagnoses.clone())
            })
            .collect();
        let expected: Vec<Visit> = chart
            .encounters
            .iter()
            .map(|visit| {
                let clinician = &chart.practice.clinicians[visit.clinician];
                let times = [visit.start, visit.end].map(|time| time.format("%Y%m%d%H%M%S+0000").to_string());
                let diagnoses = visit.diagnosis.map(|diagnosis| diagnosis.snomed.display.to_owned()).into_iter().collect();
                let name = format!("{} {}", clinician.given, clinician.family);
                (visit.id.clone(), visit.kind.code.to_owned(), "AMB", times, name, clinician.npi.clone(), diagnoses)
            })
            .collect();
        assert_eq!(told, expected, "patient {patient}");
        for encounter in &flat.encounters {
            let within = flat.problems.iter().filter(|problem| problem.entry.parent_seq == Some(encounter.entry.seq));
            let names: Vec<_> = within.map(|problem| problem.entry.code.display().unwrap()).collect();
            assert_eq!(names, encounter.diagnoses, "patient {patient}");
            diagnosed += names.len();
        }
        visits += told.len();
    }
    assert!(visits > 400 && diagnosed > 300, "{visits} visits, {diagnosed} with a diagnosis");
}

#[test]
fn notes_are_those_of_the_chart_with_their_text_and_their_encounter() {
    let population = Population::new(12);
    let mut written = 0;
    for patient in 1..=200 {
        let chart = population.chart(patient);
        let notes = flatten(&population, patient).notes;
        let told: Vec<_> = notes
            .iter()
            .map(|told| {
                let kind = told.entry.code.preferred().unwrap();
                let encounter = told.encounter.root.as_deref().unwrap();
                let (author, text) = (told.entry.author.name.clone().unwrap(), told.entry.text.as_deref().unwrap());
                (kind.code.as_deref().unwrap(), iso(&told.entry.times.time).unwrap(), encounter, author, text)
            })
            .collect();
        let expected: Vec<_> = chart
            .notes
            .iter()
            .map(|note| {
                let written = note.written.format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
                let author = &chart.practice.clinicians[note.clinician];
                (note.kind.code, written, note.encounter_id.as_str(), format!("{} {}", author.given, author.family), note.text.as_str())
            })
            .collect();
        assert_eq!(told, expected, "patient {patient}");
        let is_said = |told: &&Note| told.entry.assertion == Assertion::Present && told.entry.context == "notes";
        assert_eq!(notes.iter().filter(is_said).count(), notes.len(), "patient {patient}");
        written += notes.len();
    }
    assert!(written > 100, "{written} notes");
}

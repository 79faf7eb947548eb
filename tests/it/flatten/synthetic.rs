//! The project's own documents: rows are exactly what their generator knows.

use ccda_export::{
    ccda,
    domain::clinical::{
        Assertion, Coded, Flat, Measurement, Note, PlannedItem, Problem, Procedure, ProcedureKind, SocialObservation, Time,
        code_system::{CVX, ICD_10_CM, RXNORM, SNOMED_CT},
    },
    synthetic::{
        Population,
        chart::{plan::PlanKind, results},
    },
};
use chrono::{TimeZone, Utc};

fn flatten(population: &Population, patient: u64) -> Flat {
    let document = population.document(patient, None, 1, Utc.with_ymd_and_hms(2026, 3, 1, 2, 0, 0).unwrap());
    ccda::flatten(document.as_bytes())
}

fn iso(time: &Option<Time>) -> Option<String> {
    time.as_ref().and_then(|time| time.iso.clone())
}

/// Code, ICD-10-CM, name, onset, end, status: a line of the problem list.
type Line = (String, String, String, String, Option<String>, &'static str);

fn line(problem: &Problem) -> Line {
    let code = &problem.entry.code;
    let status = match problem.problem_status.preferred().and_then(|code| code.code.as_deref()) {
        Some("55561003") => "active",
        Some("413322009") => "resolved",
        other => panic!("{other:?}"),
    };
    (
        code.of(SNOMED_CT).unwrap().to_owned(),
        code.of(ICD_10_CM).unwrap().to_owned(),
        code.display().unwrap().to_owned(),
        iso(&problem.entry.times.start).unwrap(),
        iso(&problem.entry.times.end),
        status,
    )
}

#[test]
fn problems_are_those_of_the_chart_and_those_of_its_encounters_stand_apart() {
    let population = Population::new(5);
    let (mut listed, mut unlisted) = (0, 0);
    for patient in 1..=200 {
        let chart = population.chart(patient);
        let problems = flatten(&population, patient).problems;
        let (own, elsewhere): (Vec<_>, Vec<_>) = problems.iter().partition(|problem| problem.entry.context == "section");
        let expected: Vec<Line> = chart
            .problems
            .iter()
            .map(|problem| {
                let (snomed, icd10) = (problem.diagnosis.snomed, problem.diagnosis.icd10);
                let status = if problem.resolved.is_some() { "resolved" } else { "active" };
                let resolved = problem.resolved.map(|day| day.to_string());
                (snomed.code.into(), icd10.code.into(), snomed.display.into(), problem.onset.to_string(), resolved, status)
            })
            .collect();
        if expected.is_empty() {
            let said: Vec<_> = own.iter().map(|problem| problem.entry.assertion).collect();
            assert_eq!(said, [Assertion::NoKnown], "patient {patient}");
            unlisted += 1;
        } else {
            assert_eq!(own.iter().map(|problem| line(problem)).collect::<Vec<_>>(), expected, "patient {patient}");
            assert!(own.iter().all(|problem| problem.entry.assertion == Assertion::Present && problem.entry.text.is_some()));
            listed += 1;
        }
        let diagnosed = chart.encounters.iter().filter(|encounter| encounter.diagnosis.is_some()).count();
        assert!(elsewhere.iter().all(|problem| problem.entry.context == "encounter_diagnosis"), "patient {patient}");
        assert_eq!(elsewhere.len(), diagnosed, "patient {patient}");
    }
    assert!(listed > 100 && unlisted > 0, "{listed} lists, {unlisted} without a problem");
}

#[test]
fn allergies_are_those_of_the_chart_or_none_that_are_known() {
    let population = Population::new(6);
    let (mut listed, mut none) = (0, 0);
    for patient in 1..=200 {
        let chart = population.chart(patient);
        let allergies = flatten(&population, patient).allergies;
        if chart.allergies.is_empty() {
            let said: Vec<_> = allergies.iter().map(|allergy| allergy.entry.assertion).collect();
            assert_eq!(said, [Assertion::NoKnown], "patient {patient}");
            none += 1;
            continue;
        }
        let told: Vec<_> = allergies
            .iter()
            .map(|allergy| {
                let reactions: Vec<_> = allergy.reactions.iter().map(|reaction| reaction.code.display().unwrap()).collect();
                let code = |coded: &Coded| coded.preferred().and_then(|code| code.code.clone()).unwrap();
                (
                    code(&allergy.entry.code),
                    code(&allergy.kind),
                    reactions,
                    code(&allergy.severity),
                    iso(&allergy.entry.times.start).unwrap(),
                )
            })
            .collect();
        let expected: Vec<_> = chart
            .allergies
            .iter()
            .map(|allergy| {
                let [allergen, kind, severity] =
                    [allergy.allergen.code, allergy.allergen.kind, allergy.severity].map(|code| code.code.to_owned());
                (allergen, kind, vec![allergy.reaction.display], severity, allergy.onset.to_string())
            })
            .collect();
        assert_eq!(told, expected, "patient {patient}");
        assert!(allergies.iter().all(|allergy| allergy.severity_of == Some("reaction") && allergy.entry.assertion == Assertion::Present));
        listed += 1;
    }
    assert!(listed > 50 && none > 50, "{listed} lists, {none} without an allergy");
}

#[test]
fn medications_are_those_of_the_chart_with_their_directions() {
    let population = Population::new(7);
    let (mut listed, mut as_needed) = (0, 0);
    for patient in 1..=200 {
        let chart = population.chart(patient);
        let medications = flatten(&population, patient).medications;
        if chart.medications.is_empty() {
            let said: Vec<_> = medications.iter().map(|medication| medication.entry.assertion).collect();
            assert_eq!(said, [Assertion::NoKnown], "patient {patient}");
            continue;
        }
        let told: Vec<_> = medications
            .iter()
            .map(|told| {
                let indication = told.indications[0].of(SNOMED_CT).unwrap().to_owned();
                let times = (iso(&told.entry.times.start).unwrap(), iso(&told.entry.times.end));
                let how = (told.dose.clone().unwrap(), told.timing.period.clone().unwrap(), told.as_needed, told.sig.clone().unwrap());
                (told.entry.code.of(RXNORM).unwrap().to_owned(), times, how, indication)
            })
            .collect();
        let expected: Vec<_> = chart
            .medications
            .iter()
            .map(|medication| {
                let drug = medication.drug;
                let times = (medication.start.to_string(), medication.end.map(|day| day.to_string()));
                let how = (drug.units.to_string(), drug.every_hours.to_string(), drug.as_needed, drug.directions.to_owned());
                (drug.code.code.to_owned(), times, how, medication.indication.snomed.code.to_owned())
            })
            .collect();
        assert_eq!(told, expected, "patient {patient}");
        listed += told.len();
        as_needed += medications.iter().filter(|medication| medication.as_needed).count();
    }
    assert!(listed > 300 && as_needed > 0, "{listed} medications, {as_needed} as needed");
}

#[test]
fn immunizations_are_those_of_the_chart() {
    let population = Population::new(9);
    let mut given = 0;
    for patient in 1..=200 {
        let chart = population.chart(patient);
        let immunizations = flatten(&population, patient).immunizations;
        let told: Vec<_> = immunizations
            .iter()
            .filter(|told| told.entry.assertion == Assertion::Present)
            .map(|told| {
                let day = iso(&told.entry.times.time).unwrap();
                (told.entry.code.of(CVX).unwrap(), day, told.lot.as_deref(), told.manufacturer.as_deref())
            })
            .collect();
        let expected: Vec<_> = chart
            .immunizations
            .iter()
            .map(|given| (given.vaccine.code, given.given.to_string(), Some(given.lot.as_str()), Some(given.manufacturer)))
            .collect();
        assert_eq!(told, expected, "patient {patient}");
        assert!(immunizations.iter().all(|told| told.entry.context == "section"), "patient {patient}");
        given += told.len();
    }
    assert!(given > 300, "{given} immunizations");
}

#[test]
fn procedures_are_those_of_the_chart() {
    let population = Population::new(10);
    let mut done = 0;
    for patient in 1..=200 {
        let chart = population.chart(patient);
        let procedures = flatten(&population, patient).procedures;
        let told: Vec<_> = procedures
            .iter()
            .map(|told| {
                let id = told.entry.ids[0].root.as_deref().unwrap();
                (id, told.entry.code.of(SNOMED_CT).unwrap(), told.entry.code.display().unwrap(), iso(&told.entry.times.time).unwrap())
            })
            .collect();
        let expected: Vec<_> =
            chart.procedures.iter().map(|done| (done.id.as_str(), done.code.code, done.code.display, done.done.to_string())).collect();
        assert_eq!(told, expected, "patient {patient}");
        let is_one = |told: &&Procedure| told.entry.assertion == Assertion::Present && told.kind == ProcedureKind::Procedure;
        assert_eq!(procedures.iter().filter(is_one).filter(|told| told.entry.context == "section").count(), told.len());
        done += told.len();
    }
    assert!(done > 200, "{done} procedures");
}

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
fn the_plan_of_treatment_is_that_of_the_chart_without_its_goals() {
    let population = Population::new(11);
    let (mut planned, mut goals) = (0, 0);
    for patient in 1..=200 {
        let chart = population.chart(patient);
        let items = flatten(&population, patient).plan_of_treatment;
        let told: Vec<_> = items
            .iter()
            .map(|told| {
                let code = told.entry.code.preferred().and_then(|code| code.code.as_deref()).unwrap();
                (told.kind, code, told.entry.code.display().unwrap(), iso(&told.planned_for).unwrap())
            })
            .collect();
        let expected: Vec<_> = chart
            .plan
            .iter()
            .map(|item| {
                let kind = match item.kind {
                    PlanKind::Encounter => "encounter",
                    PlanKind::Observation => "observation",
                    PlanKind::Procedure => "procedure",
                };
                (kind, item.code.code, item.code.display, item.planned_for.to_string())
            })
            .collect();
        assert_eq!(told, expected, "patient {patient}");
        let is_said = |told: &&PlannedItem| told.entry.assertion == Assertion::Present && told.entry.context == "plan_of_treatment";
        assert_eq!(items.iter().filter(is_said).count(), items.len(), "patient {patient}");
        planned += items.len();
        goals += chart.goals.len();
    }
    assert!(planned > 300 && goals > 50, "{planned} items, {goals} goals");
}

#[test]
fn social_history_is_that_of_the_chart() {
    let population = Population::new(10);
    for patient in 1..=200 {
        let chart = population.chart(patient);
        let observations = flatten(&population, patient).social_history;
        let told: Vec<_> = observations
            .iter()
            .map(|told| {
                let value = told.value.code.preferred().unwrap();
                let times = &told.entry.times;
                (told.kind, value.code.as_deref().unwrap(), told.value.text.as_deref(), iso(&times.time).or(iso(&times.start)).unwrap())
            })
            .collect();
        let (smoking, sex) = (chart.social.smoking, chart.person.sex.code());
        let recorded = chart.social.recorded.format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
        let expected = [
            ("smoking_status", smoking.code, Some(smoking.display), recorded),
            ("birth_sex", sex.code, Some(sex.display), chart.person.birth.to_string()),
        ];
        assert_eq!(told, expected, "patient {patient}");
        let is_said = |told: &&SocialObservation| told.entry.assertion == Assertion::Present && told.entry.context == "social_history";
        assert_eq!(observations.iter().filter(is_said).count(), 2, "patient {patient}");
    }
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

/// Panel, code, text of the value, number, comparator, unit, interpretation.
type Result = (String, String, String, Option<String>, Option<&'static str>, Option<String>, Option<String>);

#[test]
fn results_and_vital_signs_are_those_of_the_chart() {
    let population = Population::new(8);
    let (mut results, mut signs) = (0, 0);
    for patient in 1..=200 {
        let chart = population.chart(patient);
        let flat = flatten(&population, patient);
        let code = |row: &Measurement| row.entry.code.preferred().and_then(|code| code.code.clone()).unwrap();
        let panel_of = |row: &Measurement| {
            let panel = flat.panels.iter().find(|panel| Some(panel.entry.seq) == row.entry.parent_seq).unwrap();
            panel.entry.code.preferred().and_then(|code| code.code.clone()).unwrap()
        };
        let told: Vec<Result> = flat
            .results
            .iter()
            .map(|row| {
                let interpretation = row.interpretation.preferred().and_then(|code| code.code.clone());
                let value = row.value.clone();
                (panel_of(row), code(row), value.text.unwrap(), value.number, value.comparator, value.unit, interpretation)
            })
            .collect();
        let expected: Vec<Result> = chart.results.iter().flat_map(|panel| panel.tests.iter().map(|test| expected(panel, test))).collect();
        assert_eq!(told, expected, "patient {patient}");
        let told: Vec<_> = flat
            .vital_signs
            .iter()
            .map(|row| (code(row), row.value.number.clone().unwrap().parse::<f64>().unwrap(), row.value.unit.clone()))
            .collect();
        let expected: Vec<_> = chart
            .vitals
            .iter()
            .flat_map(|visit| {
                visit.signs.iter().map(|sign| (sign.code.code.to_owned(), sign.tenths as f64 / 10.0, Some(sign.unit.to_owned())))
            })
            .collect();
        assert_eq!(told, expected, "patient {patient}");
        results += flat.results.len();
        signs += flat.vital_signs.len();
    }
    assert!(results > 500 && signs > 1_000, "{results} results, {signs} vital signs");
}

fn expected(panel: &results::Panel, test: &results::Test) -> Result {
    let (text, number, comparator, unit) = match &test.value {
        results::Value::Quantity { number, unit, .. } => {
            (format!("{number} {unit}"), Some(number.to_string()), None, Some((*unit).to_owned()))
        }
        results::Value::Above { limit, unit } => {
            (format!("> {limit} {unit}"), Some(limit.to_string()), Some(">"), Some((*unit).to_owned()))
        }
        results::Value::Coded(code) => (code.display.to_owned(), None, None, None),
    };
    (panel.code.code.into(), test.code.code.into(), text, number, comparator, unit, Some(test.interpretation.code().0.to_owned()))
}

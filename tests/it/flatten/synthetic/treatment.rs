//! What was given, done and is planned.

use ccda_export::{
    domain::clinical::{
        Assertion, PlannedItem, Procedure, ProcedureKind,
        code_system::{CVX, RXNORM, SNOMED_CT},
    },
    synthetic::{Population, chart::plan::PlanKind},
};

use super::{flatten, iso};

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

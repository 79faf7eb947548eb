//! The charts must make sense to somebody who reads them.

use std::collections::BTreeSet;

use super::{super::Population, *};

fn charts() -> impl Iterator<Item = Chart> {
    let population = Population::new(4);
    (1..=400).map(move |patient| population.chart(patient))
}

fn has(chart: &Chart, snomed: &str) -> bool {
    chart.problems.iter().any(|problem| problem.diagnosis.snomed.code == snomed)
}

fn takes(chart: &Chart, rxnorm: &str) -> bool {
    chart.medications.iter().any(|medication| medication.drug.code.code == rxnorm && medication.end.is_none())
}

#[test]
fn who_has_diabetes_takes_metformin_and_has_an_hba1c_that_shows_it() {
    let mut diabetics = 0;
    for chart in charts().filter(|chart| has(chart, "44054006")) {
        diabetics += 1;
        assert!(takes(&chart, "861007"));
        let tests = chart.results.iter().flat_map(|panel| &panel.tests).filter(|test| test.code.code == "4548-4");
        let high = tests.filter(|test| test.interpretation == results::Interpretation::High).count();
        assert!(high > 0, "{:?}", chart.person.mrn);
    }
    assert!(diabetics > 10, "{diabetics}");
}

#[test]
fn who_has_hypertension_takes_lisinopril_and_has_a_high_pressure() {
    for chart in charts().filter(|chart| has(chart, "59621000")) {
        assert!(takes(&chart, "314076"));
        assert!(chart.vitals.iter().all(|vitals| vitals.signs[0].tenths >= 1_280));
    }
}

#[test]
fn nothing_happens_before_birth_or_after_the_last_day() {
    for chart in charts() {
        let birth = chart.person.birth;
        let days = chart.encounters.iter().map(|encounter| encounter.start.date_naive());
        let days = days
            .chain(chart.problems.iter().map(|problem| problem.onset))
            .chain(chart.medications.iter().map(|medication| medication.start));
        let days =
            days.chain(chart.allergies.iter().map(|allergy| allergy.onset)).chain(chart.immunizations.iter().map(|given| given.given));
        let days: Vec<_> = days.chain(chart.procedures.iter().map(|procedure| procedure.done)).collect();
        assert!(days.iter().all(|day| (birth..=LAST_DAY).contains(day)), "{birth}: {days:?}");
        assert!(chart.plan.iter().all(|item| item.planned_for > chart.last_written().date_naive()));
    }
}

#[test]
fn nobody_takes_what_they_are_allergic_to() {
    for chart in charts() {
        let penicillin = chart.allergies.iter().any(|allergy| allergy.allergen.code.code == "7980");
        let given = chart.medications.iter().any(|medication| ["308182", "834061"].contains(&medication.drug.code.code));
        assert!(!(penicillin && given));
    }
}

#[test]
fn the_population_has_healthy_children_retired_medications_and_people_without_allergies() {
    let share = |fits: fn(&Chart) -> bool| charts().filter(fits).count();
    assert!(share(|chart| chart.person.age() < 18 && chart.problems.is_empty() && chart.immunizations.len() >= 10) > 5);
    assert!(share(|chart| chart.medications.iter().any(|medication| medication.end.is_some())) > 40);
    assert!((100..300).contains(&share(|chart| chart.allergies.is_empty())));
}

#[test]
fn no_two_patients_share_a_record_number_and_it_is_the_one_in_the_chart() {
    let population = Population::new(4);
    let numbers: BTreeSet<_> = (1..=1000).map(|patient| population.mrn(patient)).collect();
    assert_eq!(numbers.len(), 1000);
    assert_eq!(population.chart(17).person.mrn, population.mrn(17));
}

//! Results, vital signs and social history.

use ccda_export::{
    domain::clinical::{Assertion, Measurement, SocialObservation},
    synthetic::{Population, chart::results},
};

use super::{flatten, iso};

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

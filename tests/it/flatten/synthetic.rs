//! The project's own documents: rows are exactly what their generator knows.

use ccda_export::{
    ccda,
    domain::clinical::{Assertion, Problem},
    synthetic::Population,
};
use chrono::{TimeZone, Utc};

/// Code, ICD-10-CM, name, onset, end, status: a line of the problem list.
type Line = (String, String, String, String, Option<String>, &'static str);

fn line(problem: &Problem) -> Line {
    let code = &problem.entry.code;
    let iso = |time: &Option<ccda_export::domain::clinical::Time>| time.as_ref().and_then(|time| time.iso.clone());
    let status = match problem.problem_status.preferred().and_then(|code| code.code.as_deref()) {
        Some("55561003") => "active",
        Some("413322009") => "resolved",
        other => panic!("{other:?}"),
    };
    (
        code.of("2.16.840.1.113883.6.96").unwrap().to_owned(),
        code.of("2.16.840.1.113883.6.90").unwrap().to_owned(),
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
        let document = population.document(patient, None, 1, Utc.with_ymd_and_hms(2026, 3, 1, 2, 0, 0).unwrap());
        let problems = ccda::flatten(document.as_bytes()).problems;
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

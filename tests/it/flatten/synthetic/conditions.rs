//! Problems and allergies.

use ccda_export::{
    domain::clinical::{
        Assertion, Coded, Problem,
        code_system::{ICD_10_CM, SNOMED_CT},
    },
    synthetic::Population,
};

use super::{flatten, iso};

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

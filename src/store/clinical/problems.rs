//! `problems`.

use serde_json::{Value, json};

use super::entries::{Entered, code_of, iso};
use crate::domain::clinical::{
    Coded, Problem,
    code_system::{ICD_10_CM, SNOMED_CT},
};

pub(super) const OWN: &str =
    "snomed, icd10, category, category_display, concern_status, concern_start, concern_end, problem_status, problem_status_display,
    status_conflict, severity, severity_display, body_site, body_site_display, onset_age, onset_age_unit, diagnosis_date";

pub(super) fn entered(problem: &Problem) -> Entered<'_> {
    Entered { entry: &problem.entry, own: own(problem), coded: roles(problem) }
}

fn own(problem: &Problem) -> Vec<Value> {
    let Problem {
        entry,
        category,
        concern_status,
        concern,
        problem_status,
        status_conflict,
        severity,
        body_site,
        onset_age,
        onset_age_unit,
        diagnosis_date,
    } = problem;
    vec![
        json!(entry.code.of(SNOMED_CT)),
        json!(entry.code.of(ICD_10_CM)),
        code_of(category),
        json!(category.display()),
        json!(concern_status),
        json!(iso(concern.start.as_ref().or(concern.time.as_ref()))),
        json!(iso(concern.end.as_ref())),
        code_of(problem_status),
        json!(problem_status.display()),
        json!(u8::from(*status_conflict)),
        code_of(severity),
        json!(severity.display()),
        code_of(body_site),
        json!(body_site.display()),
        json!(onset_age),
        json!(onset_age_unit),
        json!(iso(diagnosis_date.as_ref())),
    ]
}

fn roles(problem: &Problem) -> Vec<(String, &Coded)> {
    let roles = [
        ("code", &problem.entry.code),
        ("category", &problem.category),
        ("status", &problem.problem_status),
        ("severity", &problem.severity),
        ("body_site", &problem.body_site),
    ];
    roles.into_iter().map(|(role, coded)| (role.to_owned(), coded)).collect()
}

//! `problems`.

use super::entries::{Entered, InRole, code_of, iso, named};
use crate::{
    domain::clinical::{
        Problem,
        code_system::{ICD_10_CM, SNOMED_CT},
    },
    store::lines::{Cell, cells},
};

pub(super) const OWN: &str =
    "snomed, icd10, category, category_display, concern_status, concern_start, concern_end, problem_status, problem_status_display,
    status_conflict, severity, severity_display, body_site, body_site_display, onset_age, onset_age_unit, diagnosis_date";

pub(super) fn entered(problem: &Problem) -> Entered<'_> {
    Entered { entry: &problem.entry, own: own(problem), coded: roles(problem) }
}

fn own(problem: &Problem) -> Vec<Cell> {
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
    cells![
        entry.code.of(SNOMED_CT),
        entry.code.of(ICD_10_CM),
        code_of(category),
        category.display(),
        concern_status,
        iso(concern.start.as_ref().or(concern.time.as_ref())),
        iso(concern.end.as_ref()),
        code_of(problem_status),
        problem_status.display(),
        status_conflict,
        code_of(severity),
        severity.display(),
        code_of(body_site),
        body_site.display(),
        onset_age,
        onset_age_unit,
        iso(diagnosis_date.as_ref()),
    ]
    .into()
}

fn roles(problem: &Problem) -> Vec<InRole<'_>> {
    let roles = [
        ("code", &problem.entry.code),
        ("category", &problem.category),
        ("status", &problem.problem_status),
        ("severity", &problem.severity),
        ("body_site", &problem.body_site),
    ];
    named(roles).collect()
}

//! Procedures: a row for each procedure activity (2.16.840.1.113883.10.20.22.4.14, .12, .13; .29 of CCD 1.0) wherever it stands, and for each procedure,
//! act or observation that is an entry of the procedures section. There place decides: one without a template counts too, unless it has that of something
//! else. What is planned belongs to the plan.

use super::{Statement, billing_codes, facts, measurements, participations, placeholders, quantity, reasons, related, template};
use crate::{
    ccda::{data_types, element::Element, narratives::Narratives, values},
    domain::clinical::{
        Assertion, Coded, Device, Entry, Procedure, ProcedureKind,
        code_system::{CDT, CPT, HCPCS, ICD_10_PCS, LOINC, SNOMED_CT},
    },
};

/// By the kinds that they tell apart. The template decides and not the element: some write acts and observations as `procedure`.
const ACTIVITIES: [(&str, ProcedureKind); 4] = [
    (template!("4.14"), ProcedureKind::Procedure),
    (template!("4.12"), ProcedureKind::Act),
    (template!("4.13"), ProcedureKind::Observation),
    ("2.16.840.1.113883.10.20.1.29", ProcedureKind::Procedure),
];
/// Planned act, encounter, procedure, medication, supply, observation.
const PLANNED: [&str; 6] =
    [template!("4.39"), template!("4.40"), template!("4.41"), template!("4.42"), template!("4.43"), template!("4.44")];
/// What the roots of the guide's entries begin with, and those of CCD 1.0.
const ENTRY_ARCS: [&str; 2] = [template!("4."), "2.16.840.1.113883.10.20.1."];

/// CDT is the dental part of HCPCS.
const PREFERRED: [&str; 6] = [CPT, HCPCS, CDT, SNOMED_CT, ICD_10_PCS, LOINC];

/// Procedure: negated, no procedures are known.
const ANY_PROCEDURE: &str = "71388002";

pub(super) fn takes(statement: &Statement) -> bool {
    let element = statement.element;
    let may_be = ["procedure", "act", "observation"].iter().any(|name| element.is(name));
    may_be && (activity(element).is_some() && !measurements::is_placed(statement) || is_of_the_section(statement))
}

/// The activity's template and its kind.
fn activity(element: Element) -> Option<(&'static str, ProcedureKind)> {
    ACTIVITIES.into_iter().find(|(root, _)| element.has_template(root))
}

fn is_of_the_section(statement: &Statement) -> bool {
    let element = statement.element;
    let is_planned = || PLANNED.iter().any(|root| element.has_template(root));
    let is_something_else = || roots(element).any(|root| ENTRY_ARCS.iter().any(|arc| root.starts_with(arc)));
    let is_other = || is_planned() || (!element.is("procedure") && is_something_else());
    statement.is_in("procedures") && statement.around.is_empty() && !is_other()
}

fn roots<'s>(element: Element<'s, '_>) -> impl Iterator<Item = &'s str> {
    element.children("templateId").filter_map(|template| template.attribute("root"))
}

pub(super) fn read(statement: &Statement, seq: u32, narratives: &mut Narratives) -> Procedure {
    let element = statement.element;
    let (template, kind) = activity(element).unwrap_or(("", kind_of(element)));
    let mut coded = |element: Option<Element>, preferred: &[&str]| {
        element.map(|element| values::coded(element, preferred, narratives)).unwrap_or_default()
    };
    let code = coded(element.child("code"), &PREFERRED);
    let body_sites = element.children("targetSiteCode").map(|site| coded(Some(site), &[SNOMED_CT])).collect();
    let methods = element.children("methodCode").map(|method| coded(Some(method), &[SNOMED_CT])).collect();
    let priority = coded(element.child("priorityCode"), &[]);
    let specimen = coded(element.at("specimen/specimenRole/specimenPlayingEntity/code"), &[SNOMED_CT]);
    let mut entry = facts::of(statement, "procedures", template, code, seq, narratives);
    let (indications, not_done_reason) = match entry.negated {
        true => (Vec::new(), reasons::of_not_doing(element, narratives)),
        false => (reasons::indications(element, narratives), Coded::default()),
    };
    let devices = participations::devices(element, narratives);
    entry.assertion = assertion(&entry, &devices, not_done_reason.says_something());
    let id = |id: Option<Element>| id.map(data_types::id).unwrap_or_default();
    let encounter = related(element).map(|(_, related)| related).find(|related| related.is("encounter"));
    Procedure {
        kind,
        billing: billing_codes::of(&entry.code),
        value: element.child("value").map(|value| quantity::value(value, narratives)).unwrap_or_default(),
        body_sites,
        priority,
        methods,
        performers: participations::performers(element),
        location: participations::location(element, narratives),
        devices,
        indications,
        not_done_reason,
        specimen,
        specimen_id: id(element.at("specimen/specimenRole/id")),
        encounter_id: id(encounter.and_then(|encounter| encounter.child("id"))),
        entry,
    }
}

/// Of one without a template.
fn kind_of(element: Element) -> ProcedureKind {
    match element.local() {
        "act" => ProcedureKind::Act,
        "observation" => ProcedureKind::Observation,
        _ => ProcedureKind::Procedure,
    }
}

/// Negated without a code it is a placeholder; with a reason somebody decided against it. Some name nothing but what was implanted.
fn assertion(entry: &Entry, devices: &[Device], has_reason: bool) -> Assertion {
    let has_device = || devices.iter().any(|device| device.udi.is_some() || placeholders::is_coded(&device.code));
    let is_any = || entry.code.codes.iter().any(|code| code.code.as_deref() == Some(ANY_PROCEDURE));
    match entry.negated {
        true if !placeholders::is_coded(&entry.code) => Assertion::NoInformation,
        true if is_any() => Assertion::NoKnown,
        true if has_reason => Assertion::Refused,
        true => Assertion::Absent,
        false if placeholders::names_something(entry) || has_device() => Assertion::Present,
        false => Assertion::NoInformation,
    }
}

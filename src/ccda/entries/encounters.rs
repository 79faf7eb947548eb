//! Encounters: a row for each encounter activity (2.16.840.1.113883.10.20.22.4.49; .21 of CCD 1.0) wherever it stands, and for each encounter that is an
//! entry of the encounters section, also one that is planned. The problems that it is about are rows of problems, with this one as their parent.

use super::{Statement, billing_codes, facts, participations, placeholders, reasons, related, template};
use crate::{
    ccda::{element::Element, narratives::Narratives, values},
    domain::clinical::{
        Assertion, Coded, Encounter, Entry,
        code_system::{ACT_CODE, CPT, HCPCS, ICD_10_CM, SNOMED_CT},
    },
};

const ACTIVITIES: [&str; 2] = [template!("4.49"), "2.16.840.1.113883.10.20.1.21"];
const DIAGNOSIS: &str = template!("4.80");
const PROBLEM: &str = template!("4.4");

const PREFERRED: [&str; 4] = [CPT, SNOMED_CT, HCPCS, ACT_CODE];

/// HL7's value set ActEncounterCode: the codes of ActCode that say what sort of an encounter it is.
const CLASSES: [&str; 11] = ["AMB", "EMER", "FLD", "HH", "IMP", "ACUTE", "NONAC", "OBSENC", "PRENC", "SS", "VR"];

pub(super) fn takes(statement: &Statement) -> bool {
    let is_of_the_section = || statement.element.is("encounter") && statement.is_in("encounters") && statement.around.is_empty();
    activity(statement.element).is_some() || is_of_the_section()
}

fn activity(element: Element) -> Option<&'static str> {
    ACTIVITIES.into_iter().find(|root| element.has_template(root))
}

pub(super) fn read(statement: &Statement, seq: u32, narratives: &mut Narratives) -> Encounter {
    let element = statement.element;
    let mut coded = |element: Option<Element>, preferred: &[&str]| {
        element.map(|element| values::coded(element, preferred, narratives)).unwrap_or_default()
    };
    let code = coded(element.child("code"), &PREFERRED);
    // An extension; some put it into HL7's own namespace.
    let disposition = element.child("sdtc:dischargeDispositionCode").or_else(|| element.child("dischargeDispositionCode"));
    let disposition = coded(disposition, &[]);
    let diagnoses =
        diagnoses(element).into_iter().filter_map(|problem| name(&coded(problem.child("value"), &[SNOMED_CT, ICD_10_CM]))).collect();
    let indications = reasons::indications(element, narratives);
    let mut entry = facts::of(statement, "encounters", activity(element).unwrap_or_default(), code, seq, narratives);
    entry.assertion = assertion(&entry);
    Encounter {
        class: class(&entry.code),
        billing: billing_codes::of(&entry.code),
        disposition,
        performers: participations::performers(element),
        location: participations::location(element, narratives),
        diagnoses,
        indications,
        entry,
    }
}

fn class(code: &Coded) -> Option<String> {
    let of_act_code = code.codes.iter().filter(|code| code.system_name == Some(ACT_CODE));
    of_act_code.filter_map(|code| code.code.clone()).find(|code| CLASSES.contains(&code.as_str()))
}

/// The problem observations of its diagnosis acts, with or without their template, and those that stand in it directly; not those that are denied.
fn diagnoses<'s, 'a>(element: Element<'s, 'a>) -> Vec<Element<'s, 'a>> {
    let mut found = Vec::new();
    for (kind, within) in related(element) {
        let is_reason = kind == Some("RSON") && !within.has_template(DIAGNOSIS);
        if within.is("act") && !is_reason {
            found.extend(related(within).map(|(_, problem)| problem));
        } else if !is_reason {
            found.push(within);
        }
    }
    found.retain(|problem| problem.has_template(PROBLEM) && !facts::is_negated(*problem));
    found
}

/// What a code is called, else the code itself.
fn name(code: &Coded) -> Option<String> {
    code.display().or_else(|| code.preferred()?.code.as_deref()).map(str::to_owned)
}

/// One that has a time took place, whether or not anybody said what it was.
fn assertion(entry: &Entry) -> Assertion {
    let has_time = entry.times.start.is_some() || entry.times.time.is_some();
    match entry.negated {
        true if placeholders::is_coded(&entry.code) => Assertion::Absent,
        true => Assertion::NoInformation,
        false if has_time || placeholders::names_something(entry) => Assertion::Present,
        false => Assertion::NoInformation,
    }
}

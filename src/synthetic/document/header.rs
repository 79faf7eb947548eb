//! The header: which document this is, about whom, by whom, and for which time. Its order is that of the CDA R2 schema.

use chrono::{DateTime, Utc};

use super::{
    Generation,
    vocabulary::{Template, coded, day, instant, template_id},
    xml::Element,
};
use crate::synthetic::{
    chart::{Chart, Clinician, Person, Practice, person::Guardian},
    code::{Code, CodeSystem, loinc},
};

/// Identifies providers (NPI).
const NPI: &str = "2.16.840.1.113883.4.6";

const SUMMARY: Code = loinc("34133-9", "Summarization of Episode Note");
const FAMILY_MEDICINE: Code = Code { system: CodeSystem::ProviderTaxonomy, code: "207Q00000X", display: "Family Medicine Physician" };
const PRIMARY_CARE: Code = Code { system: CodeSystem::ParticipationFunction, code: "PCP", display: "primary care physician" };
const AMBULATORY: Code = Code { system: CodeSystem::ActCode, code: "AMB", display: "ambulatory" };

/// Everything before the body.
pub(super) fn elements(chart: &Chart, generation: &Generation) -> Vec<Element> {
    let mut elements = identity(generation);
    elements.push(record_target(&chart.person, &chart.practice));
    elements.push(author(chart));
    elements.push(custodian(&chart.practice));
    elements.push(documentation_of(chart));
    elements.extend(component_of(chart));
    elements
}

fn identity(generation: &Generation) -> Vec<Element> {
    let mut elements = vec![
        Element::new("realmCode").with("code", "US"),
        Element::new("typeId").with("root", "2.16.840.1.113883.1.3").with("extension", "POCD_HD000040"),
    ];
    elements.extend([
        template_id(Template("1.1", Some("2015-08-01"))),
        template_id(Template("1.2", Some("2015-08-01"))),
        Element::new("id").with("root", generation.id.clone()),
        coded("code", SUMMARY),
        Element::text("title", "Continuity of Care Document"),
        instant("effectiveTime", generation.time),
        Element::new("confidentialityCode").with("code", "N").with("codeSystem", "2.16.840.1.113883.5.25"),
        Element::new("languageCode").with("code", "en-US"),
    ]);
    elements
}

fn record_target(person: &Person, practice: &Practice) -> Element {
    let email = person.email.as_ref().map(|email| telecom("mailto", email, "HP"));
    let role = Element::new("patientRole")
        .child(Element::new("id").with("root", practice.mrn_root.clone()).with("extension", person.mrn.clone()))
        .child(address(&person.street, practice, "HP"))
        .child(telecom("tel", &person.phone, "HP"))
        .children(email)
        .child(patient(person))
        .child(organization("providerOrganization", practice));
    Element::new("recordTarget").child(role)
}

fn patient(person: &Person) -> Element {
    let given = [Some(person.given.to_owned()), person.middle.clone()].into_iter().flatten().map(|name| Element::text("given", name));
    let name = Element::new("name").with("use", "L").children(given).child(Element::text("family", person.family));
    Element::new("patient")
        .child(name)
        .child(coded("administrativeGenderCode", person.sex.code()))
        .child(day("birthTime", person.birth))
        .children(person.marital_status.map(|status| coded("maritalStatusCode", status)))
        .child(coded("raceCode", person.race))
        .child(coded("ethnicGroupCode", person.ethnicity))
        .children(person.guardian.as_ref().map(guardian))
        .child(language(person))
}

fn guardian(guardian: &Guardian) -> Element {
    Element::new("guardian")
        .child(coded("code", guardian.relation))
        .child(telecom("tel", &guardian.phone, "HP"))
        .child(Element::new("guardianPerson").child(name(guardian.given, guardian.family)))
}

fn language(person: &Person) -> Element {
    Element::new("languageCommunication")
        .child(Element::new("languageCode").with("code", person.language))
        .child(Element::new("preferenceInd").with("value", "true"))
}

fn author(chart: &Chart) -> Element {
    let clinician = &chart.practice.clinicians[0];
    let assigned = Element::new("assignedAuthor")
        .child(npi(&clinician.npi))
        .child(coded("code", FAMILY_MEDICINE))
        .child(address(&chart.practice.street, &chart.practice, "WP"))
        .child(telecom("tel", &chart.practice.phone, "WP"))
        .child(Element::new("assignedPerson").child(name(clinician.given, clinician.family)))
        .child(organization("representedOrganization", &chart.practice));
    Element::new("author").child(instant("time", chart.last_written())).child(assigned)
}

fn custodian(practice: &Practice) -> Element {
    let organization = organization("representedCustodianOrganization", practice);
    Element::new("custodian").child(Element::new("assignedCustodian").child(organization))
}

/// The care that the document is about: the window that was asked for, as far as there was any life in it, else the whole life.
fn documentation_of(chart: &Chart) -> Element {
    let (birth, last) = (chart.person.birth, chart.last_written().date_naive());
    let (start, end) = chart.window.map_or((birth, last), |window| (window.start.max(birth), window.end.min(last)));
    let end = end.max(start);
    let performer = Element::new("performer")
        .with("typeCode", "PRF")
        .child(coded("functionCode", PRIMARY_CARE))
        .child(known_entity(&chart.practice.clinicians[0]));
    let event = Element::new("serviceEvent")
        .with("classCode", "PCPR")
        .child(Element::new("effectiveTime").child(day("low", start)).child(day("high", end)))
        .child(performer);
    Element::new("documentationOf").child(event)
}

/// The last visit.
fn component_of(chart: &Chart) -> Option<Element> {
    let visit = chart.encounters.last()?;
    let encounter = Element::new("encompassingEncounter")
        .child(super::vocabulary::id(&visit.id))
        .child(coded("code", AMBULATORY))
        .child(Element::new("effectiveTime").child(instant("low", visit.start)).child(instant("high", visit.end)));
    Some(Element::new("componentOf").child(encounter))
}

/// Somebody of the practice as a performer, known by the number.
pub(super) fn known_entity(clinician: &Clinician) -> Element {
    let person = Element::new("assignedPerson").child(name(clinician.given, clinician.family));
    Element::new("assignedEntity").child(npi(&clinician.npi)).child(person)
}

/// The author of an entry, known by the number too.
pub(super) fn entry_author(clinician: &Clinician, time: DateTime<Utc>) -> Element {
    let assigned = Element::new("assignedAuthor")
        .child(npi(&clinician.npi))
        .child(Element::new("assignedPerson").child(name(clinician.given, clinician.family)));
    Element::new("author").child(template_id(Template("4.119", None))).child(instant("time", time)).child(assigned)
}

fn organization(element: &'static str, practice: &Practice) -> Element {
    Element::new(element)
        .child(npi(&practice.npi))
        .child(Element::text("name", practice.name.clone()))
        .child(telecom("tel", &practice.phone, "WP"))
        .child(address(&practice.street, practice, "WP"))
}

fn npi(number: &str) -> Element {
    Element::new("id").with("root", NPI).with("extension", number.to_owned())
}

fn name(given: &'static str, family: &'static str) -> Element {
    Element::new("name").child(Element::text("given", given)).child(Element::text("family", family))
}

fn telecom(scheme: &str, number: &str, place: &'static str) -> Element {
    Element::new("telecom").with("value", format!("{scheme}:{number}")).with("use", place)
}

/// In the practice's own town, where its patients live too.
fn address(street: &str, practice: &Practice, place: &'static str) -> Element {
    let town = practice.place;
    Element::new("addr")
        .with("use", place)
        .child(Element::text("streetAddressLine", street.to_owned()))
        .child(Element::text("city", town.city))
        .child(Element::text("state", town.state))
        .child(Element::text("postalCode", town.postal_code))
        .child(Element::text("country", "US"))
}

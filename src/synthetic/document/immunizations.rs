//! Immunizations Section: what was given, with lot and manufacturer.

use super::{
    narrative::{self, Table},
    section::SectionKind,
    vocabulary::{Template, coded, day, entry, id, status, template_id, text_reference},
    xml::Element,
};
use crate::synthetic::{
    chart::{Chart, Immunization},
    code::loinc,
};

const SECTION: SectionKind = SectionKind {
    templates: &[Template("2.2", Some("2015-08-01")), Template("2.2.1", Some("2015-08-01"))],
    code: loinc("11369-6", "History of Immunization Narrative"),
    title: "Immunizations",
};

const ACTIVITY: Template = Template("4.52", Some("2015-08-01"));
const MEDICATION: Template = Template("4.54", Some("2014-06-09"));

/// What was given.
pub(super) fn section(chart: &Chart) -> Element {
    if chart.immunizations.is_empty() {
        return SECTION.without_information();
    }
    let mut table = Table::new(&["Vaccine", "Given", "Lot", "Manufacturer"]);
    for (at, immunization) in chart.immunizations.iter().enumerate() {
        let given = narrative::date(immunization.given);
        let cells = [immunization.vaccine.display.into(), given.into(), immunization.lot.clone().into(), immunization.manufacturer.into()];
        table.row(row_id(at), cells);
    }
    SECTION.filled(table.into_text(), chart.immunizations.iter().enumerate().map(|(at, immunization)| activity(at, immunization)))
}

fn row_id(at: usize) -> String {
    format!("immunization-{}", at + 1)
}

fn activity(at: usize, immunization: &Immunization) -> Element {
    entry("substanceAdministration", "SBADM", "EVN", ACTIVITY)
        .with("negationInd", "false")
        .child(id(&immunization.id))
        .child(text_reference(&row_id(at)))
        .child(status("completed"))
        .child(day("effectiveTime", immunization.given))
        .child(coded("routeCode", immunization.route))
        .child(consumable(immunization))
}

fn consumable(immunization: &Immunization) -> Element {
    let material = Element::new("manufacturedMaterial")
        .child(coded("code", immunization.vaccine))
        .child(Element::text("lotNumberText", immunization.lot.clone()));
    let manufacturer = Element::new("manufacturerOrganization").child(Element::text("name", immunization.manufacturer));
    let product =
        Element::new("manufacturedProduct").with("classCode", "MANU").child(template_id(MEDICATION)).child(material).child(manufacturer);
    Element::new("consumable").child(product)
}

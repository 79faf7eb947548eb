//! Vital Signs Section: an organizer for each visit, an observation for each measurement.

use super::{
    narrative::{self, Table},
    section::SectionKind,
    vocabulary::{Template, coded, entry, id, instant, quantity, status, typed},
    xml::Element,
};
use crate::synthetic::{
    chart::{Chart, VitalSigns, results::Decimal, vitals::VitalSign},
    code::{Code, loinc, snomed},
};

const SECTION: SectionKind = SectionKind {
    templates: &[Template("2.4", Some("2015-08-01")), Template("2.4.1", Some("2015-08-01"))],
    code: loinc("8716-3", "Vital signs"),
    title: "Vital Signs",
};

const ORGANIZER: Template = Template("4.26", Some("2015-08-01"));
const OBSERVATION: Template = Template("4.27", Some("2014-06-09"));

const VITAL_SIGNS: Code = snomed("46680005", "Vital signs");
const VITAL_SIGNS_LOINC: Code = loinc("74728-7", "Vital signs, weight, height, head circumference, oxygen saturation and BMI panel");

/// The measurements of the last visits.
pub(super) fn section(chart: &Chart) -> Element {
    if chart.vitals.is_empty() {
        return SECTION.without_information();
    }
    let mut table = Table::new(&["Measured", "Vital signs"]);
    for vitals in &chart.vitals {
        let signs: Vec<_> = vitals.signs.iter().map(|sign| format!("{} {} {}", sign.code.display, number(sign), sign.unit)).collect();
        table.row_of_cells([(None, narrative::date_time(vitals.taken)), (None, signs.join(", "))]);
    }
    SECTION.filled(table.into_text(), chart.vitals.iter().map(organizer))
}

/// Whole numbers without a decimal point, others with one place.
fn number(sign: &VitalSign) -> Decimal {
    match sign.tenths % 10 {
        0 => Decimal { units: sign.tenths / 10, decimals: 0 },
        _ => Decimal { units: sign.tenths, decimals: 1 },
    }
}

fn organizer(vitals: &VitalSigns) -> Element {
    let observations = vitals.signs.iter().map(|sign| observation(vitals, sign));
    entry("organizer", "CLUSTER", "EVN", ORGANIZER)
        .child(id(&vitals.id))
        .child(coded("code", VITAL_SIGNS).child(coded("translation", VITAL_SIGNS_LOINC)))
        .child(status("completed"))
        .child(instant("effectiveTime", vitals.taken))
        .children(observations.map(|observation| Element::new("component").child(observation)))
}

fn observation(vitals: &VitalSigns, sign: &VitalSign) -> Element {
    entry("observation", "OBS", "EVN", OBSERVATION)
        .child(id(&sign.id))
        .child(coded("code", sign.code))
        .child(status("completed"))
        .child(instant("effectiveTime", vitals.taken))
        .child(typed(quantity("value", number(sign).to_string(), Some(sign.unit)), "PQ"))
}

//! `results`, `result_panels` and `vital_signs`.

use serde_json::{Value, json};

use super::{
    entries::{Entered, code_of, iso},
    value::{self, number},
};
use crate::domain::clinical::{Coded, Measurement, Panel};

pub(super) const OF_PANEL: &str = "specimen, specimen_display";
pub(super) const OF_MEASUREMENT: &str = "panel_seq, panel_time, value_type, value_text, value_num, value_num_high, comparator, unit, value_code, value_code_system,
    value_display, value_null_flavor, interpretation, ref_low, ref_high, ref_unit, ref_text, specimen, specimen_display, method, method_display, body_site,
    body_site_display, performer";

pub(super) fn entered(measurement: &Measurement) -> Entered<'_> {
    Entered { entry: &measurement.entry, own: own(measurement), coded: roles(measurement) }
}

pub(super) fn entered_panel(panel: &Panel) -> Entered<'_> {
    let Panel { entry, specimen } = panel;
    let coded = [("code", &entry.code), ("specimen", specimen)].map(|(role, coded)| (role.to_owned(), coded));
    Entered { entry, own: vec![code_of(specimen), json!(specimen.display())], coded: coded.into() }
}

fn own(measurement: &Measurement) -> Vec<Value> {
    let Measurement { entry, panel_time, value, interpretation, reference, specimen, method, body_site, performer } = measurement;
    let mut values = vec![json!(entry.parent_seq), json!(iso(panel_time.as_ref()))];
    values.extend(value::columns(value));
    values.extend([code_of(interpretation), number(&reference.low), number(&reference.high), json!(reference.unit), json!(reference.text)]);
    values.extend([code_of(specimen), json!(specimen.display()), code_of(method), json!(method.display())]);
    values.extend([code_of(body_site), json!(body_site.display()), json!(performer)]);
    values
}

fn roles(measurement: &Measurement) -> Vec<(String, &Coded)> {
    let Measurement { entry, value, interpretation, specimen, method, body_site, .. } = measurement;
    let roles = [
        ("code", &entry.code),
        ("value", &value.code),
        ("interpretation", interpretation),
        ("specimen", specimen),
        ("method", method),
        ("body_site", body_site),
    ];
    roles.into_iter().map(|(role, coded)| (role.to_owned(), coded)).collect()
}

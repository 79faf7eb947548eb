//! `results`, `result_panels` and `vital_signs`.

use super::{
    entries::{Entered, InRole, code_of, iso, named},
    value::{self, number},
};
use crate::{
    domain::clinical::{Measurement, Panel},
    store::lines::{Cell, cells},
};

pub(super) const OF_PANEL: &str = "specimen, specimen_display";
pub(super) const OF_MEASUREMENT: &str = "panel_seq, panel_time, value_type, value_text, value_num, value_num_high, comparator, unit, value_code, value_code_system,
    value_display, value_null_flavor, interpretation, ref_low, ref_high, ref_unit, ref_text, specimen, specimen_display, method, method_display, body_site,
    body_site_display, performer";

pub(super) fn entered(measurement: &Measurement) -> Entered<'_> {
    Entered { entry: &measurement.entry, own: own(measurement), coded: roles(measurement) }
}

pub(super) fn entered_panel(panel: &Panel) -> Entered<'_> {
    let Panel { entry, specimen } = panel;
    let coded = named([("code", &entry.code), ("specimen", specimen)]).collect();
    Entered { entry, own: cells![code_of(specimen), specimen.display()].into(), coded }
}

fn own(measurement: &Measurement) -> Vec<Cell> {
    let Measurement { entry, panel_time, value, interpretation, reference, specimen, method, body_site, performer } = measurement;
    let mut values = Vec::from(cells![entry.parent_seq, iso(panel_time.as_ref())]);
    values.extend(value::columns(value));
    values.extend(cells![code_of(interpretation), number(&reference.low), number(&reference.high), &reference.unit, &reference.text]);
    values.extend(cells![code_of(specimen), specimen.display(), code_of(method), method.display()]);
    values.extend(cells![code_of(body_site), body_site.display(), performer]);
    values
}

fn roles(measurement: &Measurement) -> Vec<InRole<'_>> {
    let Measurement { entry, value, interpretation, specimen, method, body_site, .. } = measurement;
    let roles = [
        ("code", &entry.code),
        ("value", &value.code),
        ("interpretation", interpretation),
        ("specimen", specimen),
        ("method", method),
        ("body_site", body_site),
    ];
    named(roles).collect()
}

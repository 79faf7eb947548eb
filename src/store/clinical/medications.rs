//! `medications`.

use super::entries::{Entered, InRole, code_of, iso, named, numbered};
use crate::{
    domain::clinical::{
        Medication,
        code_system::{NDC, RXNORM},
    },
    store::lines::{Cell, cells},
};

pub(super) const OWN: &str = "rxnorm, ndc, freq_value, freq_value_max, freq_unit, freq_institution, freq_event, freq_offset, timing_raw, dose, dose_max, dose_unit, rate,
    rate_unit, max_dose, route, route_display, site, site_display, form, form_display, prn, prn_reason, prn_reason_display, indication, indication_display,
    sig, instructions, manufacturer, refills, quantity, quantity_unit, supply_end, dispensed_time";

pub(super) fn entered(medication: &Medication) -> Entered<'_> {
    Entered { entry: &medication.entry, own: own(medication), coded: roles(medication) }
}

fn own(medication: &Medication) -> Vec<Cell> {
    let Medication { entry, timing, dose, dose_max, dose_unit, rate, rate_unit, max_dose, route, site, form, supply, .. } = medication;
    let Medication { as_needed, as_needed_reason, indications, sig, instructions, manufacturer, .. } = medication;
    let indication = indications.first().cloned().unwrap_or_default();
    let mut values = Vec::from(cells![entry.code.of(RXNORM), entry.code.of(NDC)]);
    values.extend(cells![&timing.period, &timing.period_max, &timing.period_unit, timing.institution_specified]);
    values.extend(cells![&timing.event, &timing.offset, &timing.raw]);
    values.extend(cells![dose, dose_max, dose_unit, rate, rate_unit, max_dose]);
    values.extend(cells![code_of(route), route.display(), code_of(site), site.display(), code_of(form), form.display()]);
    values.extend(cells![as_needed, code_of(as_needed_reason), as_needed_reason.display()]);
    values.extend(cells![code_of(&indication), indication.display(), sig, instructions, manufacturer]);
    values.extend(cells![&supply.repeats, &supply.quantity, &supply.quantity_unit]);
    values.extend(cells![iso(supply.end.as_ref()), iso(supply.dispensed.as_ref())]);
    values
}

fn roles(medication: &Medication) -> Vec<InRole<'_>> {
    let Medication { entry, route, site, form, as_needed_reason, indications, .. } = medication;
    let own = [("code", &entry.code), ("route", route), ("site", site), ("form", form), ("prn_reason", as_needed_reason)];
    named(own).chain(numbered("indication", indications)).collect()
}

//! `medications`.

use serde_json::{Value, json};

use super::entries::{Entered, code_of, iso};
use crate::domain::clinical::{
    Coded, Medication,
    code_system::{NDC, RXNORM},
};

pub(super) const OWN: &str = "rxnorm, ndc, freq_value, freq_value_max, freq_unit, freq_institution, freq_event, freq_offset, timing_raw, dose, dose_max, dose_unit, rate,
    rate_unit, max_dose, route, route_display, site, site_display, form, form_display, prn, prn_reason, prn_reason_display, indication, indication_display,
    sig, instructions, manufacturer, refills, quantity, quantity_unit, supply_end, dispensed_time";

pub(super) fn entered(medication: &Medication) -> Entered<'_> {
    Entered { entry: &medication.entry, own: own(medication), coded: roles(medication) }
}

fn own(medication: &Medication) -> Vec<Value> {
    let Medication { entry, timing, dose, dose_max, dose_unit, rate, rate_unit, max_dose, route, site, form, supply, .. } = medication;
    let Medication { as_needed, as_needed_reason, indications, sig, instructions, manufacturer, .. } = medication;
    let indication = indications.first().cloned().unwrap_or_default();
    let mut values = vec![json!(entry.code.of(RXNORM)), json!(entry.code.of(NDC))];
    values.extend([
        json!(timing.period),
        json!(timing.period_max),
        json!(timing.period_unit),
        json!(timing.institution_specified.map(u8::from)),
    ]);
    values.extend([json!(timing.event), json!(timing.offset), json!(timing.raw)]);
    values.extend([json!(dose), json!(dose_max), json!(dose_unit), json!(rate), json!(rate_unit), json!(max_dose)]);
    values.extend([code_of(route), json!(route.display()), code_of(site), json!(site.display()), code_of(form), json!(form.display())]);
    values.extend([json!(u8::from(*as_needed)), code_of(as_needed_reason), json!(as_needed_reason.display())]);
    values.extend([code_of(&indication), json!(indication.display()), json!(sig), json!(instructions), json!(manufacturer)]);
    values.extend([json!(supply.repeats), json!(supply.quantity), json!(supply.quantity_unit)]);
    values.extend([json!(iso(supply.end.as_ref())), json!(iso(supply.dispensed.as_ref()))]);
    values
}

fn roles(medication: &Medication) -> Vec<(String, &Coded)> {
    let Medication { entry, route, site, form, as_needed_reason, indications, .. } = medication;
    let own = [("code", &entry.code), ("route", route), ("site", site), ("form", form), ("prn_reason", as_needed_reason)];
    let own = own.into_iter().map(|(role, coded)| (role.to_owned(), coded));
    own.chain(indications.iter().enumerate().map(|(at, coded)| (format!("indication.{}", at + 1), coded))).collect()
}

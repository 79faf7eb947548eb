//! `procedures`.

use super::{
    entries::{Entered, InRole, code_of, joined, named, numbered},
    participations, value,
};
use crate::{
    domain::clinical::{
        BillingCodes, Coded, Procedure,
        code_system::{ICD_10_PCS, LOINC, SNOMED_CT},
    },
    store::lines::{Cell, cell, cells},
};

pub(super) const OWN: &str = "kind, cpt, hcpcs, cdt, snomed, icd10pcs, loinc, value_type, value_text, value_num, value_num_high, comparator, unit, value_code,
    value_code_system, value_display, value_null_flavor, body_site, body_site_display, priority, priority_display, method, method_display, performer_name,
    performer_npi, performer_org, performers, location_name, location_type, location_type_display, location_address, device, device_display, udi,
    device_id_root, device_id_ext, device_manufacturer, indications, not_done_reason, not_done_reason_display, specimen, specimen_display, specimen_id_root,
    specimen_id_ext, encounter_id_root, encounter_id_ext";

pub(super) fn entered(procedure: &Procedure) -> Entered<'_> {
    Entered { entry: &procedure.entry, own: own(procedure), coded: roles(procedure) }
}

fn own(procedure: &Procedure) -> Vec<Cell> {
    let Procedure { entry, kind, billing, body_sites, priority, methods, devices, indications, not_done_reason, specimen, .. } = procedure;
    let Procedure { specimen_id, encounter_id, .. } = procedure;
    let (code, BillingCodes { cpt, hcpcs, cdt }) = (&entry.code, billing);
    let with_display = |coded: &Coded| cells![code_of(coded), coded.display()];
    let [body_site, method] = [body_sites, methods].map(|coded| coded.first().cloned().unwrap_or_default());
    let device = devices.first().cloned().unwrap_or_default();
    let mut values = Vec::from(cells![kind.as_str(), cpt, hcpcs, cdt]);
    values.extend([SNOMED_CT, ICD_10_PCS, LOINC].map(|system| cell(code.of(system))));
    values.extend(value::columns(&procedure.value));
    values.extend([&body_site, priority, &method].into_iter().flat_map(with_display));
    values.extend(participations::of_performers(&procedure.performers));
    values.extend(participations::of_location(&procedure.location));
    values.extend(with_display(&device.code));
    values.extend(cells![&device.udi, &device.id.root, &device.id.extension, &device.manufacturer]);
    values.push(joined(indications.iter().filter_map(Coded::display)));
    values.extend([not_done_reason, specimen].into_iter().flat_map(with_display));
    values.extend([specimen_id, encounter_id].into_iter().flat_map(|id| cells![&id.root, &id.extension]));
    values
}

fn roles(procedure: &Procedure) -> Vec<InRole<'_>> {
    let Procedure { entry, value, body_sites, priority, methods, location, devices, indications, not_done_reason, specimen, .. } =
        procedure;
    let own = [
        ("code", &entry.code),
        ("value", &value.code),
        ("priority", priority),
        ("location", &location.kind),
        ("not_done_reason", not_done_reason),
        ("specimen", specimen),
    ];
    named(own)
        .chain(numbered("body_site", body_sites))
        .chain(numbered("method", methods))
        .chain(numbered("device", devices.iter().map(|device| &device.code)))
        .chain(numbered("indication", indications))
        .collect()
}

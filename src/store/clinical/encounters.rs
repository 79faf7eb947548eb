//! `encounters`.

use super::{
    entries::{Entered, InRole, code_of, joined, named, numbered},
    participations,
};
use crate::{
    domain::clinical::{Coded, Encounter, code_system::SNOMED_CT},
    store::lines::{Cell, cells},
};

pub(super) const OWN: &str =
    "encounter_class, cpt, hcpcs, snomed, disposition, disposition_display, performer_name, performer_npi, performer_org, performers,
    location_name, location_type, location_type_display, location_address, diagnoses, indications";

pub(super) fn entered(encounter: &Encounter) -> Entered<'_> {
    Entered { entry: &encounter.entry, own: own(encounter), coded: roles(encounter) }
}

fn own(encounter: &Encounter) -> Vec<Cell> {
    let Encounter { entry, class, billing, disposition, performers, location, diagnoses, indications } = encounter;
    let mut values = Vec::from(cells![class, &billing.cpt, &billing.hcpcs, entry.code.of(SNOMED_CT)]);
    values.extend(cells![code_of(disposition), disposition.display()]);
    values.extend(participations::of_performers(performers));
    values.extend(participations::of_location(location));
    values.extend([joined(diagnoses.iter().map(String::as_str)), joined(indications.iter().filter_map(Coded::display))]);
    values
}

fn roles(encounter: &Encounter) -> Vec<InRole<'_>> {
    let Encounter { entry, disposition, location, indications, .. } = encounter;
    let own = [("code", &entry.code), ("disposition", disposition), ("location", &location.kind)];
    named(own).chain(numbered("indication", indications)).collect()
}

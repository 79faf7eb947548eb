//! `plan_of_treatment`.

use super::entries::{Entered, InRole, code_of, iso, named, numbered};
use crate::{
    domain::clinical::PlannedItem,
    store::lines::{Cell, cells},
};

pub(super) const OWN: &str = "kind, planned_for, priority, priority_display, performer_name, performer_org, location, reason, reason_display, instructions, value_text,
    dose, dose_unit, route, route_display, quantity, quantity_unit";

pub(super) fn entered(item: &PlannedItem) -> Entered<'_> {
    Entered { entry: &item.entry, own: own(item), coded: roles(item) }
}

fn own(item: &PlannedItem) -> Vec<Cell> {
    let PlannedItem { kind, planned_for, priority, performer_name, performer_organization, location, reasons, instructions, .. } = item;
    let PlannedItem { value, dose, dose_unit, route, quantity, quantity_unit, .. } = item;
    let reason = reasons.first().cloned().unwrap_or_default();
    let mut values = Vec::from(cells![kind, iso(planned_for.as_ref()), code_of(priority), priority.display()]);
    values.extend(cells![performer_name, performer_organization, location]);
    values.extend(cells![code_of(&reason), reason.display(), instructions, &value.text]);
    values.extend(cells![dose, dose_unit, code_of(route), route.display(), quantity, quantity_unit]);
    values
}

fn roles(item: &PlannedItem) -> Vec<InRole<'_>> {
    let PlannedItem { entry, priority, route, reasons, value, .. } = item;
    let own = [("code", &entry.code), ("priority", priority), ("route", route), ("value", &value.code)];
    named(own).chain(numbered("reason", reasons)).collect()
}

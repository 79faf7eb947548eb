//! `plan_of_treatment`.

use serde_json::{Value, json};

use super::entries::{Entered, code_of, iso};
use crate::domain::clinical::{Coded, PlannedItem};

pub(super) const OWN: &str = "kind, planned_for, priority, priority_display, performer_name, performer_org, location, reason, reason_display, instructions, value_text,
    dose, dose_unit, route, route_display, quantity, quantity_unit";

pub(super) fn entered(item: &PlannedItem) -> Entered<'_> {
    Entered { entry: &item.entry, own: own(item), coded: roles(item) }
}

fn own(item: &PlannedItem) -> Vec<Value> {
    let PlannedItem { kind, planned_for, priority, performer_name, performer_organization, location, reasons, instructions, .. } = item;
    let PlannedItem { value, dose, dose_unit, route, quantity, quantity_unit, .. } = item;
    let reason = reasons.first().cloned().unwrap_or_default();
    let mut values = vec![json!(kind), json!(iso(planned_for.as_ref())), code_of(priority), json!(priority.display())];
    values.extend([json!(performer_name), json!(performer_organization), json!(location)]);
    values.extend([code_of(&reason), json!(reason.display()), json!(instructions), json!(value.text)]);
    values.extend([json!(dose), json!(dose_unit), code_of(route), json!(route.display()), json!(quantity), json!(quantity_unit)]);
    values
}

fn roles(item: &PlannedItem) -> Vec<(String, &Coded)> {
    let PlannedItem { entry, priority, route, reasons, value, .. } = item;
    let own = [("code", &entry.code), ("priority", priority), ("route", route), ("value", &value.code)];
    let own = own.into_iter().map(|(role, coded)| (role.to_owned(), coded));
    own.chain(reasons.iter().enumerate().map(|(at, coded)| (format!("reason.{}", at + 1), coded))).collect()
}

//! `immunizations`.

use super::entries::{Entered, InRole, code_of, named, numbered};
use crate::{
    domain::clinical::{
        Coded, Immunization,
        code_system::{CVX, NDC},
    },
    store::lines::{Cell, cell, cells},
};

pub(super) const OWN: &str = "cvx, ndc, not_given_reason, not_given_reason_display, lot, manufacturer, mvx, dose_number, series, dose, dose_unit, route, route_display,
    site, site_display, performer_name, performer_org, reactions";

pub(super) fn entered(immunization: &Immunization) -> Entered<'_> {
    Entered { entry: &immunization.entry, own: own(immunization), coded: roles(immunization) }
}

fn own(immunization: &Immunization) -> Vec<Cell> {
    let Immunization { entry, not_given_reason, lot, manufacturer, manufacturer_code, dose_number, series, dose, dose_unit, .. } =
        immunization;
    let Immunization { route, site, performer_name, performer_organization, reactions, .. } = immunization;
    let names: Vec<_> = reactions.iter().filter_map(Coded::display).collect();
    let mut values = Vec::from(cells![entry.code.of(CVX), entry.code.of(NDC)]);
    values.extend(cells![code_of(not_given_reason), not_given_reason.display(), lot, manufacturer, manufacturer_code]);
    values.extend(cells![dose_number, series, dose, dose_unit]);
    values.extend(cells![code_of(route), route.display(), code_of(site), site.display()]);
    values.extend(cells![performer_name, performer_organization]);
    values.push(cell(Some(names.join(", ")).filter(|names| !names.is_empty())));
    values
}

fn roles(immunization: &Immunization) -> Vec<InRole<'_>> {
    let Immunization { entry, not_given_reason, route, site, reactions, .. } = immunization;
    let own = [("code", &entry.code), ("not_given_reason", not_given_reason), ("route", route), ("site", site)];
    named(own).chain(numbered("reaction", reactions)).collect()
}

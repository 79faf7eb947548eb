//! `immunizations`.

use serde_json::{Value, json};

use super::entries::{Entered, code_of};
use crate::domain::clinical::{
    Coded, Immunization,
    code_system::{CVX, NDC},
};

pub(super) const OWN: &str = "cvx, ndc, not_given_reason, not_given_reason_display, lot, manufacturer, mvx, dose_number, series, dose, dose_unit, route, route_display,
    site, site_display, performer_name, performer_org, reactions";

pub(super) fn entered(immunization: &Immunization) -> Entered<'_> {
    Entered { entry: &immunization.entry, own: own(immunization), coded: roles(immunization) }
}

fn own(immunization: &Immunization) -> Vec<Value> {
    let Immunization { entry, not_given_reason, lot, manufacturer, manufacturer_code, dose_number, series, dose, dose_unit, .. } =
        immunization;
    let Immunization { route, site, performer_name, performer_organization, reactions, .. } = immunization;
    let names: Vec<_> = reactions.iter().filter_map(Coded::display).collect();
    let mut values = vec![json!(entry.code.of(CVX)), json!(entry.code.of(NDC))];
    values.extend([
        code_of(not_given_reason),
        json!(not_given_reason.display()),
        json!(lot),
        json!(manufacturer),
        json!(manufacturer_code),
    ]);
    values.extend([json!(dose_number), json!(series), json!(dose), json!(dose_unit)]);
    values.extend([code_of(route), json!(route.display()), code_of(site), json!(site.display())]);
    values.extend([json!(performer_name), json!(performer_organization)]);
    values.push(json!(Some(names.join(", ")).filter(|names| !names.is_empty())));
    values
}

fn roles(immunization: &Immunization) -> Vec<(String, &Coded)> {
    let Immunization { entry, not_given_reason, route, site, reactions, .. } = immunization;
    let own = [("code", &entry.code), ("not_given_reason", not_given_reason), ("route", route), ("site", site)];
    let own = own.into_iter().map(|(role, coded)| (role.to_owned(), coded));
    own.chain(reactions.iter().enumerate().map(|(at, coded)| (format!("reaction.{}", at + 1), coded))).collect()
}

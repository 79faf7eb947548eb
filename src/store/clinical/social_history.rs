//! `social_history`.

use super::{
    entries::{Entered, InRole},
    value,
};
use crate::{
    domain::clinical::SocialObservation,
    store::lines::{Cell, cell},
};

pub(super) const OWN: &str = "kind, value_type, value_text, value_num, value_num_high, comparator, unit, value_code, value_code_system, value_display, value_null_flavor";

pub(super) fn entered(observation: &SocialObservation) -> Entered<'_> {
    Entered { entry: &observation.entry, own: own(observation), coded: roles(observation) }
}

fn own(observation: &SocialObservation) -> Vec<Cell> {
    std::iter::once(cell(observation.kind)).chain(value::columns(&observation.value)).collect()
}

fn roles(observation: &SocialObservation) -> Vec<InRole<'_>> {
    vec![("code".into(), &observation.entry.code), ("value".into(), &observation.value.code)]
}

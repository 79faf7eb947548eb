//! `social_history`.

use serde_json::{Value, json};

use super::{entries::Entered, value};
use crate::domain::clinical::{Coded, SocialObservation};

pub(super) const OWN: &str = "kind, value_type, value_text, value_num, value_num_high, comparator, unit, value_code, value_code_system, value_display, value_null_flavor";

pub(super) fn entered(observation: &SocialObservation) -> Entered<'_> {
    Entered { entry: &observation.entry, own: own(observation), coded: roles(observation) }
}

fn own(observation: &SocialObservation) -> Vec<Value> {
    std::iter::once(json!(observation.kind)).chain(value::columns(&observation.value)).collect()
}

fn roles(observation: &SocialObservation) -> Vec<(String, &Coded)> {
    vec![("code".to_owned(), &observation.entry.code), ("value".to_owned(), &observation.value.code)]
}

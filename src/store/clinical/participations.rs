//! The columns of who did something and where, alike in every table that has them.

use serde_json::{Value, json};

use super::entries::{code_of, joined};
use crate::domain::clinical::{Location, Performer};

/// `performer_name, performer_npi, performer_org, performers`: the first one, then what all are called.
pub(super) fn of_performers(performers: &[Performer]) -> [Value; 4] {
    let first = performers.first();
    [
        json!(first.map(|performer| &performer.name)),
        json!(first.map(|performer| &performer.npi)),
        json!(first.map(|performer| &performer.organization)),
        joined(performers.iter().filter_map(Performer::label)),
    ]
}

/// `location_name, location_type, location_type_display, location_address`.
pub(super) fn of_location(location: &Location) -> [Value; 4] {
    [json!(location.name), code_of(&location.kind), json!(location.kind.display()), json!(location.address)]
}

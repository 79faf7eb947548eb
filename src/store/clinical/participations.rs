//! The columns of who did something and where, alike in every table that has them.

use super::entries::{code_of, joined};
use crate::{
    domain::clinical::{Location, Performer},
    store::lines::{Cell, cells},
};

/// `performer_name, performer_npi, performer_org, performers`: the first one, then what all are called.
pub(super) fn of_performers(performers: &[Performer]) -> [Cell; 4] {
    let first = performers.first();
    cells![
        first.map(|performer| &performer.name),
        first.map(|performer| &performer.npi),
        first.map(|performer| &performer.organization),
        joined(performers.iter().filter_map(Performer::label)),
    ]
}

/// `location_name, location_type, location_type_display, location_address`.
pub(super) fn of_location(location: &Location) -> [Cell; 4] {
    cells![&location.name, code_of(&location.kind), location.kind.display(), &location.address]
}

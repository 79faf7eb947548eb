//! `unknown_entries`.

use super::entries::Entered;
use crate::{
    domain::clinical::UnknownEntry,
    store::lines::{cells, json},
};

pub(super) const OWN: &str = "templates, raw, raw_bytes";

pub(super) fn entered(unknown: &UnknownEntry) -> Entered<'_> {
    let UnknownEntry { entry, templates, raw, raw_bytes } = unknown;
    let own = cells![json(templates), raw, raw_bytes].into();
    Entered { entry, own, coded: vec![("code".into(), &entry.code)] }
}

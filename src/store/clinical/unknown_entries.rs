//! `unknown_entries`.

use serde_json::json;

use super::entries::Entered;
use crate::domain::clinical::UnknownEntry;

pub(super) const OWN: &str = "templates, raw, raw_bytes";

pub(super) fn entered(unknown: &UnknownEntry) -> Entered<'_> {
    let UnknownEntry { entry, templates, raw, raw_bytes } = unknown;
    let own = vec![json!(json!(templates).to_string()), json!(raw), json!(raw_bytes)];
    Entered { entry, own, coded: vec![("code".to_owned(), &entry.code)] }
}

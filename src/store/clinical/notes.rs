//! `notes`.

use serde_json::{Value, json};

use super::entries::Entered;
use crate::domain::clinical::Note;

pub(super) const OWN: &str = "media_type, representation, body_bytes, encounter_id_root, encounter_id_ext";

pub(super) fn entered(note: &Note) -> Entered<'_> {
    Entered { entry: &note.entry, own: own(note), coded: vec![("code".to_owned(), &note.entry.code)] }
}

fn own(note: &Note) -> Vec<Value> {
    let Note { media_type, representation, body_bytes, encounter, .. } = note;
    vec![json!(media_type), json!(representation), json!(body_bytes), json!(encounter.root), json!(encounter.extension)]
}

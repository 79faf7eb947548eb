//! `notes`.

use super::entries::Entered;
use crate::{
    domain::clinical::Note,
    store::lines::{Cell, cells},
};

pub(super) const OWN: &str = "media_type, representation, body_bytes, encounter_id_root, encounter_id_ext";

pub(super) fn entered(note: &Note) -> Entered<'_> {
    Entered { entry: &note.entry, own: own(note), coded: vec![("code".into(), &note.entry.code)] }
}

fn own(note: &Note) -> Vec<Cell> {
    let Note { media_type, representation, body_bytes, encounter, .. } = note;
    cells![media_type, representation, body_bytes, &encounter.root, &encounter.extension].into()
}

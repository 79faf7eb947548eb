//! A clinical note: a row for each, with its text.

use super::{Entry, InstanceId};

/// One note. The entry's code is the type of note, its text what was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    pub entry: Entry,
    /// Of the body that stands in the document itself.
    pub media_type: Option<String>,
    /// `B64`, or `TXT`.
    pub representation: Option<String>,
    /// How many bytes that body has, where it is encapsulated.
    pub body_bytes: Option<u64>,
    /// The encounter that it is about.
    pub encounter: InstanceId,
}

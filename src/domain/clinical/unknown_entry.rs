//! An entry that no rule takes: kept as it stands, so that nothing of a document is lost.

use super::Entry;

/// One such entry. Its `element`, code and so on are those of the statement in it; its path is the entry's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnknownEntry {
    pub entry: Entry,
    /// All templates of the statement: root and extension.
    pub templates: Vec<(String, Option<String>)>,
    /// The `entry` element as it stands in the document; `None` where it is larger than is kept.
    pub raw: Option<String>,
    pub raw_bytes: usize,
}

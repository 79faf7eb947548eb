//! Counts the entries of each section while the document goes by. Memory is bounded by the depth and by the number of codes that are kept apart.

use super::start_tag::Attribute;
use crate::domain::Outline;

/// So many codes are kept apart; the entries of further ones count under none.
const MOST_CODES: usize = 256;
/// LOINC codes have 10 characters at most; what is longer is cut.
const LONGEST_CODE: usize = 32;

/// A section that has begun and not ended.
struct Open {
    level: usize,
    code: Option<String>,
    entries: u32,
}

#[derive(Default)]
pub(super) struct OutlineReader {
    open: Vec<Open>,
    outline: Outline,
}

impl OutlineReader {
    /// An element of HL7's namespace begins; `level` is its depth.
    pub fn enter(&mut self, local: &str, level: usize, attributes: &[Attribute]) {
        match (local, self.open.last_mut()) {
            ("section", _) => self.open.push(Open { level, code: None, entries: 0 }),
            ("entry", Some(section)) => section.entries = section.entries.saturating_add(1),
            // Only the section's own: entries have codes too.
            ("code", Some(section)) if section.level + 1 == level && section.code.is_none() => {
                let code = attributes.iter().find(|attribute| attribute.name == "code");
                section.code = code.map(|code| code.value[..code.value.floor_char_boundary(LONGEST_CODE)].to_owned());
            }
            _ => {}
        }
    }

    /// The element at this level ends.
    pub fn leave(&mut self, level: usize) {
        let Some(section) = self.open.pop_if(|section| section.level == level) else { return };
        let mut code = section.code.unwrap_or_default();
        if self.outline.0.len() >= MOST_CODES && !self.outline.0.contains_key(&code) {
            code.clear();
        }
        let entries = self.outline.0.entry(code).or_default();
        *entries = entries.saturating_add(section.entries);
    }

    pub fn finish(self) -> Outline {
        self.outline
    }
}

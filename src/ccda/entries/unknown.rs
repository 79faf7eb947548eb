//! What no rule takes, as it stands.

use super::{RawEntry, Statement, Within, facts};
use crate::{
    ccda::{element::Element, narratives::Narratives, values},
    domain::clinical::{Assertion, UnknownEntry},
};

/// An entry that is larger is not kept as text; `cat --at` shows it.
const LARGEST: usize = 1 << 20;
/// And so much of one document altogether.
const MOST: usize = 16 << 20;

/// Keeps entries, as far as memory allows.
pub(super) struct Keeper {
    /// Bytes that may still be kept.
    left: usize,
}

impl Default for Keeper {
    fn default() -> Self {
        Self { left: MOST }
    }
}

impl Keeper {
    pub fn keep(&mut self, kept: &RawEntry, section: Within, seq: u32, narratives: &mut Narratives) -> UnknownEntry {
        let RawEntry { element, path, raw, .. } = *kept;
        // An entry holds one statement, where it holds what it should.
        let element = element.elements().next().unwrap_or(element);
        let statement = Statement { element, around: &[], section, path, parent_seq: None };
        let code = element.child("code").map(|code| values::coded(code, &[], narratives)).unwrap_or_default();
        let mut entry = facts::of(&statement, "unknown_entries", "", code, seq, narratives);
        // What it says is not known but for this.
        entry.assertion = if entry.negated { Assertion::Absent } else { Assertion::Present };
        entry.context = section.name.unwrap_or("unknown_section");
        let is_kept = raw.len() <= LARGEST.min(self.left);
        self.left -= if is_kept { raw.len() } else { 0 };
        UnknownEntry { entry, templates: templates(element), raw: is_kept.then(|| raw.to_owned()), raw_bytes: raw.len() }
    }
}

fn templates(element: Element) -> Vec<(String, Option<String>)> {
    let attribute = |template: Element, name| template.attribute(name).map(str::to_owned);
    element.children("templateId").filter_map(|template| Some((attribute(template, "root")?, attribute(template, "extension")))).collect()
}

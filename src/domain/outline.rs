//! What a document holds, in numbers: the entries of each section. By it is seen that a chart shrank.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Entries by the section's code; sections of the same code count together, those without one under an empty code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outline(pub BTreeMap<String, u32>);

/// What a document lacks that the one before it had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loss {
    /// Codes of sections that had entries and are gone.
    pub sections: Vec<String>,
    /// Whether entries in all fell to the share that is allowed, or below.
    pub entries: bool,
}

impl Outline {
    /// What is missing now; `share` is the part of the entries at which they have fallen too far, such as 0.5.
    pub fn loss(&self, now: &Self, share: f64) -> Loss {
        let gone = |(code, entries): &(&String, &u32)| **entries > 0 && !now.0.contains_key(*code);
        let sections = self.0.iter().filter(gone).map(|(code, _)| code.clone()).collect();
        let (before, after) = (self.entries(), now.entries());
        Loss { sections, entries: after < before && after as f64 <= before as f64 * share }
    }

    fn entries(&self) -> u64 {
        self.0.values().map(|entries| u64::from(*entries)).sum()
    }
}

impl Loss {
    /// Whether nothing is missing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether all that was missing then, in a chart that was held, is missing still.
    pub fn confirms(&self, held: &Self) -> bool {
        held.sections.iter().all(|code| self.sections.contains(code)) && (self.entries || !held.entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(sections: &[(&str, u32)]) -> Outline {
        Outline(sections.iter().map(|(code, entries)| ((*code).to_owned(), *entries)).collect())
    }

    #[test]
    fn a_section_that_had_entries_and_is_gone_is_a_loss() {
        let before = outline(&[("meds", 4), ("problems", 9), ("plan", 0)]);
        assert!(before.loss(&outline(&[("meds", 3), ("problems", 9)]), 0.5).is_none());
        assert_eq!(before.loss(&outline(&[("problems", 12)]), 0.5).sections, ["meds"]);
        // It is there and says that it is empty.
        assert!(before.loss(&outline(&[("meds", 0), ("problems", 9)]), 0.5).is_none());
    }

    #[test]
    fn entries_that_fell_to_the_share_are_a_loss() {
        let before = outline(&[("results", 10)]);
        assert!(before.loss(&outline(&[("results", 6)]), 0.5).is_none());
        assert!(before.loss(&outline(&[("results", 5)]), 0.5).entries);
        assert!(outline(&[]).loss(&outline(&[]), 0.5).is_none());
    }

    #[test]
    fn a_loss_is_confirmed_by_one_that_brings_nothing_back() {
        let before = outline(&[("meds", 4), ("problems", 4), ("results", 20)]);
        let loss = |now: &[(&str, u32)]| before.loss(&outline(now), 0.5);
        let held = loss(&[("problems", 4), ("results", 20)]);
        assert!(loss(&[("problems", 5), ("results", 20)]).confirms(&held));
        assert!(loss(&[("results", 20)]).confirms(&held));
        assert!(!loss(&[("meds", 1), ("results", 20)]).confirms(&held));
    }
}

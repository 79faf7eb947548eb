//! Entries that only fill an empty section: without a code, or with words in its place which say that there is nothing.

use crate::domain::clinical::{Coded, Entry};

/// Whether there is a code. A null flavour that is written in place of one is none.
pub(super) fn is_coded(code: &Coded) -> bool {
    code.preferred().is_some_and(|preferred| preferred.code != preferred.null_flavor)
}

/// Whether the entry names anything: by a code, or else in words that do not begin with "no", such as "No Procedure Information".
pub(super) fn names_something(entry: &Entry) -> bool {
    is_coded(&entry.code) || entry.code.display().or(entry.text.as_deref()).is_some_and(|words| !says_none(words))
}

/// Whether the words begin with "no".
pub(super) fn says_none(words: &str) -> bool {
    let first = words.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
    first.is_none_or(|first| ["no", "none"].iter().any(|none| first.eq_ignore_ascii_case(none)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_begin_with_no_name_nothing() {
        for none in ["No Procedure Information", "NONE", " - none recorded", "no", "…"] {
            assert!(says_none(none), "{none}");
        }
        for some in ["Nonunion repair", "Node biopsy", "Appendectomy, no complications", "Knee"] {
            assert!(!says_none(some), "{some}");
        }
    }
}

//! Why a body is no chart: one reason, and a place with a complaint in our own words.
//!
//! The body is PHI, and what it claims to be may be hostile: no word of it ever enters a refusal, no text, no value and no name.

use memchr::{memchr, memchr_iter};

use crate::domain::Reason;

/// A body that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Refusal {
    /// `empty`, `not_cda`, `malformed`, `unsafe_xml` or `bad_encoding`.
    pub reason: Reason,
    /// Line, column and complaint; safe for logs and columns.
    pub detail: String,
}

/// A complaint about one place of the text, before anybody asked for its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub reason: Reason,
    /// Byte offset in the decoded text.
    pub offset: usize,
    pub complaint: String,
}

impl Fault {
    pub fn malformed(offset: usize, complaint: impl Into<String>) -> Self {
        Self { reason: Reason::Malformed, offset, complaint: complaint.into() }
    }

    pub fn unsafe_xml(offset: usize, complaint: impl Into<String>) -> Self {
        Self { reason: Reason::UnsafeXml, offset, complaint: complaint.into() }
    }

    pub fn not_cda(offset: usize, complaint: impl Into<String>) -> Self {
        Self { reason: Reason::NotCda, offset, complaint: complaint.into() }
    }

    /// The refusal, with the place as people count it.
    pub fn refuse(self, text: &str) -> Refusal {
        let (line, column) = line_and_column(text, self.offset);
        Refusal { reason: self.reason, detail: format!("line {line}, column {column}: {}", self.complaint) }
    }
}

/// Line and column of a byte offset, both from 1; a column is a character, a line ends with LF, CR or both (XML 1.0, 2.11).
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let start_of_line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    (1 + line_ends(before), 1 + before[start_of_line..].chars().count())
}

/// How many lines end in a text: with vector instructions, for a document without sections is counted to its end. So many pairs at once as a byte can
/// count, for that compiles to more of them.
pub(super) fn line_ends(text: &str) -> usize {
    let bytes = text.as_bytes();
    let line_feeds = memchr_iter(b'\n', bytes).count();
    let Some(first) = memchr(b'\r', bytes) else { return line_feeds };
    const PAIRS: usize = u8::MAX as usize;
    let rest = &bytes[first..];
    let is_pair = |(first, second): (&u8, &u8)| u8::from((*first == b'\r') & (*second == b'\n'));
    let blocks = rest.chunks(PAIRS).zip(rest[1..].chunks(PAIRS));
    let pairs: usize = blocks.map(|(firsts, seconds)| usize::from(firsts.iter().zip(seconds).map(is_pair).sum::<u8>())).sum();
    line_feeds + memchr_iter(b'\r', rest).count() - pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let text = "ab\nçd\r\ne\rf";
        let places = [0, 3, 5, 8, 10].map(|offset| line_and_column(text, offset));
        assert_eq!(places, [(1, 1), (2, 1), (2, 2), (3, 1), (4, 1)]);
    }

    #[test]
    fn both_bytes_of_a_windows_line_end_are_one_end() {
        for length in [254, 255, 256, 511] {
            assert_eq!(line_ends(&"\r\n".repeat(length)), length);
            assert_eq!(line_ends(&format!("{}\r\n\r", "\n".repeat(length))), length + 2);
        }
        assert_eq!(["", "\n", "\r", "\r\n", "\n\r", "\r\r\n\n", "a\rb\r\nc\n"].map(line_ends), [0, 1, 1, 1, 2, 3, 3]);
    }

    #[test]
    fn an_offset_beyond_the_text_or_within_a_character_has_a_place_too() {
        assert_eq!(line_and_column("aç", 2), (1, 2));
        assert_eq!(line_and_column("a\n", 99), (2, 1));
    }
}

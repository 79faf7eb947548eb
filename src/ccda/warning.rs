//! What is odd about an accepted chart. A warning never decides anything; it is kept beside the document for whoever wonders later.

use std::fmt;

use serde::{Serialize, Serializer};

use super::refusal::line_ends;
use crate::domain::words;

words! {
    /// The kinds of oddity; the words are stable, for they stand in `documents.warnings`.
    pub enum WarningCode {
        /// A prefix without a declaration in scope.
        UnboundPrefix = "unbound_prefix",
        /// A name or a declaration that "Namespaces in XML" forbids: two colons, a reserved prefix, a prefix bound to nothing.
        MisusedPrefix = "misused_prefix",
        /// The bytes are of another encoding than the XML declaration says.
        EncodingMismatch = "encoding_mismatch",
        /// The document has no `id`, or one without a root.
        NoDocumentId = "no_document_id",
        /// The document says no time.
        NoEffectiveTime = "no_effective_time",
        /// The document's time is no time, or a placeholder for none.
        BadEffectiveTime = "bad_effective_time",
        /// No `recordTarget`.
        NoPatient = "no_patient",
        /// More than one `recordTarget`.
        SeveralPatients = "several_patients",
        /// The first `recordTarget` has no id that could be compared: null flavour, masked, or none.
        NoPatientId = "no_patient_id",
        /// A birth time is no time, or a placeholder for none.
        BadBirthTime = "bad_birth_time",
        /// Neither a section nor an unstructured body.
        NoSections = "no_sections",
    }
}

impl Serialize for WarningCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One kind of oddity of a document, and how often it occurs. Serialised: `{"code":"unbound_prefix","count":12,"line":3}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Warning {
    pub code: WarningCode,
    pub count: u64,
    /// The line of the first occurrence, from 1; the last one of the document for what is missing in all of it.
    pub line: u64,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} times, first in line {})", self.code, self.count, self.line)
    }
}

/// The warnings of a document while it is read: places as byte offsets, because lines are only counted at the end.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    seen: Vec<Seen>,
}

#[derive(Debug)]
struct Seen {
    code: WarningCode,
    count: u64,
    offset: usize,
}

impl Warnings {
    pub fn add(&mut self, code: WarningCode, offset: usize) {
        match self.seen.iter_mut().find(|seen| seen.code == code) {
            Some(seen) => seen.count += 1,
            None => self.seen.push(Seen { code, count: 1, offset }),
        }
    }

    /// The warnings with their lines, in the order of the text, which is walked once.
    pub fn locate(mut self, text: &str) -> Vec<Warning> {
        self.seen.sort_by_key(|seen| seen.offset);
        let (mut line, mut counted) = (1, 0);
        let mut warnings = Vec::with_capacity(self.seen.len());
        for Seen { code, count, offset } in self.seen {
            let offset = text.floor_char_boundary(offset);
            line += line_ends(&text[counted..offset]) as u64;
            counted = offset;
            warnings.push(Warning { code, count, line });
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_once_with_its_count_and_its_first_line() {
        let mut warnings = Warnings::default();
        warnings.add(WarningCode::NoSections, 9);
        warnings.add(WarningCode::UnboundPrefix, 3);
        warnings.add(WarningCode::UnboundPrefix, 6);
        let located = warnings.locate("a\n\nb\ncd\ne");
        let json = serde_json::to_string(&located).unwrap();
        assert_eq!(json, r#"[{"code":"unbound_prefix","count":2,"line":3},{"code":"no_sections","count":1,"line":5}]"#);
    }
}

//! The facts of a header that everyone asks for. A clinician's document keeps what it says; nothing is repaired here.

use std::fmt;

use super::wellformed::is_blank;
use crate::domain::{self, Identity};

/// Social security numbers: a person's id, and no record number.
const SOCIAL_SECURITY: &str = "2.16.840.1.113883.4.1";

/// What a document says about itself. It names the patient, so `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// `id/@root`
    pub document_root: Option<String>,
    /// `id/@extension`
    pub document_extension: Option<String>,
    /// `code/@code`, LOINC's code of the document type.
    pub code: Option<String>,
    /// `title`, its white space collapsed, cut at 4 KiB.
    pub title: Option<String>,
    /// `effectiveTime/@value` as ISO 8601 of its own precision; `None` for what is no time.
    pub effective_time: Option<String>,
    /// `effectiveTime/@value` as it stands.
    pub effective_time_raw: Option<String>,
    /// Root of the patient's id, chosen by [`Person::record_number`].
    pub mrn_root: Option<String>,
    /// Extension of the patient's id: a medical record number as a rule.
    pub mrn_extension: Option<String>,
    /// One for each `recordTarget`, in the document's order; 64 at most.
    pub persons: Vec<Person>,
}

/// Whom a `recordTarget` names; what identity is compared by. Empty values count as absent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// `patientRole/id`, in the document's order; 64 at most.
    pub ids: Vec<PatientId>,
    /// The first family name of the first name that has one.
    pub family: Option<String>,
    /// The first given name of the first name that has one.
    pub given: Option<String>,
    /// `birthTime/@value` as it stands.
    pub birth_time_raw: Option<String>,
}

/// An instance identifier (II) of a patient.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PatientId {
    pub root: Option<String>,
    pub extension: Option<String>,
    pub null_flavor: Option<String>,
}

impl Header {
    /// Whom it names, as far as persons can be compared by it.
    pub fn identity(&self) -> Identity {
        Identity(self.persons.iter().map(Person::comparable).collect())
    }
}

impl PatientId {
    /// Whether it can tell one patient from another: root and extension, no null flavour, neither masked nor a word for "unknown".
    pub fn is_comparable(&self) -> bool {
        self.null_flavor.is_none()
            && self.root.is_some()
            && self.extension.as_deref().is_some_and(|it| !is_masked(it) && !is_null_flavor(it))
    }
}

/// `***-**-1234`, `XXX-XX-1234`: the sender hides the identifier.
fn is_masked(extension: &str) -> bool {
    extension.contains('*') || extension.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("xxx"))
}

/// A null flavour in the wrong place; several vendors write `extension="UNK"`.
fn is_null_flavor(extension: &str) -> bool {
    matches!(extension, "UNK" | "NI" | "NA" | "NAV" | "NASK" | "ASKU" | "MSK" | "OTH")
}

impl Person {
    /// The id to know the patient by: the first comparable one that is no social security number, else the first with an extension. The fallback
    /// may be such a number: some vendors put their own under its root, and the root stands beside it.
    pub fn record_number(&self) -> Option<&PatientId> {
        let is_record_number = |id: &&PatientId| id.is_comparable() && id.root.as_deref() != Some(SOCIAL_SECURITY);
        self.ids.iter().find(is_record_number).or_else(|| self.ids.iter().find(|id| id.extension.is_some()))
    }

    fn comparable(&self) -> domain::Person {
        let ids = self.ids.iter().filter(|id| id.is_comparable());
        domain::Person {
            ids: ids.filter_map(|id| id.root.clone().zip(id.extension.clone())).collect(),
            family: self.family.clone(),
            given: self.given.clone(),
            birth_date: self.birth_time_raw.clone(),
        }
    }
}

/// White space collapsed; `None` if nothing else is there.
pub(super) fn collapse(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The value itself unless it is blank.
pub(super) fn present(text: String) -> Option<String> {
    (!is_blank(&text)).then_some(text)
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Header(…)")
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

impl fmt::Debug for PatientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatientId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(ids: &[(&str, &str, &str)]) -> Person {
        let field = |text: &str| present(text.to_owned());
        let ids = ids.iter().map(|(root, extension, flavor)| PatientId {
            root: field(root),
            extension: field(extension),
            null_flavor: field(flavor),
        });
        Person { ids: ids.collect(), ..Person::default() }
    }

    fn record_number(ids: &[(&str, &str, &str)]) -> Option<String> {
        person(ids).record_number().and_then(|id| id.extension.clone())
    }

    #[test]
    fn the_first_id_that_tells_patients_apart_is_the_record_number() {
        let ids = [
            ("2.16.840.1.113883.4.1", "123-45-6789", ""),
            ("1.2", "", ""),
            ("1.3", "***1", ""),
            ("1.4", "77", "UNK"),
            ("1.4", "UNK", ""),
            ("1.5", "42", ""),
            ("1.6", "43", ""),
        ];
        assert_eq!(record_number(&ids).as_deref(), Some("42"));
    }

    #[test]
    fn without_such_an_id_the_first_extension_stands_in() {
        assert_eq!(record_number(&[("1.2", "", "NI"), ("", "7", ""), ("1.4", "8", "UNK")]).as_deref(), Some("7"));
        assert_eq!(record_number(&[("1.2", "", ""), ("2.16.840.1.113883.4.1", "EMR-7", "")]).as_deref(), Some("EMR-7"));
        assert_eq!(record_number(&[("1.2", "", "NI"), ("1.3", "", "")]), None);
    }

    #[test]
    fn debug_names_nobody() {
        let header = Header { title: Some("Chart of Ann".into()), persons: vec![person(&[("1.2", "42", "")])], ..Header::default() };
        assert_eq!(format!("{header:?} {:?} {:?}", header.persons, header.persons[0].ids), "Header(…) [Person(…)] [PatientId(…)]");
    }
}

//! The facts of a header that everyone asks for. A clinician's document keeps what it says; nothing is repaired here.

use std::fmt;

use super::wellformed::is_blank;

/// Social security numbers: an id that many systems share, never one that we compare or store in a column.
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

impl PatientId {
    /// Whether it tells one patient from another: root and extension, no null flavour, no social security number, not masked.
    pub fn is_usable(&self) -> bool {
        self.null_flavor.is_none() && self.root.is_some() && self.is_showable()
    }

    /// Whether its extension may stand in a column.
    fn is_showable(&self) -> bool {
        self.root.as_deref() != Some(SOCIAL_SECURITY) && self.extension.as_deref().is_some_and(|extension| !is_masked(extension))
    }
}

/// `***-**-1234`, `XXX-XX-1234`: the sender hides the identifier.
fn is_masked(extension: &str) -> bool {
    extension.contains('*') || extension.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("xxx"))
}

impl Person {
    /// The id to know the patient by: the first usable one, else the first that has an extension to show.
    pub fn record_number(&self) -> Option<&PatientId> {
        self.ids.iter().find(|id| id.is_usable()).or_else(|| self.ids.iter().find(|id| id.is_showable()))
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
        let ids = ids.iter().map(|(root, extension, flavor)| PatientId { root: field(root), extension: field(extension), null_flavor: field(flavor) });
        Person { ids: ids.collect(), ..Person::default() }
    }

    fn record_number(ids: &[(&str, &str, &str)]) -> Option<String> {
        person(ids).record_number().and_then(|id| id.extension.clone())
    }

    #[test]
    fn the_first_usable_id_is_the_record_number() {
        let ids = [("2.16.840.1.113883.4.1", "123-45-6789", ""), ("1.2", "", ""), ("1.3", "***1", ""), ("1.4", "77", "UNK"), ("1.5", "42", ""), ("1.6", "43", "")];
        assert_eq!(record_number(&ids).as_deref(), Some("42"));
    }

    #[test]
    fn without_a_usable_id_the_first_extension_stands_in_but_never_a_hidden_one() {
        assert_eq!(record_number(&[("1.2", "", "NI"), ("", "7", ""), ("1.4", "8", "UNK")]).as_deref(), Some("7"));
        assert_eq!(record_number(&[("2.16.840.1.113883.4.1", "123-45-6789", ""), ("1.2", "XXX-XX-6789", ""), ("1.3", "", "")]), None);
    }

    #[test]
    fn debug_names_nobody() {
        let header = Header { title: Some("Chart of Ann".into()), persons: vec![person(&[("1.2", "42", "")])], ..Header::default() };
        assert_eq!(format!("{header:?} {:?} {:?}", header.persons, header.persons[0].ids), "Header(…) [Person(…)] [PatientId(…)]");
    }
}

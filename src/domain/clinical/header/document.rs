//! A document's own facts: which one it is, and the care that it is about.

use super::super::{Code, InstanceId, Interval, Time};

/// What stands once in a header. Of acts that may stand there more often it has the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentHeader {
    pub path: String,
    pub id: InstanceId,
    /// The same in all versions of a document.
    pub set_id: InstanceId,
    pub version_number: Option<i64>,
    pub version_number_raw: Option<String>,
    pub code: Code,
    pub title: Option<String>,
    /// Root and extension.
    pub templates: Vec<(String, Option<String>)>,
    /// When the document was made.
    pub created: Time,
    pub confidentiality: Code,
    pub language: Code,
    /// RPLC: it replaces its parent; APND: it adds to it; XFRM: it was made of it.
    pub related_type: Option<String>,
    pub parent_id: InstanceId,
    pub parent_set_id: InstanceId,
    /// The time that the care took.
    pub service: Interval,
    pub visit_id: InstanceId,
    pub visit_code: Code,
    pub visit: Interval,
    pub disposition: Code,
    /// Name of the place of the visit.
    pub location: Option<String>,
    /// Who was responsible for the visit.
    pub responsible: Option<String>,
}

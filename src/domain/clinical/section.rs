//! A section of a document, known or not: its place, its codes, and its narrative as plain text.

use super::Digest;

/// One `section` element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Its place among the document's sections, from 1 on.
    pub seq: u32,
    /// The section that it lies in.
    pub parent_seq: Option<u32>,
    /// 1 for a section of the body, 2 for one within that.
    pub depth: u32,
    /// From the root: `ClinicalDocument/component/structuredBody/component[3]/section`.
    pub path: String,
    /// Which of the guide's sections it is, by its template, else by its LOINC code.
    pub name: Option<&'static str>,
    /// The table in which its entries belong; `None` where they have none yet.
    pub domain: Option<&'static str>,
    pub code: Option<String>,
    /// OID of the code's system, as written.
    pub code_system: Option<String>,
    pub display: Option<String>,
    pub title: Option<String>,
    /// The template by which it is known, else its first one.
    pub template_root: Option<String>,
    pub template_ext: Option<String>,
    /// All of them: root and extension.
    pub templates: Vec<(String, Option<String>)>,
    pub null_flavor: Option<String>,
    /// Its own narrative without that of the sections in it; cells of a row stand side by side.
    pub text: Option<String>,
    /// `entry` elements of its own.
    pub entries: u32,
    /// Those of them that no rule takes.
    pub unknown_entries: u32,
    /// Rows that were made of its entries, whatever their table.
    pub rows: u32,
    /// Of its own content without the sections in it.
    pub content_digest: Option<Digest>,
}

//! What every row of a clinical table says of the entry that it was made of.

use std::sync::Arc;

use super::{Coded, InstanceId, Time, Times};

/// What a row asserts, so that nobody has to guess it from flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Assertion {
    #[default]
    Present,
    /// It is said not to be so.
    Absent,
    /// None of this kind is known: "no known problems".
    NoKnown,
    /// No allergies to drugs are known.
    NoKnownDrug,
    /// No allergies to food are known.
    NoKnownFood,
    /// Somebody was asked, and is not allergic to just this.
    NotAllergicTo,
    /// It was not given or done, although it might have been.
    Refused,
    /// A placeholder that says nothing.
    NoInformation,
}

impl Assertion {
    /// The word in the column `assertion`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::NoKnown => "no_known",
            Self::NoKnownDrug => "no_known_drug",
            Self::NoKnownFood => "no_known_food",
            Self::NotAllergicTo => "not_allergic_to",
            Self::Refused => "refused",
            Self::NoInformation => "no_information",
        }
    }
}

/// Who wrote it down: the nearest author, of the entry or of a statement around it, else of the section, else of the document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    pub time: Option<Time>,
    pub name: Option<String>,
    pub npi: Option<String>,
    pub organization: Option<String>,
}

/// The facts of an entry that every row has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its place among all rows of entries in the document, in the document's order, from 1 on.
    pub seq: u32,
    /// The row that it stands within, such as an encounter's.
    pub parent_seq: Option<u32>,
    pub section_seq: u32,
    /// Of its element, below the section's.
    pub path: String,
    /// `section` in its domain's own section, else the name of the place.
    pub context: &'static str,
    /// Local name of the element.
    pub element: String,
    /// The template by which it was taken, else its first.
    pub template_root: Option<String>,
    pub template_ext: Option<String>,
    pub class: Option<String>,
    pub mood: Option<String>,
    pub ids: Vec<InstanceId>,
    pub negated: bool,
    pub null_flavor: Option<String>,
    /// Lower case.
    pub status: Option<String>,
    pub times: Times,
    pub code: Coded,
    pub text: Option<String>,
    /// What `text/reference` points to, without its `#`.
    pub narrative_id: Option<String>,
    pub author: Arc<Author>,
    pub comment: Option<String>,
    pub assertion: Assertion,
}

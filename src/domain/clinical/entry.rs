//! What every row of a clinical table says of the entry that it was made of, and the pieces that rows are made of: times and codes.

/// A point in time as a document gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Time {
    /// As written; or what stands in `nullFlavor` where there is no value.
    pub raw: String,
    /// ISO 8601 at its own precision, sortable; `None` for what is no time, and for placeholders such as 00010101.
    pub iso: Option<String>,
    /// `year`, `month`, `day`, `hour`, `minute`, `second` or `fraction`.
    pub precision: Option<&'static str>,
}

/// Beginning and end, or a single moment. A document may give all of them, and they may contradict each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times {
    pub start: Option<Time>,
    pub end: Option<Time>,
    /// UNK: it is over, and nobody knows since when.
    pub end_null_flavor: Option<String>,
    pub time: Option<Time>,
}

impl Times {
    /// Whether it ends before it starts.
    pub fn contradict(&self) -> bool {
        let iso = |time: &Option<Time>| time.as_ref().and_then(|time| time.iso.clone());
        iso(&self.start).zip(iso(&self.end)).is_some_and(|(start, end)| {
            // Of different precision, they are compared as far as both go: the year 2017 does not end before May 2017.
            let common = start.len().min(end.len());
            start.get(..common) > end.get(..common)
        })
    }
}

/// One code of a coded element: itself, or one of its translations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Code {
    pub code: Option<String>,
    /// OID of its system, or whatever stands in its place.
    pub system: Option<String>,
    pub display: Option<String>,
    pub null_flavor: Option<String>,
}

/// A coded element with all that it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coded {
    /// The element itself first, then its translations in order.
    pub codes: Vec<Code>,
    /// Which of them the row carries: an index.
    pub chosen: Option<usize>,
    /// What the clinician saw: inline, else resolved into the narrative.
    pub original_text: Option<String>,
    /// Of the element itself.
    pub null_flavor: Option<String>,
}

impl Coded {
    /// The code that the row carries.
    pub fn preferred(&self) -> Option<&Code> {
        self.codes.get(self.chosen?)
    }

    /// The first of its codes that is of this system.
    pub fn of(&self, system: &str) -> Option<&str> {
        self.codes.iter().find(|code| code.system.as_deref() == Some(system))?.code.as_deref()
    }

    /// Its name: of the code that was chosen, else of any, else as the clinician saw it.
    pub fn display(&self) -> Option<&str> {
        let of_any = || self.codes.iter().find_map(|code| code.display.as_deref());
        self.preferred().and_then(|code| code.display.as_deref()).or(self.original_text.as_deref()).or_else(of_any)
    }

    /// Whether it names anything at all.
    pub fn says_something(&self) -> bool {
        self.chosen.is_some() || self.original_text.is_some() || self.codes.iter().any(|code| code.display.is_some())
    }
}

/// An instance identifier. None of them is unique, not even in its document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Id {
    pub root: Option<String>,
    pub extension: Option<String>,
    pub null_flavor: Option<String>,
}

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

/// Who wrote it down: the nearest author, of the entry or of a statement around it.
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
    pub ids: Vec<Id>,
    pub negated: bool,
    pub null_flavor: Option<String>,
    /// Lower case.
    pub status: Option<String>,
    pub times: Times,
    pub code: Coded,
    pub text: Option<String>,
    /// What `text/reference` points to, without its `#`.
    pub narrative_id: Option<String>,
    pub author: Author,
    pub comment: Option<String>,
    pub assertion: Assertion,
}

//! The values that rows are made of: a code, a time, an identifier. Each keeps what the document says of a value that it lacks, apart from the value.

/// A code (CD, CE, CS), or one of the translations of a coded element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Code {
    pub code: Option<String>,
    /// OID of the code's system; as written where that is none.
    pub system: Option<String>,
    /// The system's usual name, such as LOINC.
    pub system_name: Option<&'static str>,
    /// Its name, else the words that were coded.
    pub display: Option<String>,
    pub null_flavor: Option<String>,
    /// It has not the shape of its system's codes.
    pub shape_conflict: bool,
}

/// A coded element of an entry with all that it says.
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

    /// The first of its codes that is of the system with this usual name.
    pub fn of(&self, system: &str) -> Option<&str> {
        self.codes.iter().filter(|code| code.system_name == Some(system)).find_map(|code| code.code.as_deref())
    }

    /// Its name: of the code that was chosen, or of the element itself where no code was; else as the clinician saw it; else of any.
    pub fn display(&self) -> Option<&str> {
        let of_any = || self.codes.iter().find_map(|code| code.display.as_deref());
        let named = self.preferred().or(self.codes.first().filter(|_| self.chosen.is_none()));
        named.and_then(|code| code.display.as_deref()).or(self.original_text.as_deref()).or_else(of_any)
    }

    /// Whether it names anything at all.
    pub fn says_something(&self) -> bool {
        self.chosen.is_some() || self.original_text.is_some() || self.codes.iter().any(|code| code.display.is_some())
    }
}

/// A point in time (TS).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Time {
    /// ISO 8601 of its own precision; `None` for a placeholder and for what is no time.
    pub iso: Option<String>,
    /// `year`, `month`, `day`, `hour`, `minute`, `second` or `fraction`.
    pub precision: Option<&'static str>,
    /// As written; or what stands in `nullFlavor` where there is no value.
    pub raw: Option<String>,
    pub null_flavor: Option<String>,
}

/// An interval of time (IVL_TS). One that is a single point starts there and has no end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interval {
    pub start: Time,
    pub end: Time,
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

/// An instance identifier (II). None of them is unique, not even in its document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceId {
    pub root: Option<String>,
    pub extension: Option<String>,
    /// Who assigned it, in words.
    pub authority: Option<String>,
    pub null_flavor: Option<String>,
}

impl InstanceId {
    /// The number by which a provider is known in the United States (NPI).
    pub fn npi(&self) -> Option<&str> {
        let is_one = self.root.as_deref() == Some("2.16.840.1.113883.4.6") && self.null_flavor.is_none();
        self.extension.as_deref().filter(|_| is_one)
    }
}

/// A part of a name or of an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Its element, such as `given` or `city`.
    pub kind: String,
    pub text: Option<String>,
    /// What sort of a part it is: BR of birth, CL what they are called, AC academic …
    pub qualifier: Option<String>,
    pub null_flavor: Option<String>,
}

//! A CSV file with a header: which column is where, and lines that have as many fields as it.

use std::{
    io::{self, Read},
    path::Path,
};

use super::{
    csv_lines::{CsvLines, Fields, LineFault},
    mistake::{Findings, Place},
    names::{Files, Names, Spot, Unknown},
    nearest::nearest,
};

/// What is wrong with a file's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeaderMistake {
    pub line: u64,
    pub column: Option<String>,
    pub text: String,
}

/// Why nothing at all could be read from a file.
#[derive(Debug)]
pub(super) enum Unreadable {
    File(io::Error),
    /// It was opened, and is not to be read.
    Refused(String),
    Header(Vec<HeaderMistake>),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl Unreadable {
    /// Notes it: the file itself where it is named, its header where that stands.
    pub fn note(self, path: &Path, named_at: Place, findings: &Findings) {
        match self {
            Self::File(error) => findings.configuration(named_at, format!("cannot read {}: {error}", path.display())),
            Self::Refused(text) => findings.configuration(named_at, text),
            Self::Header(mistakes) => mistakes.into_iter().for_each(|mistake| {
                findings.roster(|| (Place { key: mistake.column, ..Place::line(path, mistake.line) }, mistake.text));
            }),
        }
    }
}

/// What is wrong with a line. Texts name tenants and accounts, never what else the line holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LineMistake {
    Fault(LineFault),
    FieldCount { found: usize, expected: usize },
    Empty { column: &'static str },
    ControlCharacter { column: &'static str },
    NoDate { column: &'static str },
    Unknown(Unknown),
    AccountTwice { tenant: u32, account: String, first: Spot },
}

impl LineMistake {
    pub fn column(&self) -> Option<&'static str> {
        match self {
            Self::Fault(_) | Self::FieldCount { .. } => None,
            Self::Empty { column } | Self::ControlCharacter { column } | Self::NoDate { column } => Some(column),
            Self::Unknown(unknown) => Some(unknown.column()),
            Self::AccountTwice { .. } => Some("account"),
        }
    }

    /// What to tell about it on a line of the file `seen_from`.
    pub fn explain(&self, names: &Names, files: &Files, seen_from: u32) -> String {
        match self {
            Self::Fault(fault) => fault.to_string(),
            Self::FieldCount { found, expected } => format!("the number of fields is {found}; the header has {expected}"),
            Self::Empty { .. } => "is empty".to_owned(),
            Self::ControlCharacter { .. } => "holds a control character".to_owned(),
            Self::NoDate { .. } => "holds no date; expected YYYY-MM-DD, or nothing".to_owned(),
            Self::Unknown(unknown) => names.explain(unknown),
            Self::AccountTwice { tenant, account, first } => {
                let first = files.name(*first, seen_from);
                format!("account {account} of tenant {} stands twice, first on {first}", names.tenant_name(*tenant))
            }
        }
    }
}

/// A file whose header was read.
pub(super) struct CsvTable<R> {
    lines: CsvLines<R>,
    pub header: Header,
}

/// The names of the columns, without blanks around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    line: u64,
    names: Vec<String>,
}

impl<R: Read> CsvTable<R> {
    /// Reads the header.
    pub fn open(reader: R) -> Result<Self, Unreadable> {
        let mut lines = CsvLines::new(reader)?;
        let mistake = |line, text: String| Unreadable::Header(vec![HeaderMistake { line, column: None, text }]);
        let header = match lines.next(None)? {
            None => return Err(mistake(1, "is empty; expected a header".to_owned())),
            Some((line, Err(fault))) => return Err(mistake(line, fault.to_string())),
            Some((line, Ok(fields))) => Header { line, names: fields.iter().map(|name| name.trim().to_owned()).collect() },
        };
        Ok(Self { lines, header })
    }

    /// The next line's number and its fields, as many as the header has.
    pub fn next(&mut self) -> io::Result<Option<(u64, Result<Fields<'_>, LineMistake>)>> {
        let expected = self.header.names.len();
        let counted = |fields: Fields<'_>| fields.len() == expected;
        Ok(self.lines.next(Some(expected))?.map(|(line, fields)| match fields {
            Ok(fields) if counted(fields) => (line, Ok(fields)),
            Ok(fields) => (line, Err(LineMistake::FieldCount { found: fields.len(), expected })),
            Err(fault) => (line, Err(LineMistake::Fault(fault))),
        }))
    }
}

impl Header {
    pub fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|column| column == name)
    }

    pub fn columns(&self) -> impl Iterator<Item = (usize, &str)> {
        self.names.iter().enumerate().map(|(index, name)| (index, name.as_str()))
    }

    /// Every required column that is missing, every one without a name, and every one that stands twice.
    ///
    /// Nothing that stands in the file is shown, columns go by their numbers: where the header was forgotten, its place is taken by a line of
    /// passwords or patient tokens.
    pub fn mistakes(&self, required: &[&str]) -> Vec<HeaderMistake> {
        let missing = required.iter().filter(|name| self.index(name).is_none()).map(|name| self.missing(name));
        let unnamed = self
            .columns()
            .filter(|(_, name)| name.is_empty())
            .map(|(index, _)| self.mistake(None, format!("column {} has no name", index + 1)));
        let twice = self.columns().filter(|(_, name)| !name.is_empty());
        let twice = twice.filter_map(|(index, name)| self.index(name).filter(|first| *first != index).map(|first| (first, index)));
        let twice = twice.map(|(first, index)| self.mistake(None, format!("columns {} and {} have the same name", first + 1, index + 1)));
        missing.chain(unnamed).chain(twice).collect()
    }

    pub fn mistake(&self, column: Option<&str>, text: String) -> HeaderMistake {
        HeaderMistake { line: self.line, column: column.map(str::to_owned), text }
    }

    fn missing(&self, name: &str) -> HeaderMistake {
        let hint = match self.names.as_slice() {
            [one] if one.contains(';') => "; it looks separated by semicolons, save it with commas".to_owned(),
            [one] if one.contains('\t') => "; it looks separated by tabs, save it with commas".to_owned(),
            names => nearest(name, names.iter().map(String::as_str))
                .and_then(|word| self.index(word))
                .map_or_else(String::new, |index| format!("; did you mean column {}?", index + 1)),
        };
        self.mistake(Some(name), format!("the header has no such column{hint}"))
    }
}

/// The text of a cell that must hold some.
pub(super) fn cell<'a>(text: &'a str, column: &'static str) -> Result<&'a str, LineMistake> {
    match text {
        "" => Err(LineMistake::Empty { column }),
        text if text.contains(char::is_control) => Err(LineMistake::ControlCharacter { column }),
        text => Ok(text),
    }
}

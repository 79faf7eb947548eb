//! TOML tables with a place for every key: takes keys one by one, notes each mistake, and what nobody took as unknown.
//!
//! Knows TOML and places; what a value means is for the `values` that it is given.

use std::{
    cell::RefCell,
    fs::File,
    io::{self, Read},
    ops::Range,
    path::Path,
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use zeroize::Zeroizing;

use super::{
    mistake::{Findings, Place},
    nearest::did_you_mean,
    values::describe,
};

/// A value as the parser gives it, with where it stands.
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// The text of one TOML file. Zeroed when dropped, for a roster may hold literal secrets.
pub(super) struct Source<'a> {
    pub path: &'a Path,
    text: Zeroizing<String>,
    pub findings: &'a Findings,
}

/// The text of a file. A database may be larger than memory, so one that was named in its place is known by its first bytes.
fn text(path: &Path) -> io::Result<String> {
    let mut head = [0; 16];
    // A pipe gives its bytes only once.
    if path.metadata()?.is_file() && File::open(path)?.read_exact(&mut head).is_ok() && head == *b"SQLite format 3\0" {
        return Err(io::Error::other("it is a database, which is named with --database"));
    }
    std::fs::read_to_string(path)
}

/// One table of a file.
pub(super) struct Table<'a> {
    pub source: &'a Source<'a>,
    entries: &'a DeTable<'a>,
    /// Dotted path of this table; empty for the file itself.
    prefix: String,
    span: Range<usize>,
    taken: RefCell<Vec<&'static str>>,
}

impl<'a> Source<'a> {
    /// Reads the file; `named_at` says which key named it, for the message when that fails.
    pub fn read(path: &'a Path, named_at: Option<Place>, findings: &'a Findings) -> Option<Self> {
        match text(path) {
            Ok(text) => Some(Self { path, text: Zeroizing::new(text), findings }),
            Err(error) => {
                match named_at {
                    Some(place) => findings.configuration(place, format!("cannot read {}: {error}", path.display())),
                    None => findings.configuration(Place::file(path), format!("cannot be read: {error}")),
                }
                None
            }
        }
    }

    /// Parses it; every syntax error is noted with its line.
    pub fn parse(&self) -> Option<Spanned<DeTable<'_>>> {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        for error in &errors {
            let line = error.span().map(|span| self.line(span.start));
            // The parser's own text would show the line itself, which may hold a secret.
            self.findings
                .configuration(Place { line, ..Place::file(self.path) }, format!("no valid TOML: {}", error.message().replace('\n', ", ")));
        }
        errors.is_empty().then_some(table)
    }

    /// The line, counted from 1, that the byte at `offset` stands in.
    pub fn line(&self, offset: usize) -> u64 {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
    }

    /// A path as this file names it: relative to the folder that the file is in.
    pub fn resolve(&self, path: impl AsRef<Path>) -> std::path::PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

impl<'a> Table<'a> {
    /// The outermost table of a file.
    pub fn root(source: &'a Source<'a>, table: &'a Spanned<DeTable<'a>>) -> Self {
        Self::new(source, table.get_ref(), String::new(), 0..0)
    }

    fn new(source: &'a Source<'a>, entries: &'a DeTable<'a>, prefix: String, span: Range<usize>) -> Self {
        Self { source, entries, prefix, span, taken: RefCell::default() }
    }

    /// Whether `key` stands here; it counts as known from now on.
    pub fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// Takes `key` as `read` understands it; `None` when it is not there, or when it is wrong, which is noted.
    pub fn take<T>(&self, key: &'static str, read: impl FnOnce(&DeValue<'a>) -> Result<T, String>) -> Option<T> {
        let value = self.get(key)?;
        read(value.get_ref()).map_err(|text| self.mistake(key, text)).ok()
    }

    /// The same for a key that must be there.
    pub fn require<T>(&self, key: &'static str, read: impl FnOnce(&DeValue<'a>) -> Result<T, String>) -> Option<T> {
        if !self.has(key) {
            self.mistake(key, "is missing");
        }
        self.take(key, read)
    }

    /// The value of `key` as it is.
    pub fn get(&self, key: &'static str) -> Option<&'a Value<'a>> {
        self.taken.borrow_mut().push(key);
        self.entries.get(key)
    }

    /// The table `key`; something else in its place is noted.
    pub fn table(&self, key: &'static str) -> Option<Table<'a>> {
        self.sub_table(key, self.get(key)?)
    }

    /// The tables of the array `[[key]]`, with what is no table noted; none where `key` is not there.
    pub fn tables(&self, key: &'static str) -> Vec<Table<'a>> {
        match self.get(key) {
            None => Vec::new(),
            Some(value) => match value.get_ref() {
                DeValue::Array(items) => items.iter().filter_map(|item| self.sub_table(key, item)).collect(),
                other => {
                    self.mistake(key, format!("is {}; expected tables, written [[{}]]", describe(other), self.path(key)));
                    Vec::new()
                }
            },
        }
    }

    /// A value of this table as a table.
    pub fn sub_table(&self, key: &str, value: &'a Value<'a>) -> Option<Table<'a>> {
        match value.get_ref() {
            DeValue::Table(entries) => Some(Table::new(self.source, entries, self.path(key), value.span())),
            other => {
                self.mistake(key, format!("is {}; expected a table", describe(other)));
                None
            }
        }
    }

    /// Where `key` stands, or this table where the key is missing.
    pub fn place(&self, key: &str) -> Place {
        let offset = self.entries.get_key_value(key).map_or(self.span.start, |(key, _)| key.span().start);
        // The file itself has no line of its own: what is missing there is missing anywhere.
        let line = (self.entries.contains_key(key) || !self.prefix.is_empty()).then(|| self.source.line(offset));
        Place { file: self.source.path.to_owned(), line, key: Some(self.path(key)) }
    }

    /// Line of the table's own header.
    pub fn line(&self) -> u64 {
        self.source.line(self.span.start)
    }

    /// Notes a mistake about `key`.
    pub fn mistake(&self, key: &str, text: impl Into<String>) {
        self.source.findings.configuration(self.place(key), text);
    }

    /// Notes every key that nobody asked for, with the nearest that somebody did.
    pub fn finish(self) {
        let taken = self.taken.borrow();
        for key in self.entries.keys().map(|key| key.get_ref()).filter(|key| !taken.contains(&key.as_ref())) {
            if looks_like_a_key(key) {
                self.mistake(key, format!("is no key that is known here{}", did_you_mean(key, taken.iter().copied())));
            } else {
                let place = Place { key: (!self.prefix.is_empty()).then(|| self.prefix.clone()), ..self.place(key) };
                self.source.findings.configuration(place, "what stands on the left of the = is no key that is known here");
            }
        }
    }

    fn path(&self, key: &str) -> String {
        if self.prefix.is_empty() { key.to_owned() } else { format!("{}.{key}", self.prefix) }
    }
}

/// Whether a mistyped key looks so. Anything else is not shown: a password whose key was lost stands in its place.
fn looks_like_a_key(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'-')
}

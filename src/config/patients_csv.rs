//! A patients file: one patient a line, with its tenant, its account and the operator's own columns. Read as a stream, for it may have a million lines.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use chrono::NaiveDate;

use super::{
    csv_lines::Fields,
    csv_table::{CsvTable, Header, HeaderMistake, LineMistake, Unreadable, cell},
    names::Names,
};
use crate::{domain::PatientToken, export::RosterPatient};

/// The columns that mean something here; all others are the operator's own.
const COLUMNS: [&str; 3] = ["tenant", "account", "patient_token"];
/// One of the operator's own by which charts are told from another person's, so it has to be a date.
const BIRTH_DATE: &str = "birth_date";

/// A patients file as it was when it was checked.
#[derive(Debug, Clone)]
pub(super) struct PatientsFile {
    pub path: PathBuf,
    stamp: Stamp,
}

/// What changes when a file is written to or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: (u64, u64),
    length: u64,
    modified: (i64, i64),
}

/// The lines of a patients file.
pub(super) struct PatientLines<R = File> {
    table: CsvTable<R>,
    columns: Columns,
}

struct Columns {
    tenant: Option<usize>,
    account: Option<usize>,
    token: usize,
    birth_date: Option<usize>,
    /// Each of the operator's own with its name in JSON.
    extra: Vec<(usize, String)>,
}

impl PatientsFile {
    /// Opens the file for the first time.
    pub fn open(path: PathBuf, names: &Names) -> Result<(Self, PatientLines), Unreadable> {
        let file = open_regular(&path)?;
        let stamp = Stamp::of(&file)?;
        Ok((Self { path, stamp }, PatientLines::begin(file, names)?))
    }

    /// Opens it again; an error when it is no longer the file that was checked.
    pub fn reopen(&self, names: &Names) -> io::Result<PatientLines> {
        let file = open_regular(&self.path)?;
        if Stamp::of(&file)? != self.stamp {
            return Err(self.changed());
        }
        PatientLines::begin(file, names).map_err(|unreadable| match unreadable {
            Unreadable::File(error) => error,
            Unreadable::Refused(_) | Unreadable::Header(_) => self.changed(),
        })
    }

    /// The error of a file that says something else than when it was checked.
    pub fn changed(&self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, format!("{} was changed after it was checked; run again", self.path.display()))
    }
}

fn open_regular(path: &Path) -> io::Result<File> {
    // It is read twice, which a pipe does not allow; opening one would wait for its writer for ever.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    File::open(path)
}

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let inode = (metadata.dev(), metadata.ino());
        Ok(Self { inode, length: metadata.len(), modified: (metadata.mtime(), metadata.mtime_nsec()) })
    }
}

impl<R: Read> PatientLines<R> {
    /// Reads the header of a file.
    pub fn begin(file: R, names: &Names) -> Result<Self, Unreadable> {
        let table = CsvTable::open(file)?;
        let columns = Columns::of(&table.header, names).map_err(Unreadable::Header)?;
        Ok(Self { table, columns })
    }

    /// The next line's number, and the patient on it.
    pub fn next(&mut self, names: &Names) -> io::Result<Option<(u64, Result<RosterPatient, LineMistake>)>> {
        let line = self.table.next()?;
        Ok(line.map(|(line, fields)| (line, fields.and_then(|fields| self.columns.read(fields, names)))))
    }
}

impl Columns {
    fn of(header: &Header, names: &Names) -> Result<Self, Vec<HeaderMistake>> {
        let tenants = names.tenants().count();
        let accounts = names.account_count();
        // With several tenants, `account` may be left out too where the file's own tenants have but one each: that is seen line by line.
        let required: &[&str] = match (tenants, accounts) {
            (0 | 1, 0 | 1) => &COLUMNS[2..],
            (0 | 1, _) => &COLUMNS[1..],
            _ => &["tenant", "patient_token"],
        };
        let mistakes = header.mistakes(required);
        let Some(token) = header.index("patient_token").filter(|_| mistakes.is_empty()) else { return Err(mistakes) };
        let own = header.columns().filter(|(_, name)| !COLUMNS.contains(name));
        let extra = own.map(|(index, name)| (index, json(name))).collect();
        Ok(Self { tenant: header.index("tenant"), account: header.index("account"), token, birth_date: header.index(BIRTH_DATE), extra })
    }

    fn read(&self, fields: Fields<'_>, names: &Names) -> Result<RosterPatient, LineMistake> {
        let text = |column: Option<usize>| column.map_or("", |column| fields.get(column).trim());
        let token = cell(text(Some(self.token)), "patient_token")?;
        let tenant = names.tenant(text(self.tenant)).map_err(LineMistake::Unknown)?;
        let account = names.account(tenant, text(self.account)).map_err(LineMistake::Unknown)?;
        if !is_date_or_blank(text(self.birth_date)) {
            return Err(LineMistake::NoDate { column: BIRTH_DATE });
        }
        Ok(RosterPatient { account, token: PatientToken::new(token), extra: self.extra(fields) })
    }

    /// The operator's own columns as a JSON object, in the order of the file.
    fn extra(&self, fields: Fields<'_>) -> String {
        let length: usize = self.extra.iter().map(|(column, name)| name.len() + fields.get(*column).len() + 4).sum();
        let mut object = String::with_capacity(length + 2);
        object.push('{');
        for (place, (column, name)) in self.extra.iter().enumerate() {
            if place > 0 {
                object.push(',');
            }
            object.push_str(name);
            object.push(':');
            push_json(&mut object, fields.get(*column));
        }
        object.push('}');
        object
    }
}

/// `1970-01-31`, or `19700131` as HL7 writes it. By hand, because there may be a million of them.
fn is_date_or_blank(text: &str) -> bool {
    let (year, month, day) = match *text.as_bytes() {
        [] => return true,
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] | [y1, y2, y3, y4, m1, m2, d1, d2] => ([y1, y2, y3, y4], [m1, m2], [d1, d2]),
        _ => return false,
    };
    let number = |digits: &[u8]| digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')));
    let (year, month, day) = (number(&year), number(&month), number(&day));
    year.zip(month).zip(day).is_some_and(|((year, month), day)| NaiveDate::from_ymd_opt(year as i32, month, day).is_some())
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Most texts need no escape (RFC 8259, section 7), and these are copied at once.
fn push_json(to: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        return to.push_str(&json(text));
    }
    to.push('"');
    to.push_str(text);
    to.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (text, is_date) in [
            ("", true),
            ("1970-01-31", true),
            ("19700131", true),
            ("2024-02-29", true),
            ("2023-02-29", false),
            ("1970-1-31", false),
            ("1970-01-031", false),
            ("31.01.1970", false),
            ("1970_01_31", false),
            ("197001-31", false),
        ] {
            assert_eq!(is_date_or_blank(text), is_date, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_json_would(text in "\\PC*|[\"\\\\\n\t\u{7f}é]*") {
            let mut written = String::new();
            push_json(&mut written, &text);
            prop_assert_eq!(written, json(&text));
        }
    }
}

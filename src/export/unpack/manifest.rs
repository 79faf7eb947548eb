//! `documents.csv`: a line for each file of the folder, by patient and document. A further call adds its lines and leaves the others.

use std::{
    fs::File,
    io::{self, BufWriter},
};

use chrono::{DateTime, SecondsFormat};

use super::folder::{Folder, Unfinished};
use crate::store::documents::HandedOut;

/// The manifest's name in the folder.
pub const MANIFEST: &str = "documents.csv";

const HEADER: [&str; 11] =
    ["file", "tenant", "account", "patient_id", "document_id", "status", "fetched_at", "window_start", "window_end", "bytes", "sha256"];

/// The manifest as it becomes: the lines of the one before are merged in, so that neither is ever in memory.
pub struct Manifest<'a> {
    out: csv::Writer<BufWriter<Unfinished<'a>>>,
    before: Option<Before>,
}

impl<'a> Manifest<'a> {
    /// # Errors
    /// `InvalidData` where there is a file of this name that no call of ours has written.
    pub fn begin(folder: &'a Folder) -> io::Result<Self> {
        let before = folder.file(MANIFEST)?.map(Before::read).transpose()?;
        let out = BufWriter::new(folder.unfinished("manifest")?);
        let mut manifest = Self { out: csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out), before };
        manifest.out.write_record(HEADER)?;
        Ok(manifest)
    }

    /// The next document, in the order of patients and documents.
    pub fn line(&mut self, file: &str, document: &HandedOut, sha256: &[u8]) -> io::Result<()> {
        let key = (document.patient_id, document.id);
        self.copy_before(Some(key))?;
        let fetched = DateTime::from_timestamp_millis(document.fetched_at).map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true));
        let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        self.out.write_record([
            file,
            &document.tenant,
            &document.account,
            &document.patient_id.to_string(),
            &document.id.to_string(),
            &document.status,
            &fetched.unwrap_or_default(),
            document.window_start.as_deref().unwrap_or_default(),
            document.window_end.as_deref().unwrap_or_default(),
            &document.length.unwrap_or_default().to_string(),
            &sha256,
        ])?;
        Ok(())
    }

    /// Copies the lines of the manifest before that stand ahead of `key`, and leaves out the one that stands there.
    fn copy_before(&mut self, key: Option<(i64, i64)>) -> io::Result<()> {
        let Some(before) = &mut self.before else { return Ok(()) };
        while let Some((next, record)) = before.next.take() {
            if key.is_none_or(|key| next < key) {
                self.out.write_byte_record(&record)?;
            } else if key != Some(next) {
                before.next = Some((next, record));
                break;
            }
            before.advance()?;
        }
        Ok(())
    }

    /// Puts it in the place of the one before.
    pub fn end(mut self, folder: &Folder) -> io::Result<()> {
        self.copy_before(None)?;
        let out = self.out.into_inner().map_err(|error| io::Error::from(error.error().kind()))?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.replace(MANIFEST)?;
        folder.sync()
    }
}

/// The manifest that is there, one line ahead.
struct Before {
    records: csv::ByteRecordsIntoIter<File>,
    next: Option<((i64, i64), csv::ByteRecord)>,
}

impl Before {
    fn read(file: File) -> io::Result<Self> {
        let mut reader = csv::Reader::from_reader(file);
        if reader.byte_headers().map_err(not_ours)? != &csv::ByteRecord::from(HEADER.as_slice()) {
            return Err(not_ours("its header is another one"));
        }
        let mut before = Self { records: reader.into_byte_records(), next: None };
        before.advance()?;
        Ok(before)
    }

    fn advance(&mut self) -> io::Result<()> {
        let Some(record) = self.records.next() else { return Ok(()) };
        let record = record.map_err(not_ours)?;
        let number = |column: usize| std::str::from_utf8(record.get(column)?).ok()?.parse().ok();
        let (Some(patient), Some(document)) = (number(3), number(4)) else { return Err(not_ours("a line has no row ids")) };
        self.next = Some(((patient, document), record));
        Ok(())
    }
}

fn not_ours(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(patient_id: i64, id: i64, status: &str) -> HandedOut {
        HandedOut {
            id,
            patient_id,
            tenant_id: 1,
            tenant: "T, \"1\"".to_owned(),
            account: "a".to_owned(),
            status: status.to_owned(),
            fetched_at: 1_700_000_000_123,
            window_start: None,
            window_end: None,
            sha256: None,
            length: Some(3),
        }
    }

    fn call(folder: &Folder, documents: &[(i64, i64)], status: &str) -> io::Result<Vec<String>> {
        let mut manifest = Manifest::begin(folder)?;
        for (patient, id) in documents {
            manifest.line(&format!("T/{patient}-{id}"), &document(*patient, *id, status), &[0xab])?;
        }
        manifest.end(folder)?;
        let text = std::fs::read_to_string(folder.path.join(MANIFEST))?;
        Ok(text
            .lines()
            .skip(1)
            .map(|line| line.split(',').next().unwrap().to_owned() + if line.contains("first") { "" } else { "*" })
            .collect())
    }

    #[test]
    fn a_further_call_adds_its_lines_in_order_and_renews_those_that_it_has_too() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap().unwrap();
        assert_eq!(call(&folder, &[(2, 5), (2, 10), (11, 7)], "first").unwrap(), ["T/2-5", "T/2-10", "T/11-7"]);
        let again = call(&folder, &[(1, 9), (2, 10), (3, 6), (12, 1)], "then").unwrap();
        assert_eq!(again, ["T/1-9*", "T/2-5", "T/2-10*", "T/3-6*", "T/11-7", "T/12-1*"]);
        assert_eq!(call(&folder, &[], "then").unwrap(), again);
        let text = std::fs::read_to_string(dir.path().join(MANIFEST)).unwrap();
        let line = "T/2-5,\"T, \"\"1\"\"\",a,2,5,first,2023-11-14T22:13:20.123Z,,,3,ab\r\n";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn a_file_that_no_call_has_written_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap().unwrap();
        let header = HEADER.join(",");
        for theirs in ["a,b\n1,2\n", "", &format!("{header}\n1,2\n"), &format!("{header}\na,b,c,x,y,f,g,h,i,j,k\n")] {
            std::fs::write(dir.path().join(MANIFEST), theirs).unwrap();
            assert_eq!(call(&folder, &[(1, 1)], "first").unwrap_err().kind(), io::ErrorKind::InvalidData, "{theirs:?}");
            assert_eq!(std::fs::read_to_string(dir.path().join(MANIFEST)).unwrap(), theirs);
        }
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
    }
}

//! A CSV file as records with the number of the line on which each begins, in bounded memory and with every fault confined to its line.
//!
//! `csv-core` finds the fields (RFC 4180; lines end with LF, CRLF, or the CR of old spreadsheets); this file feeds it, so that a line of 10 MB is
//! never held, a quote that is left open does not swallow the lines after it, and buffers that held passwords are zeroed. Knows no column.

use std::io::{self, Read};

use csv_core::ReadRecordResult;
use zeroize::Zeroizing;

/// Largest record, in bytes.
const LONGEST_RECORD: usize = 1 << 20;
/// Most fields of a record.
const MOST_FIELDS: usize = 4096;
const READ_AHEAD: usize = 64 * 1024;

/// Why a line could not be split into fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineFault {
    #[error("is longer than 1 MiB, or opens a quote that is not closed")]
    TooLong,
    #[error("opens a quote that is not closed")]
    OpenQuote,
    #[error("is not UTF-8; save the file as UTF-8")]
    NotUtf8,
}

/// The fields of one record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Fields<'a> {
    pub fn len(self) -> usize {
        self.ends.len()
    }

    /// The field at `index`; empty beyond the last one.
    pub fn get(self, index: usize) -> &'a str {
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(self.text.len()) };
        self.ends.get(index).map_or("", |end| &self.text[start..*end])
    }

    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        (0..self.len()).map(move |index| self.get(index))
    }
}

/// The records of a file, one after the other.
pub(super) struct CsvLines<R> {
    reader: R,
    core: csv_core::Reader,
    /// Bytes that were read; those before `start` belong to records that are done.
    raw: Zeroizing<Vec<u8>>,
    start: usize,
    /// The reader has nothing more.
    at_end: bool,
    /// Number of the line that `raw[start..]` begins with.
    line: u64,
    /// The last byte before `start` is a CR: an LF after it ends no second line.
    after_cr: bool,
    /// Where `csv_core` writes unquoted text, and the end of each field in it.
    fields: Zeroizing<Vec<u8>>,
    ends: Vec<usize>,
}

/// How far a record was read.
struct Scanned {
    raw: usize,
    text: usize,
    ends: usize,
}

impl<R: Read> CsvLines<R> {
    /// Begins to read; a byte order mark is left out.
    pub fn new(reader: R) -> io::Result<Self> {
        let mut lines = Self {
            reader,
            core: csv_core::Reader::new(),
            raw: Zeroizing::new(Vec::with_capacity(2 * READ_AHEAD)),
            start: 0,
            at_end: false,
            line: 1,
            after_cr: false,
            fields: Zeroizing::new(vec![0; 4096]),
            ends: vec![0; 16],
        };
        while lines.raw.len() < 3 && !lines.at_end {
            lines.fill()?;
        }
        if lines.raw.starts_with(b"\xef\xbb\xbf") {
            lines.start = 3;
        }
        Ok(lines)
    }

    /// The next record that is not blank, with the number of its first line; after a fault the lines that follow are read on.
    ///
    /// A record over several lines that has not `width` fields began with a quote that was meant to be none: it too costs its first line only.
    pub fn next(&mut self, width: Option<usize>) -> io::Result<Option<(u64, Result<Fields<'_>, LineFault>)>> {
        if !self.skip_blank_lines()? {
            return Ok(None);
        }
        let line = self.line;
        match self.scan()? {
            Ok(scanned) if width.is_some_and(|width| width != scanned.ends) && self.spans_lines(&scanned) => {
                self.skip_line()?;
                Ok(Some((line, Err(LineFault::OpenQuote))))
            }
            Ok(scanned) => {
                self.consume(scanned.raw);
                Ok(Some((line, fields(&self.fields[..scanned.text], &self.ends[..scanned.ends]))))
            }
            Err(fault) => {
                self.core.reset();
                self.skip_line()?;
                Ok(Some((line, Err(fault))))
            }
        }
    }

    /// Goes to the first byte of the next record; `false` at the end of the file.
    fn skip_blank_lines(&mut self) -> io::Result<bool> {
        loop {
            let blank = self.raw[self.start..].iter().take_while(|byte| is_line_end(byte)).count();
            self.consume(blank);
            if self.start < self.raw.len() {
                return Ok(true);
            }
            if self.at_end {
                return Ok(false);
            }
            self.fill()?;
        }
    }

    /// Finds the fields of the record at `start`, without consuming it.
    fn scan(&mut self) -> io::Result<Result<Scanned, LineFault>> {
        let mut done = Scanned { raw: 0, text: 0, ends: 0 };
        loop {
            let rest = &self.raw[self.start + done.raw..];
            // A newline ends the last line of a file that lacks one, unless a quote is open.
            let input = if rest.is_empty() && self.at_end { &b"\n"[..] } else { rest };
            let (result, read, written, ended) = self.core.read_record(input, &mut self.fields[done.text..], &mut self.ends[done.ends..]);
            let past_end = rest.is_empty() && self.at_end;
            done = Scanned { raw: done.raw + if past_end { 0 } else { read }, text: done.text + written, ends: done.ends + ended };
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => return Ok(Ok(done)),
                ReadRecordResult::InputEmpty if past_end => return Ok(Err(LineFault::OpenQuote)),
                ReadRecordResult::InputEmpty if done.raw > LONGEST_RECORD => return Ok(Err(LineFault::TooLong)),
                ReadRecordResult::InputEmpty => self.fill()?,
                ReadRecordResult::OutputFull if self.fields.len() > LONGEST_RECORD => return Ok(Err(LineFault::TooLong)),
                ReadRecordResult::OutputFull => self.double_fields(),
                ReadRecordResult::OutputEndsFull if self.ends.len() > MOST_FIELDS => return Ok(Err(LineFault::TooLong)),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            }
        }
    }

    /// Whether a newline is a part of the record, and not only its end.
    fn spans_lines(&self, scanned: &Scanned) -> bool {
        let inside = &self.raw[self.start..self.start + scanned.raw.saturating_sub(1)];
        inside.iter().any(is_line_end)
    }

    /// A new buffer instead of a grown one, because a grown one leaves its old bytes behind unzeroed.
    fn double_fields(&mut self) {
        let mut larger = Zeroizing::new(vec![0; self.fields.len() * 2]);
        larger[..self.fields.len()].copy_from_slice(&self.fields);
        self.fields = larger;
    }

    /// Drops everything to the end of the line, however far that is.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let rest = &self.raw[self.start..];
            let newline = rest.iter().position(is_line_end);
            self.consume(newline.map_or(rest.len(), |newline| newline + 1));
            if newline.is_some() || self.at_end {
                return Ok(());
            }
            self.fill()?;
        }
    }

    fn consume(&mut self, bytes: usize) {
        for byte in &self.raw[self.start..self.start + bytes] {
            self.line += u64::from(*byte == b'\r' || *byte == b'\n' && !self.after_cr);
            self.after_cr = *byte == b'\r';
        }
        self.start += bytes;
    }

    /// Reads on, after making room where records are done.
    fn fill(&mut self) -> io::Result<()> {
        self.raw.drain(..self.start);
        self.start = 0;
        let read = (&mut self.reader).take(READ_AHEAD as u64).read_to_end(&mut self.raw)?;
        self.at_end = read == 0;
        Ok(())
    }
}

fn is_line_end(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn fields<'a>(bytes: &'a [u8], ends: &'a [usize]) -> Result<Fields<'a>, LineFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| LineFault::NotUtf8)?;
    // Two halves of a character in neighbouring fields would pass the check above.
    let whole = ends.iter().all(|end| text.is_char_boundary(*end));
    if whole { Ok(Fields { text, ends }) } else { Err(LineFault::NotUtf8) }
}

#[cfg(test)]
mod tests;

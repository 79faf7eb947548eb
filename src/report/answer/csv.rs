//! An answer as CSV by RFC 4180: a header, and lines that end with CR and LF.
//!
//! NULL is nothing between two commas, an empty text two quotes, as PostgreSQL's COPY has it. Where there is one column alone both are two quotes,
//! because most readers skip an empty line.

use std::io::{self, Write};

use csv_core::{QuoteStyle, Terminator, WriterBuilder};

use super::AnswerForm;
use crate::store::Cell;

/// Writes each row at once.
pub struct CsvAnswer<W> {
    out: W,
    as_needed: csv_core::Writer,
    always: csv_core::Writer,
    line: Vec<u8>,
}

impl<W: Write> CsvAnswer<W> {
    /// Writes the header.
    pub fn begin(columns: &[String], out: W) -> io::Result<Self> {
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF);
        let as_needed = builder.build();
        let always = builder.quote_style(QuoteStyle::Always).build();
        let mut answer = Self { out, as_needed, always, line: Vec::new() };
        answer.line(columns.iter().map(|name| Cell::Text(name.clone())).collect::<Vec<_>>().as_slice())?;
        Ok(answer)
    }

    fn line(&mut self, cells: &[Cell]) -> io::Result<()> {
        self.line.clear();
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                put(&mut self.line, 1, |room| self.as_needed.delimiter(room).1);
            }
            if cells.len() > 1 && matches!(cell, Cell::Text(text) if text.is_empty()) {
                put(&mut self.line, 2, |room| self.always.field(&[], room).2);
                put(&mut self.line, 2, |room| self.always.finish(room).1);
            } else {
                let text = cell.to_string();
                // At worst every byte is a quote, which is doubled, and there is one before and one after them.
                put(&mut self.line, 2 * text.len() + 2, |room| self.as_needed.field(text.as_bytes(), room).2);
            }
        }
        put(&mut self.line, 5, |room| self.as_needed.terminator(room).1);
        self.out.write_all(&self.line)
    }
}

/// Adds what `write` writes into a room of `most` bytes.
fn put(line: &mut Vec<u8>, most: usize, write: impl FnOnce(&mut [u8]) -> usize) {
    let before = line.len();
    // A quote that is still open is closed by whatever is written next.
    line.resize(before + most + 1, 0);
    let written = write(&mut line[before..]);
    line.truncate(before + written);
}

impl<W: Write> AnswerForm for CsvAnswer<W> {
    fn row(&mut self, row: &[Cell]) -> io::Result<bool> {
        self.line(row).map(|()| true)
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(columns: &[&str], rows: &[Vec<Cell>]) -> String {
        let columns: Vec<_> = columns.iter().map(|&name| name.to_owned()).collect();
        let mut out = Vec::new();
        let mut answer = CsvAnswer::begin(&columns, &mut out).unwrap();
        rows.iter().for_each(|row| assert!(answer.row(row).unwrap()));
        answer.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn null_is_nothing_and_an_empty_text_is_two_quotes_wherever_they_stand() {
        let rows =
            [vec![Cell::Null, text(""), Cell::Integer(-1)], vec![text(""), Cell::Null, Cell::Null], vec![Cell::Null, Cell::Null, text("")]];
        assert_eq!(written(&["a", "", "c"], &rows), "a,\"\",c\r\n,\"\",-1\r\n\"\",,\r\n,,\"\"\r\n");
        assert_eq!(written(&["a"], &[vec![Cell::Null], vec![text("")]]), "a\r\n\"\"\r\n\"\"\r\n");
    }

    #[test]
    fn any_reader_of_rfc_4180_gets_the_texts_back() {
        let hard = ["a,b", "\"", "\"\"", "a\r\nb", "\n", " x ", "'", "é,\"\u{1b}", "\"\"\"\"\"\"\"\""];
        let rows: Vec<Vec<Cell>> = hard.iter().map(|hard| vec![text(hard), Cell::Real(1.5), text(hard)]).collect();
        let written = written(&["x", "y", "z"], &rows);
        let mut reader = csv::Reader::from_reader(written.as_bytes());
        let read: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        let expected: Vec<_> = hard.iter().map(|hard| csv::StringRecord::from(vec![*hard, "1.5", *hard])).collect();
        assert_eq!(read, expected);
    }
}

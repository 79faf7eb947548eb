//! An answer as a table. Its widths want all rows at once, so it has an end: of rows, and of what is shown of a cell.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use comfy_table::{CellAlignment, Table, presets};

use super::AnswerForm;
use crate::store::Cell;

/// So many rows are shown.
pub const MOST_ROWS: usize = 1_000;
/// So many characters of a cell are shown.
pub const MOST_CHARACTERS: usize = 200;

/// Keeps the rows until the end.
pub struct TableAnswer<W> {
    out: W,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
    has_more: bool,
}

impl<W: Write> TableAnswer<W> {
    pub fn begin(columns: &[String], out: W) -> Self {
        Self { out, columns: columns.to_owned(), rows: Vec::new(), has_more: false }
    }
}

impl<W: Write> AnswerForm for TableAnswer<W> {
    fn row(&mut self, row: &[Cell]) -> io::Result<bool> {
        self.has_more = self.rows.len() == MOST_ROWS;
        if !self.has_more {
            self.rows.push(row.iter().map(cut).collect());
        }
        Ok(!self.has_more)
    }

    fn end(&mut self) -> io::Result<()> {
        writeln!(self.out, "{}", answer_table(&self.columns, &self.rows))?;
        if self.has_more {
            writeln!(self.out, "and more; these are the first {MOST_ROWS} rows, --format csv and json give all")?;
        }
        self.out.flush()
    }
}

/// What is shown of a cell, so that no more than that is kept.
fn cut(cell: &Cell) -> Cell {
    let text = match cell {
        Cell::Text(text) => Cow::Borrowed(text),
        // Two digits a byte.
        Cell::Blob(bytes) => Cow::Owned(Cell::Blob(bytes.iter().copied().take(MOST_CHARACTERS).collect()).to_string()),
        number => return number.clone(),
    };
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => Cell::Text(format!("{}…", &text[..end])),
        None => Cell::Text(text.into_owned()),
    }
}

/// A table without lines around it, numbers on the right. NULL is `NULL`; what would move the cursor or turn the line round is written as its escape.
pub fn answer_table(columns: &[String], rows: &[Vec<Cell>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(columns.iter().map(|name| escaped(name)));
    for row in rows {
        table.add_row(row.iter().map(shown));
    }
    let table = table.to_string();
    // The last column is filled up with blanks.
    table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn shown(cell: &Cell) -> comfy_table::Cell {
    match cell {
        Cell::Null => comfy_table::Cell::new("NULL"),
        Cell::Integer(_) | Cell::Real(_) => comfy_table::Cell::new(cell).set_alignment(CellAlignment::Right),
        Cell::Text(text) => comfy_table::Cell::new(escaped(text)),
        Cell::Blob(_) => comfy_table::Cell::new(cell),
    }
}

/// Control characters, and those that change the direction of what follows (<https://www.unicode.org/reports/tr9/>), as Rust's escapes.
fn escaped(text: &str) -> Cow<'_, str> {
    let acts =
        |char: char| char.is_control() || matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let escape = |char: char| if acts(char) { char.escape_default().to_string() } else { char.to_string() };
    Cow::Owned(text.chars().map(escape).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[Vec<Cell>]) -> String {
        let mut out = Vec::new();
        let mut answer = TableAnswer::begin(&["a".into(), "b".into()], &mut out);
        let _ = rows.iter().take_while(|row| answer.row(row).unwrap()).count();
        answer.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn null_is_told_from_an_empty_text_and_a_blob_is_hexadecimal() {
        let rows = [vec![Cell::Null, Cell::Text(String::new())], vec![Cell::Integer(7), Cell::Blob(vec![0xca, 0xfe])]];
        insta::assert_snapshot!(table(&rows), @r"
         a     b
         NULL
            7  CAFE
        ");
    }

    #[test]
    fn nothing_in_a_cell_or_a_name_acts_on_a_terminal() {
        let evil = "a\u{1b}[2Jb\r\n\t\u{7f}\u{9b}\u{202e}c\0";
        let shown = answer_table(&[evil.to_owned()], &[vec![Cell::Text(evil.to_owned())]]);
        assert!(!shown.replace('\n', "").contains(|char: char| char.is_control() || char == '\u{202e}'), "{shown:?}");
        assert_eq!(shown.lines().count(), 2);
        assert!(shown.contains(r"a\u{1b}[2Jb\r\n\t\u{7f}\u{9b}\u{202e}c\u{0}"), "{shown}");
    }

    #[test]
    fn a_long_answer_ends_and_says_so() {
        let row = vec![Cell::Text("ä".repeat(MOST_CHARACTERS + 1)), Cell::Blob(vec![0; 10_000])];
        let whole = table(&vec![row.clone(); MOST_ROWS]);
        assert_eq!(whole.lines().count(), MOST_ROWS + 1);
        assert!(whole.lines().all(|line| line.chars().count() < 3 * MOST_CHARACTERS));
        assert!(whole.contains(&format!(" {}… ", "ä".repeat(MOST_CHARACTERS))));
        let more = table(&vec![row; MOST_ROWS + 5]);
        assert_eq!(more.lines().count(), MOST_ROWS + 2);
        assert_eq!(more.lines().last().unwrap(), "and more; these are the first 1000 rows, --format csv and json give all");
    }
}

//! The answer to a question, as a table for people and as CSV or JSON for other programs.

mod csv;
mod json;
mod table;

pub use csv::CsvAnswer;
pub use json::{JsonAnswer, repeated_name};
pub use table::{MOST_CHARACTERS, MOST_ROWS, TableAnswer, answer_table};

use std::io;

use crate::store::Cell;

/// A form in which an answer is written as its rows come; the names of its columns are known from the beginning.
pub trait AnswerForm {
    /// Takes the next row, and tells whether it wants another.
    fn row(&mut self, row: &[Cell]) -> io::Result<bool>;

    /// Writes what is left when there are no more rows, or no more are wanted.
    fn end(&mut self) -> io::Result<()>;
}

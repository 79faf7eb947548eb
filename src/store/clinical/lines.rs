//! The lines that documents add to the clinical tables: each begins with its document.

use std::{collections::HashMap, sync::Arc};

use sqlx::error::BoxDynError;

use crate::{
    domain::DocumentId,
    store::lines::{self, Cell, Ready, Target, cell},
};

/// The lines of a document for one table.
#[derive(Debug)]
pub(super) struct Lines {
    pub table: &'static str,
    pub lines: Vec<Line>,
}

/// A line without its document.
#[derive(Debug)]
pub(super) struct Line {
    /// The place of its section among the document's: the table's next column is that section's row.
    pub section_seq: Option<u32>,
    pub cells: Vec<Cell>,
}

impl From<Vec<Cell>> for Line {
    /// One that is in no section.
    fn from(cells: Vec<Cell>) -> Self {
        Self { section_seq: None, cells }
    }
}

impl<const N: usize> From<[Cell; N]> for Line {
    /// One that is in no section.
    fn from(cells: [Cell; N]) -> Self {
        Vec::from(cells).into()
    }
}

/// The row of each document's first section; the others follow it.
pub(super) type FirstSections = Arc<HashMap<DocumentId, i64>>;

/// A table whose columns beside `document_id` are filled with the cells of a line, one each.
pub(super) fn target(table: &'static str, columns: &str) -> Target {
    Target::plain(table, &format!("document_id, {columns}"))
}

/// The statements that write lines, each with the document that it is of.
pub(super) fn statements(
    target: &Target,
    lines: Vec<(DocumentId, Line)>,
    sections: FirstSections,
) -> impl Iterator<Item = Result<Ready, BoxDynError>> {
    // Their rows follow each other, so that SQLite has not to look each of them up.
    let section = move |document, seq: u32| sections.get(&document).map(|first| first + i64::from(seq) - 1);
    let whole = move |(document, Line { section_seq, cells }): (DocumentId, Line)| {
        let section = section_seq.map(|seq| cell(section(document, seq)));
        std::iter::once(cell(document.0)).chain(section).chain(cells)
    };
    lines::statements(target, lines.into_iter().map(whole))
}

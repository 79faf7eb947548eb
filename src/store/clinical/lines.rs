//! The lines that documents add to the clinical tables: each begins with its document.

use sqlx::SqliteConnection;

use crate::{
    domain::DocumentId,
    store::lines::{self, Cell, Target, cell},
};

/// The lines of a document for one table.
#[derive(Debug)]
pub(super) struct Lines {
    pub table: &'static str,
    pub lines: Vec<Vec<Cell>>,
}

/// What a cell of a line is called in the expressions of a target; the document is `column1`.
pub(super) fn column(at: usize) -> String {
    lines::column(at + 1)
}

/// A table whose columns beside `document_id` are filled with the cells of a line, one each.
pub(super) fn plain(table: &'static str, columns: &str) -> Target {
    Target::plain(table, &format!("document_id, {columns}"))
}

/// A table whose columns beside `document_id` are filled with these values, of which each looks at its own cell.
pub(super) fn of(table: &'static str, columns: &str, values: impl IntoIterator<Item = String>) -> Target {
    let values = std::iter::once(lines::column(0)).chain(values);
    Target::of(table, &format!("document_id, {columns}"), values.collect())
}

/// Writes lines, each with the document that it is of.
pub(super) async fn insert(connection: &mut SqliteConnection, target: &Target, lines: Vec<(DocumentId, Vec<Cell>)>) -> sqlx::Result<()> {
    let whole = |(document, line): (DocumentId, Vec<Cell>)| std::iter::once(cell(document.0)).chain(line);
    lines::insert(connection, target, lines.into_iter().map(whole).collect()).await.map(drop)
}

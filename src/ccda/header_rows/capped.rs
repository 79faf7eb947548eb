//! The rows of one kind: a hostile document must not make us hold more than it is, and a path is longer than an empty element.

use crate::domain::clinical::{Issue, IssueReason};

/// More rows of one kind than any header has.
pub(super) const MOST_ROWS: usize = 1_000;

pub(super) struct Capped<T> {
    rows: Vec<T>,
    /// The first element for which there was no room.
    left_out: Option<String>,
}

impl<T> Default for Capped<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), left_out: None }
    }
}

impl<T> Capped<T> {
    /// Makes the row of the element at `path`, which gets its place from 1 on; or notes that it is one too many.
    pub fn add(&mut self, path: &str, row: impl FnOnce(u32) -> T) {
        if self.rows.len() == MOST_ROWS {
            self.left_out.get_or_insert_with(|| path.to_owned());
        } else {
            let seq = u32::try_from(self.rows.len() + 1).unwrap_or(u32::MAX);
            self.rows.push(row(seq));
        }
    }

    pub fn finish(self, issues: &mut Vec<Issue>) -> Vec<T> {
        issues.extend(self.left_out.map(|path| Issue { path, reason: IssueReason::TooMany }));
        self.rows
    }
}

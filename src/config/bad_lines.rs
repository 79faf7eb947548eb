//! What becomes of a bad CSV line: a mistake that stops everything, or a line that is left out and counted.

use std::cell::Cell;

use super::mistake::{Findings, Place};

/// The operator's choice, `bad_lines = "refuse"` or `"skip"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadLinePolicy {
    Refuse,
    Skip,
}

/// Notes bad lines as the policy says.
pub(super) struct BadLines<'a> {
    pub findings: &'a Findings,
    pub policy: BadLinePolicy,
    skipped: Cell<u64>,
}

impl<'a> BadLines<'a> {
    pub fn new(findings: &'a Findings, policy: BadLinePolicy) -> Self {
        Self { findings, policy, skipped: Cell::new(0) }
    }

    /// Notes a line; `describe` is not called once enough of them were told.
    pub fn note(&self, describe: impl FnOnce() -> (Place, String)) {
        match self.policy {
            BadLinePolicy::Refuse => self.findings.roster(describe),
            BadLinePolicy::Skip => {
                self.skipped.set(self.skipped.get() + 1);
                self.findings.warn(|| {
                    let (place, text) = describe();
                    (place, format!("{text} (line left out)"))
                });
            }
        }
    }

    /// How many lines were left out.
    pub fn skipped(&self) -> u64 {
        self.skipped.get()
    }
}

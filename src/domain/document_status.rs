//! Where a document stands: filed, held, or kept apart. Only what is filed is ever a patient's latest.

use super::words;

words! {
    /// The words of `documents.status`.
    pub enum DocumentStatus {
        /// Filed under its patient.
        Accepted = "accepted",
        /// Filed; its content is that of an earlier one.
        Unchanged = "unchanged",
        /// It holds much less than the one before, and waits for an operator or the next occurrence to confirm that.
        Shrunk = "shrunk",
        /// It may be another person's, and waits for an operator.
        Quarantined = "quarantined",
        /// An operator decided against it.
        Discarded = "discarded",
    }
}

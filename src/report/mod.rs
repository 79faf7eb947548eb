//! What a run did: the receipt that proves it, the exit code that follows from it, and the words and JSON in which people and machines read it.

mod advice;
mod exit_code;
mod receipt;
mod recount;
mod summary;

pub use advice::advice;
pub use exit_code::ExitCode;
pub use receipt::{Counts, Effort, Finding, Receipt, TenantReceipt};
pub use recount::{differences, misprint};
pub use summary::{JSON_SCHEMA, Summary, text};

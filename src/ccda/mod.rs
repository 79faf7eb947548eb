//! The document: is it a chart, what does its header say. Bytes in, facts out; knows no HTTP and no SQL.
//!
//! In reading order: `check` tells the story, `encoding` turns bytes into text, `prolog` looks for the root, `pass` reads every token once;
//! `start_tag`, `markup`, `wellformed` and `references` hold the rules of XML 1.0 that the tokenizer leaves unchecked, `namespaces` says which names are
//! HL7's, `header_reader` picks the facts of the header up on the way, `outline_reader` counts what the
//! sections hold.

mod check;
mod declaration;
mod encoding;
mod header;
mod header_reader;
mod markup;
mod namespaces;
mod outline_reader;
mod pass;
mod prolog;
mod references;
mod refusal;
mod start_tag;
#[cfg(test)]
mod tests;
mod timestamp;
mod warning;
mod wellformed;

pub use check::{Chart, check};
pub use header::{Header, PatientId, Person};
pub use refusal::Refusal;
pub use timestamp::{NotATime, Precision, Timestamp};
pub use warning::{Warning, WarningCode};

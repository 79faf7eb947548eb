//! The document: is it a chart, what does its header say. Bytes in, facts out; knows no HTTP and no SQL.
//!
//! In reading order: `check` tells the story, `encoding` turns bytes into text, `prolog` looks for the root, `pass` reads every token once;
//! `start_tag` and `markup` read one each by the rules of XML 1.0, which are in `wellformed` and `references`, `namespaces` says which names are
//! HL7's, `header_reader` picks the facts of the header up on the way, `outline_reader` counts what the
//! sections hold. Rows are made apart from that: `flatten` walks through `tokens`, `sections` knows the guide's, `element` is a piece as a tree,
//! `narrative` its text; `data_types` reads codes, times and identifiers, `code_systems` knows their systems, `values` adds translations and texts,
//! `encapsulated` reads bytes; `header_rows` makes rows of what stands before the body, `entries` of the entries in it. `digest` is a document's
//! content as a number, by which the next one that says the same is recognised.

mod check;
mod code_shapes;
mod code_systems;
mod data_types;
mod declaration;
mod digest;
mod element;
mod encapsulated;
mod encoding;
mod entries;
mod flatten;
#[cfg(fuzzing)]
pub mod fuzzing;
mod header;
mod header_reader;
mod header_rows;
mod located;
mod markup;
mod namespaces;
mod narrative;
mod narratives;
#[cfg(test)]
mod other_reader;
mod outline_reader;
mod pass;
mod place;
mod prolog;
mod references;
mod refusal;
mod sections;
mod start_tag;
#[cfg(test)]
mod tests;
mod timestamp;
mod tokens;
mod values;
mod warning;
mod wellformed;

pub use check::{Chart, check};
pub use digest::digest;
pub use flatten::{RULES, flatten};

pub use header::{Header, PatientId, Person};
pub use place::element_at;
pub use refusal::Refusal;
pub use timestamp::{NotATime, Precision, Timestamp};
pub use warning::{Warning, WarningCode};

//! Invented patients and their C-CDA documents. Knows no HTTP and no clock: all of it is a pure function of seed, patient, request and time.
//!
//! What the generator knows (`chart`: plain structs, one file a clinical domain) is apart from how C-CDA says it (`document`, one file a section), so
//! that a check can compare rows that were read out of a document with what went into it. Every person is invented; every code is real.

pub mod chart;
mod code;
mod dice;
pub mod document;
mod population;

pub use code::{Code, CodeSystem};
pub use population::Population;

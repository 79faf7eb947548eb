//! Exports patients' C-CDA documents from the Edvak EHR into SQLite.
//!
//! The folders follow the path of the data: a roster is read (`config`), fetches are planned and run (`export`), the vendor is asked (`edvak`),
//! the answer is judged (`ccda`), all of it is kept (`store`) and told (`report`, `cli`). `domain` has the words for all of them.
//! `sandbox` stands in for the vendor on loopback, with the invented patients of `synthetic`.

pub mod ccda;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod edvak;
pub mod export;
mod failpoint;
pub mod report;
pub mod sandbox;
pub mod schedule;
pub mod store;
pub mod synthetic;

//! Job file, roster, CSV files and secret references: text in, validated types out, every mistake with its line.
//!
//! It assembles the settings that other modules own; nobody but `cli` imports it. It prints nothing and sends nothing.

mod bad_lines;
mod base_url;
mod credentials_csv;
mod csv_lines;
mod csv_table;
mod database;
mod draft;
mod duplicates;
#[cfg(fuzzing)]
pub mod fuzzing;
mod health_check;
mod job;
mod job_file;
mod limits;
mod mistake;
mod named;
mod names;
mod nearest;
mod outline;
mod patient_stream;
mod patients;
mod patients_csv;
mod places;
mod roster;
mod secret;
mod secret_command;
mod secret_credential;
mod secret_file;
mod settings;
mod templates;
mod tenant;
mod toml_reader;
mod values;
mod window;

#[cfg(test)]
mod tests;

pub use database::{JobDatabase, database};
pub use job::{Job, load};
pub use mistake::{Mistake, MistakeClass, Mistakes, Place};
pub use named::NamedFiles;
pub use outline::{JobOutline, outline};
pub use templates::TEMPLATES;

//! What a run did and how things stand: the receipt that proves it, the exit code that follows from it, and the words and JSON in which people and machines read it.

mod advice;
mod answer;
mod documents;
mod exit_code;
mod health_check;
mod instant;
mod paragraph;
mod quality;
mod receipt;
mod recount;
mod status;
mod summary;
mod why;

pub use advice::advice;
pub use answer::{AnswerForm, CsvAnswer, JsonAnswer, MOST_CHARACTERS, MOST_ROWS, TableAnswer, answer_table, repeated_name};
pub use documents::{documents_json, documents_text};
pub use exit_code::ExitCode;
pub use health_check::{HealthCheck, Moment, PingError, Pinger};
pub use quality::{quality_json, quality_text};
pub use receipt::{Counts, Effort, Finding, Receipt, TenantReceipt};
pub use recount::{differences, misprint};
pub use status::{JobTimes, Problem, ProblemKind, STATUS_JSON_SCHEMA, Status};
pub use summary::{JSON_SCHEMA, Summary, text};
pub use why::{Asker, why};

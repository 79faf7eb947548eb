//! SQLite: the file, its lock and its one writer; every query stands in the file of the table that it is about.
//!
//! Knows neither the vendor nor XML. All writing goes through one connection: before and after the work as a [`Session`], during it as a
//! [`Writer`], which commits in batches. Readers have read-only connections of their own and never wait for it.

mod act;
mod ask;
mod backup;
mod bulk;
mod error;
mod file;
mod lines;
mod lock;
mod open;
#[cfg(test)]
mod query_plans;
mod wal;
mod way;
mod writer;

pub mod accounts;
pub mod attempts;
pub mod backfills;
pub mod bodies;
pub mod clinical;
mod digest;
pub mod documents;
pub mod fetches;
pub mod forget;
pub mod history;
pub mod identities;
mod inserted;
pub mod jobs;
pub mod operations;
pub mod paces;
pub mod patients;
pub mod quality;
pub mod receipts;
pub mod retention;
pub mod retry;
pub mod runs;
pub mod standing;
pub mod tenants;
pub mod tombstones;
pub mod verify;

pub use act::{Act, record_reading};
pub use ask::{Answer, Cell, Position, Question, QuestionError, ask};
pub use backup::backup;
pub use error::StoreError;
pub use file::{DatabaseFile, Sharing, free_bytes};
pub use lock::holder;
pub use open::{Session, open_for_reading};
pub use way::{WayRequest, holder_who_makes_way, is_asked_for_way};
pub use writer::{Write, Writer, WriterHandle};

//! The vendor's stand-in on loopback: tokens, documents, and every refusal that the contract knows.
//!
//! It shares no wire types with `edvak`, the client: both were written from the contract, so that a drift of either shows. What each request met with
//! is kept in a journal (`GET /sandbox/requests`), because a test must know what was asked, not only what came of it.

mod chance;
mod conduct;
mod directory;
mod faults;
mod files;
mod journal;
mod login;
mod options;
mod patient_data;
mod roster;
mod server;
mod tokens;
mod visitor;

pub use faults::{Asked, Fault, FaultRule, NoFault};
pub use journal::{Kind, Request};
pub use options::SandboxOptions;
pub use server::Sandbox;

#[cfg(test)]
mod tests;

//! One run: whom to ask, what an answer leads to, when to try again, when to stop.

mod roster;
mod settings;

pub use roster::{Account, OpenPatients, Roster, RosterPatient, Tenant};
pub use settings::{RetryPolicy, RunSettings};

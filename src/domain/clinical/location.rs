//! Where something was done.

use super::Coded;

/// A place where care is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Location {
    pub name: Option<String>,
    /// What sort of a place it is: a clinic, a ward …
    pub kind: Coded,
    /// In one line.
    pub address: Option<String>,
}

//! Instants for readers: ISO 8601 in UTC, to the millisecond for machines and to the second for people.

use chrono::{DateTime, SecondsFormat};

use crate::clock::Millis;

/// As the views show it.
pub(super) fn millis(at: Millis) -> String {
    iso(at, SecondsFormat::Millis)
}

/// As a person reads it.
pub(super) fn seconds(at: Millis) -> String {
    iso(at, SecondsFormat::Secs)
}

/// The same of an instant that a view has shown already; what is none stays as it is.
pub(super) fn to_seconds(iso: &str) -> String {
    DateTime::parse_from_rfc3339(iso).map_or_else(|_| iso.to_owned(), |at| seconds(at.timestamp_millis()))
}

fn iso(at: Millis, format: SecondsFormat) -> String {
    DateTime::from_timestamp_millis(at).map_or_else(String::new, |time| time.to_rfc3339_opts(format, true))
}

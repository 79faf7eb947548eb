//! A panic is a bug here, and its message may hold a piece of whatever was being read: only its place is told.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use crate::report::ExitCode;

use super::terminal;

/// Tells of panics by their place alone, from now on.
pub fn keep_messages() {
    set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
        terminal::error(&format!("a bug of this program at {place}; what was committed is whole. Please report it"));
    }));
}

/// Runs `work`; a panic in it ends with the exit code of a bug.
pub fn caught(work: impl FnOnce() -> ExitCode) -> ExitCode {
    // Nothing is looked at after a panic but the exit code.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(ExitCode::Bug)
}

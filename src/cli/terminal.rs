//! Printing that survives a reader who has gone: a broken pipe changes nothing that was done.
//!
//! Where logs are JSON, standard error is for machines: what would be a line for people there is an event of the log.

use std::{
    io::Write,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

static FOR_MACHINES: AtomicBool = AtomicBool::new(false);

/// Makes standard error a stream of log events alone.
pub fn speak_to_machines() {
    FOR_MACHINES.store(true, Relaxed);
}

/// A line on standard output.
pub fn line(text: &str) {
    let _ = writeln!(anstream::stdout().lock(), "{text}");
}

/// A line on standard error.
pub fn note(text: &str) {
    if FOR_MACHINES.load(Relaxed) {
        return tracing::info!("{text}");
    }
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// An error on standard error.
pub fn error(text: &str) {
    if FOR_MACHINES.load(Relaxed) {
        return tracing::error!("{text}");
    }
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let _ = writeln!(anstream::stderr().lock(), "{style}error:{style:#} {text}");
}

/// A warning on standard error.
pub fn warning(text: &str) {
    if FOR_MACHINES.load(Relaxed) {
        return tracing::warn!("{text}");
    }
    let style = anstyle::AnsiColor::Yellow.on_default().bold();
    let _ = writeln!(anstream::stderr().lock(), "{style}warning:{style:#} {text}");
}

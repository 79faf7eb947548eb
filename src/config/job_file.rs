//! A job file as text: opened and parsed for whoever reads keys of it, with one end for all who do.

use std::path::Path;

use super::{
    mistake::{Findings, Mistakes, Place},
    toml_reader::{Source, Table},
};

/// What `read` takes from the file's outermost table, and the warnings; every mistake is returned together with all others.
pub(super) fn read<T>(path: &Path, read: impl FnOnce(Table<'_>) -> Option<T>) -> Result<(T, Vec<String>), Mistakes> {
    let findings = Findings::default();
    let taken = parsed(path, &findings, read);
    if taken.is_none() && findings.count() == 0 {
        // Every reader notes why it gives nothing; were one not to, the operator must not be left with an empty list.
        findings.configuration(Place::file(path), "could not be read");
    }
    let warnings = findings.finish()?;
    // `finish` fails where nothing was taken, for then there is at least the mistake above.
    Ok((taken.expect("a file without mistakes"), warnings))
}

fn parsed<T>(path: &Path, findings: &Findings, read: impl FnOnce(Table<'_>) -> Option<T>) -> Option<T> {
    let source = Source::read(path, None, findings)?;
    let parsed = source.parse()?;
    read(Table::root(&source, &parsed))
}

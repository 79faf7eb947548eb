//! A job file as text: found, opened and parsed for whoever reads keys of it, with one end for all who do.

use std::path::{Path, PathBuf};

use super::{
    mistake::{Findings, Mistakes, Place},
    places::Places,
    toml_reader::{Source, Table},
};

/// What `read` takes from the file's outermost table, and the warnings; every mistake is returned together with all others. `job` is a path, or a
/// bare name that is looked for.
pub(super) fn read<T>(job: &Path, read: impl FnOnce(Table<'_>, &Places) -> Option<T>) -> Result<(T, Vec<String>), Mistakes> {
    let (findings, places) = (Findings::default(), Places::of_process());
    let taken = parsed(job, &places, &findings, read);
    if taken.is_none() && findings.count() == 0 {
        // Every reader notes why it gives nothing; were one not to, the operator must not be left with an empty list.
        findings.configuration(Place::file(job), "could not be read");
    }
    let warnings = findings.finish()?;
    // `finish` fails where nothing was taken, for then there is at least the mistake above.
    Ok((taken.expect("a file without mistakes"), warnings))
}

fn parsed<T>(job: &Path, places: &Places, findings: &Findings, read: impl FnOnce(Table<'_>, &Places) -> Option<T>) -> Option<T> {
    let found = places.job(job, is_file).map_err(|tried| {
        let text = format!("cannot be read: there is no such file here{}", beside(&tried));
        findings.configuration(Place::file(job), text);
    });
    let path = found.ok()?;
    let source = Source::read(&path, None, findings)?;
    let parsed = source.parse()?;
    read(Table::root(&source, &parsed), places)
}

/// Whether there is something to read: a folder of the same name is none.
pub(super) fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_dir())
}

/// The files that are missing as well, for the end of a message.
fn beside(tried: &[PathBuf]) -> String {
    tried.iter().map(|path| format!(", nor {}", path.display())).collect()
}

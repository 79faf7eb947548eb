//! A run that finds a backfill on its database asks it to make way: by a shared lock on a file beside the database.
//!
//! The file says nothing; that somebody holds its lock is the request. So it dies with whoever made it, and a run that was killed while it waited
//! keeps no backfill from its work. Whoever asks lets go only once the database's own lock is taken, so that the backfill cannot come first.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::file::with_suffix;

/// How a holder says of itself, in the words that everybody reads, that it makes way.
const MAKES_WAY: &str = ", makes way for a run";
/// A look lasts microseconds; after so many turns of other threads the lock that is met is no look.
const MOST_LOOKS: u32 = 10_000;

/// Asks whoever makes way to do so, as long as it lives.
#[derive(Debug)]
pub struct WayRequest(#[expect(dead_code, reason = "the request lives as long as this open file")] File);

impl WayRequest {
    /// Makes the request at this database.
    pub fn make(database: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path(database))?;
        for _ in 0..MOST_LOOKS {
            match file.try_lock_shared() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// Whether somebody asks for the way at this database.
pub fn is_asked_for_way(database: &Path) -> io::Result<bool> {
    let file = match File::open(path(database)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // Taken only to see whether it is to be had, and given back with the file.
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The words of a holder who makes way.
pub fn holder_who_makes_way(holder: &str) -> String {
    format!("{holder}{MAKES_WAY}")
}

pub(super) fn makes_way(holder: &str) -> bool {
    holder.ends_with(MAKES_WAY)
}

fn path(database: &Path) -> PathBuf {
    with_suffix(database, ".way")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_asked_for_as_long_as_one_request_lives() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("export.sqlite");
        assert!(!is_asked_for_way(&database).unwrap());
        let first = WayRequest::make(&database).unwrap();
        let second = WayRequest::make(&database).unwrap();
        assert!(is_asked_for_way(&database).unwrap());
        drop(first);
        assert!(is_asked_for_way(&database).unwrap());
        drop(second);
        assert!(!is_asked_for_way(&database).unwrap());
    }

    #[test]
    fn only_who_says_so_makes_way() {
        let holder = holder_who_makes_way("host, process 1, since today");
        assert!(makes_way(&holder) && !makes_way("host, process 1, since today"));
    }
}

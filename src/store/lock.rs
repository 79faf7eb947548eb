//! One run at a time works on a database: an operating-system lock on a file beside it, which dies with its owner.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::{DatabaseFile, StoreError};

/// A look lasts microseconds; after so many turns of other threads the one that is met is no look.
const MOST_LOOKS: u32 = 10_000;

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the lock lives as long as this open file")] File);

impl Lock {
    /// Takes the lock, or says who holds it. `holder` is what others shall read of us.
    pub(super) fn take(database: &DatabaseFile, holder: &str) -> Result<Self, StoreError> {
        let path = database.lock_path();
        let not_writable = |source| StoreError::NotWritable { path: path.clone(), source };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(not_writable)?;
        match try_past_lookers(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Held { path: database.path.clone(), holder: read_holder(&mut file) }),
            Err(TryLockError::Error(source)) => return Err(not_writable(source)),
        }
        // Before a word is in it, as all other files.
        database.group().and_then(|group| database.give_mode(&file, group)).map_err(not_writable)?;
        file.set_len(0).map_err(not_writable)?;
        file.rewind().map_err(not_writable)?;
        file.write_all(holder.as_bytes()).map_err(not_writable)?;
        Ok(Self(file))
    }
}

/// Who holds the database now, in the holder's own words; `None` when nobody does. Needs no more than to read the lock file.
///
/// Only taking a lock shows whether there is one: this takes a shared one and gives it back at once, which a run that begins sees past.
pub fn holder(database: &Path) -> io::Result<Option<String>> {
    let file = DatabaseFile::at(database.to_owned());
    let mut file = match File::open(file.lock_path()) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(read_holder(&mut file))),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Takes the lock although somebody may just be looking: where a shared lock is to be had, no other run is in the way.
fn try_past_lookers(file: &File) -> Result<(), TryLockError> {
    for _ in 0..MOST_LOOKS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => file.try_lock_shared()?,
            result => return result,
        }
        std::thread::yield_now();
    }
    // A shared lock that stays is none of ours; the last look took one too.
    file.unlock().map_err(TryLockError::Error)?;
    Err(TryLockError::WouldBlock)
}

fn read_holder(file: &mut File) -> String {
    let mut holder = String::new();
    // Between its lock and its first write the holder has no name yet.
    match file.read_to_string(&mut holder) {
        Ok(read) if read > 0 => holder,
        _ => "it has just begun".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(folder: &Path) -> DatabaseFile {
        DatabaseFile::at(folder.join("export.sqlite"))
    }

    #[test]
    fn whoever_looks_reads_the_holder_and_leaves_the_lock_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(folder.path());
        assert_eq!(holder(&database.path).unwrap(), None);
        let lock = Lock::take(&database, "host, process 7").unwrap();
        assert_eq!(holder(&database.path).unwrap().as_deref(), Some("host, process 7"));
        drop(lock);
        assert_eq!(holder(&database.path).unwrap(), None);
    }

    #[test]
    fn a_run_begins_although_others_look_all_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(folder.path());
        drop(Lock::take(&database, "first").unwrap());
        let (path, stop) = (database.path.clone(), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
        let looking = std::thread::spawn({
            let stop = std::sync::Arc::clone(&stop);
            move || {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    holder(&path).unwrap();
                }
            }
        });
        let taken: Vec<_> = (0..200).map(|_| Lock::take(&database, "another").map(drop)).collect();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        looking.join().unwrap();
        assert!(taken.iter().all(Result::is_ok), "{taken:?}");
    }

    #[test]
    fn a_second_run_is_told_who_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(folder.path());
        let _first = Lock::take(&database, "the first").unwrap();
        let second = Lock::take(&database, "the second").map(drop);
        assert!(matches!(second, Err(StoreError::Held { holder, .. }) if holder == "the first"));
    }
}

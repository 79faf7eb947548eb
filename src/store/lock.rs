//! One run at a time works on a database: an operating-system lock on a file beside it, which dies with its owner.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
};

use super::{DatabaseFile, StoreError};

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
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Held { path: database.path.clone(), holder: read_holder(&mut file) }),
            Err(TryLockError::Error(source)) => return Err(not_writable(source)),
        }
        file.set_len(0).map_err(not_writable)?;
        file.rewind().map_err(not_writable)?;
        file.write_all(holder.as_bytes()).map_err(not_writable)?;
        Ok(Self(file))
    }
}

fn read_holder(file: &mut File) -> String {
    let mut holder = String::new();
    // Between its lock and its first write the holder has no name yet.
    match file.read_to_string(&mut holder) {
        Ok(read) if read > 0 => holder,
        _ => "it has just begun".to_owned(),
    }
}

//! The write-ahead log as a file: how large it has grown, which only a reader who keeps a snapshot can make it.

use std::{fs, path::PathBuf};

/// Looks at the size of the WAL after each commit.
#[derive(Debug)]
pub(super) struct WalWatch {
    path: PathBuf,
    notice: u64,
    largest: u64,
}

impl WalWatch {
    pub(super) fn new(path: PathBuf, notice: u64) -> Self {
        Self { path, notice, largest: 0 }
    }

    /// Notes its size, and says so the first time that it passes the notice.
    pub(super) fn look(&mut self) {
        // A WAL that cannot be looked at is SQLite's to complain of.
        let length = fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        if length >= self.notice && self.largest < self.notice {
            tracing::warn!(
                wal_bytes = length,
                "the WAL beside the database grows: a reader keeps a snapshot open; it is trimmed after that reader has left"
            );
        }
        self.largest = self.largest.max(length);
    }

    /// Its largest size in bytes, if that passed the notice.
    pub(super) fn grew_to(&self) -> Option<u64> {
        (self.largest >= self.notice).then_some(self.largest)
    }
}

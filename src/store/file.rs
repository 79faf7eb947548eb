//! The database as a file: where it may lie, who may read it, how much space it has.
//!
//! The mode is right from the first byte: the file is made here, empty, before SQLite opens it, and SQLite gives its mode to the -wal and the
//! -shm beside it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::statvfs::statvfs,
    unistd::{Group, geteuid},
};

use super::StoreError;

/// Marks a file as this program's ("CCDA"), at byte 68 of an SQLite header.
pub(super) const APPLICATION_ID: u32 = 0x4343_4441;

/// Where the database lies and who may read it.
#[derive(Debug, Clone)]
pub struct DatabaseFile {
    pub path: PathBuf,
    /// Name of a group of the system that may read it beside its owner.
    pub readers: Option<String>,
    pub allow_network_file_system: bool,
    pub sharing: Sharing,
}

/// How the one writer gets on with other programs that have the same file open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharing {
    /// How long a write waits for another program's write lock before the run ends in order.
    pub lock_wait: Duration,
    /// Size in bytes from which on the growth of the WAL is said.
    pub wal_notice: u64,
}

impl Default for Sharing {
    fn default() -> Self {
        Self { lock_wait: Duration::from_secs(120), wal_notice: 256 << 20 }
    }
}

impl DatabaseFile {
    /// A file for its owner alone, on whatever file system it lies.
    pub fn at(path: PathBuf) -> Self {
        Self { path, readers: None, allow_network_file_system: true, sharing: Sharing::default() }
    }

    /// Makes the folder and an empty file where there are none; what is there already stays as it is.
    pub(super) fn create(&self) -> Result<(), StoreError> {
        let not_writable = |source| StoreError::NotWritable { path: self.path.clone(), source };
        let folder = self.folder();
        if !folder.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(not_writable)?;
        }
        self.refuse_network_file_system()?;
        // `truncate(false)`: the file of yesterday is opened just to see that it can be written.
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&self.path).map_err(not_writable)?;
        Ok(())
    }

    /// Gives our folder and files their modes: 0700 and 0600, or 2750 and 0640 with readers.
    pub(super) fn set_modes(&self) -> Result<(), StoreError> {
        let not_writable = |source| StoreError::NotWritable { path: self.path.clone(), source };
        let group = self.group().map_err(not_writable)?;
        self.open_folder_to(group).map_err(not_writable)?;
        for path in [self.path.clone(), self.wal_path(), with_suffix(&self.path, "-shm"), self.lock_path()] {
            match OpenOptions::new().read(true).write(true).open(path) {
                Ok(file) => self.give_mode(&file, group).map_err(not_writable)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(not_writable(error)),
            }
        }
        Ok(())
    }

    /// Reads the header alone, so that a file that is not ours stays as it is. `Ok(false)` for an empty file.
    pub(super) fn is_ours(&self) -> Result<bool, StoreError> {
        let path = self.path.clone();
        let mut header = [0; 100];
        let mut file = File::open(&path).map_err(|source| StoreError::NotWritable { path: path.clone(), source })?;
        match file.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let empty = file.metadata().is_ok_and(|metadata| metadata.len() == 0);
                return if empty { Ok(false) } else { Err(StoreError::NotSqlite { path }) };
            }
            Err(source) => return Err(StoreError::NotWritable { path, source }),
            Ok(()) => {}
        }
        if &header[..16] != b"SQLite format 3\0" {
            return Err(StoreError::NotSqlite { path });
        }
        let found = u32::from_be_bytes([header[68], header[69], header[70], header[71]]);
        if found == APPLICATION_ID { Ok(true) } else { Err(StoreError::Foreign { path, found }) }
    }

    /// SQLite's write-ahead log.
    pub(super) fn wal_path(&self) -> PathBuf {
        with_suffix(&self.path, "-wal")
    }

    /// The file beside the database whose lock says who may write.
    pub(super) fn lock_path(&self) -> PathBuf {
        with_suffix(&self.path, ".lock")
    }

    /// Mode of every file that is written.
    fn mode(&self) -> u32 {
        if self.readers.is_some() { 0o640 } else { 0o600 }
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        }
    }

    pub(super) fn group(&self) -> io::Result<Option<u32>> {
        let Some(name) = &self.readers else { return Ok(None) };
        let group = Group::from_name(name).map_err(io::Error::from)?;
        let missing = || io::Error::new(io::ErrorKind::NotFound, format!("there is no group {name:?} on this system"));
        Ok(Some(group.ok_or_else(missing)?.gid.as_raw()))
    }

    /// A folder that is shared with others already was set up by somebody who knows why; only our own closed one is opened.
    fn open_folder_to(&self, group: Option<u32>) -> io::Result<()> {
        let folder = self.folder();
        let metadata = fs::metadata(folder)?;
        if let Some(gid) = group
            && metadata.uid() == geteuid().as_raw()
            && metadata.mode() & 0o7777 == 0o700
        {
            chown(folder, None, Some(gid))?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o2750))?;
        }
        Ok(())
    }

    pub(super) fn give_mode(&self, file: &File, group: Option<u32>) -> io::Result<()> {
        let metadata = file.metadata()?;
        if let Some(gid) = group
            && metadata.gid() != gid
        {
            std::os::unix::fs::fchown(file, None, Some(gid))?;
        }
        if metadata.mode() & 0o7777 != self.mode() {
            file.set_permissions(fs::Permissions::from_mode(self.mode()))?;
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn refuse_network_file_system(&self) -> Result<(), StoreError> {
        use nix::sys::statfs::statfs;

        if self.allow_network_file_system {
            return Ok(());
        }
        let path = self.path.clone();
        let found = statfs(self.folder()).map_err(|error| StoreError::NotWritable { path: path.clone(), source: error.into() })?;
        match shared_kind(found.filesystem_type().0 as u64) {
            Some(kind) => Err(StoreError::NetworkFileSystem { path, kind: kind.to_owned() }),
            None => Ok(()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn refuse_network_file_system(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The name of a file system whose locks do not hold between machines, by its magic number in statfs(2) and linux/magic.h; `None` for a local one.
///
/// SQLite's own advice is in "How To Corrupt An SQLite Database File", 2.1. The type of `f_type` has 32 or 64 bits, signed or not.
#[cfg(target_os = "linux")]
fn shared_kind(magic: u64) -> Option<&'static str> {
    Some(match magic & 0xffff_ffff {
        0x6969 => "NFS",
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => "SMB/CIFS",
        // virtiofs shows itself by this number too.
        0x6573_5546 => "FUSE or virtiofs",
        0x6a65_6a63 => "virtiofs",
        0x0102_1997 => "9p",
        0x0bd0_0bd0 => "Lustre",
        0x00c3_6400 => "Ceph",
        0x5346_414f => "AFS",
        _ => return None,
    })
}

/// Bytes that this user may still write on the file system of `path`, whose folder may be missing yet.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let existing = path.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let found = statvfs(existing)?;
    Ok(found.blocks_available() as u64 * found.fragment_size() as u64)
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn fault_49_file_systems_whose_locks_do_not_hold_are_known_by_their_numbers() {
        // As statfs(2) gives them, the signed ones of 32-bit systems included.
        for (magic, kind) in [
            (0x6969, "NFS"),
            (0xff53_4d42, "SMB/CIFS"),
            (i64::from(0xff53_4d42_u32 as i32) as u64, "SMB/CIFS"),
            (0xfe53_4d42, "SMB/CIFS"),
            (0x6573_5546, "FUSE or virtiofs"),
            (0x0102_1997, "9p"),
        ] {
            assert_eq!(shared_kind(magic), Some(kind), "{magic:#x}");
        }
        // ext4, xfs, btrfs, tmpfs, overlayfs, ZFS.
        for magic in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0x2fc1_2fc1] {
            assert_eq!(shared_kind(magic), None, "{magic:#x}");
        }
    }
}

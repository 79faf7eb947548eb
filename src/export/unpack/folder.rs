//! A folder that files are put into, each whole or not at all, none in place of another.
//!
//! Everything is done relative to the folder's handle and follows no symbolic link: whatever is put in its place meanwhile, nothing is written
//! elsewhere. A file is written under a name of its own, made durable, and only then linked to its name, which fails where that is taken.

use std::{
    ffi::OsStr,
    fs::{DirBuilder, File, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, openat, renameat},
    sys::stat::{Mode, mkdirat},
    unistd::{UnlinkatFlags, linkat, unlinkat},
};
use sha2::{Digest, Sha256};

use crate::failpoint;

/// What a file is called that is not whole yet: this, the process id and `PART`. No other file here begins with a dot.
const UNFINISHED: &str = ".unpack-";
const PART: &str = ".part";

/// By what a file system says that it knows no links; some of them are one number on some systems.
const NO_LINKS: [Errno; 4] = [Errno::EPERM, Errno::EOPNOTSUPP, Errno::ENOTSUP, Errno::ENOSYS];

#[derive(Debug)]
pub struct Folder {
    handle: File,
    pub path: PathBuf,
}

impl Folder {
    /// The folder that a person named, made for its owner alone where it is missing. `None` where another process has it.
    pub fn open(path: &Path) -> io::Result<Option<Self>> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let folder = Self { handle: File::open(path)?, path: path.to_owned() };
        // Some file systems cannot lock a folder. Two that write at once do no harm, but one of them may end with an error.
        if let Err(TryLockError::WouldBlock) = folder.handle.try_lock() {
            return Ok(None);
        }
        folder.remove_unfinished()?;
        Ok(Some(folder))
    }

    /// What a process left that was killed.
    fn remove_unfinished(&self) -> io::Result<()> {
        for entry in self.path.read_dir()? {
            let name = entry?.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(UNFINISHED) && name.ends_with(PART)) {
                self.remove(&name)?;
            }
        }
        Ok(())
    }

    /// A folder in it, made where it is missing; a symbolic link or a file in its place is an error.
    pub fn subfolder(&self, name: &str) -> io::Result<Self> {
        match mkdirat(&self.handle, name, Mode::S_IRWXU) {
            Err(error) if error != Errno::EEXIST => return Err(error.into()),
            _ => {}
        }
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let handle = openat(&self.handle, name, flags, Mode::empty())?;
        Ok(Self { handle: handle.into(), path: self.path.join(name) })
    }

    /// A file in it; `None` where there is none. What is no file is an error.
    pub fn file(&self, name: &str) -> io::Result<Option<File>> {
        // Without waiting for somebody at the other end of a pipe.
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = match openat(&self.handle, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::ENOENT) => return Ok(None),
            Err(Errno::ELOOP) => return Err(not_a_file()),
            Err(error) => return Err(error.into()),
        };
        if file.metadata()?.is_file() { Ok(Some(file)) } else { Err(not_a_file()) }
    }

    /// A file that has no name of its own yet; it is gone with its value.
    pub fn unfinished(&self, what: &str) -> io::Result<Unfinished<'_>> {
        let name = format!("{UNFINISHED}{}-{what}{PART}", std::process::id());
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = openat(&self.handle, name.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
        Ok(Unfinished { folder: self, name, file: file.into() })
    }

    /// Makes the names in it durable.
    pub fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }

    fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.handle, name, UnlinkatFlags::NoRemoveDir)?)
    }
}

fn not_a_file() -> io::Error {
    io::Error::other("it is no file")
}

/// Whether a file has exactly the bytes of this digest.
pub fn has_digest(mut file: File, sha256: &[u8]) -> io::Result<bool> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().as_slice() == sha256),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// A file under a name that says so.
#[derive(Debug)]
pub struct Unfinished<'a> {
    folder: &'a Folder,
    name: String,
    pub file: File,
}

impl Unfinished<'_> {
    /// Gives it its name in a folder, once it is durable; `AlreadyExists` where something has that name.
    pub fn put(self, into: &Folder, name: &str) -> io::Result<()> {
        self.file.sync_all()?;
        match linkat(&self.folder.handle, self.name.as_str(), &into.handle, name, AtFlags::empty()) {
            // FAT and the like. Between the look and the renaming only another `unpack` could write here, and the lock keeps it away.
            Err(error) if NO_LINKS.contains(&error) => match into.file(name)? {
                None => Ok(renameat(&self.folder.handle, self.name.as_str(), &into.handle, name)?),
                Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
            },
            linked => {
                failpoint::pass("linked");
                Ok(linked?)
            }
        }
    }

    /// Gives it its name in its own folder, once it is durable, in place of what has it.
    pub fn replace(self, name: &str) -> io::Result<()> {
        self.file.sync_all()?;
        failpoint::pass("manifest_written");
        Ok(renameat(&self.folder.handle, self.name.as_str(), &self.folder.handle, name)?)
    }
}

impl Write for Unfinished<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        // Where it was renamed there is nothing under this name any more.
        let _ = self.folder.remove(OsStr::new(&self.name));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn put(folder: &Folder, into: &Folder, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut unfinished = folder.unfinished("document").unwrap();
        unfinished.write_all(bytes).unwrap();
        unfinished.put(into, name)
    }

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<_> = path.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_put_once_and_never_in_place_of_another() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(&dir.path().join("a/b")).unwrap().unwrap();
        let inner = folder.subfolder("T").unwrap();
        put(&folder, &inner, "one", b"1").unwrap();
        assert_eq!(put(&folder, &inner, "one", b"2").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(inner.path.join("one")).unwrap(), b"1");
        symlink("nowhere", inner.path.join("link")).unwrap();
        assert_eq!(put(&folder, &inner, "link", b"2").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((names(&folder.path), names(&inner.path)), (vec!["T".to_owned()], vec!["link".to_owned(), "one".to_owned()]));
        assert!(has_digest(inner.file("one").unwrap().unwrap(), &Sha256::digest(b"1")).unwrap());
        assert!(!has_digest(inner.file("one").unwrap().unwrap(), &Sha256::digest(b"2")).unwrap());
    }

    #[test]
    fn a_link_is_not_followed_and_what_is_no_file_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap().unwrap();
        symlink(elsewhere.path(), dir.path().join("T")).unwrap();
        assert!(folder.subfolder("T").is_err());
        symlink("/etc/hostname", dir.path().join("link")).unwrap();
        nix::unistd::mkfifo(&dir.path().join("pipe"), Mode::S_IRWXU).unwrap();
        folder.subfolder("folder").unwrap();
        for name in ["link", "pipe", "folder"] {
            assert_eq!(folder.file(name).unwrap_err().to_string(), "it is no file", "{name}");
        }
        assert!(folder.file("none").unwrap().is_none());
    }

    #[test]
    fn what_was_killed_is_cleared_away_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".unpack-1-document.part", ".unpack-99-manifest.part", ".hidden", "unpack-1.part"] {
            fs::write(dir.path().join(name), "half").unwrap();
        }
        let folder = Folder::open(dir.path()).unwrap().unwrap();
        assert_eq!(names(dir.path()), [".hidden", "unpack-1.part"]);
        assert!(Folder::open(dir.path()).unwrap().is_none(), "two may write at once");
        drop(folder);
    }
}

//! Files that hold secrets: opened, and refused where others may read them.

use std::{
    fs::{File, OpenOptions},
    io::Read,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use nix::fcntl::OFlag;
use secrecy::SecretString;
use zeroize::Zeroizing;

/// No password and no token is longer; a file that is was not meant.
pub(super) const LONGEST_SECRET: u64 = 64 * 1024;

/// Opens a regular file that only its owner and its group may read.
///
/// The group may, because Kubernetes mounts secrets for `fsGroup` as root's with mode 0440. Asked of the open file, so that nobody swaps it in between.
pub(super) fn open_private(path: &Path) -> Result<File, String> {
    let cannot = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    // Opening a pipe would wait for its writer for ever.
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        return Err(format!("{} is not a regular file", path.display()));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o004 != 0 {
        return Err(format!(
            "others may read {} (mode {mode:04o}): run chmod o-r on it, and change the secret if others could log in here",
            path.display()
        ));
    }
    Ok(file)
}

/// The secret that the file holds, without the newline at its end.
pub(super) fn read(path: &Path) -> Result<SecretString, String> {
    let file = open_private(path)?;
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LONGEST_SECRET + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    from_bytes(&bytes).map_err(|problem| format!("{} {problem}", path.display()))
}

/// A secret as a file or a program gives it: one newline at its end is not a part of it.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<SecretString, &'static str> {
    if bytes.len() as u64 > LONGEST_SECRET {
        return Err("is longer than 64 KiB, which no secret is");
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8")?;
    let secret = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text);
    if secret.is_empty() { Err("is empty") } else { Ok(SecretString::from(secret)) }
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    use secrecy::ExposeSecret;

    use super::*;

    fn file(content: &[u8], mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        std::fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
        file
    }

    #[test]
    fn one_trailing_newline_is_trimmed_and_nothing_else() {
        for (content, secret) in [("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), ("s3cret", "s3cret"), (" s3 \n\n", " s3 \n")] {
            assert_eq!(read(file(content.as_bytes(), 0o600).path()).unwrap().expose_secret(), secret);
        }
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_and_one_of_the_group_is_not() {
        let refused = read(file(b"s3cret", 0o644).path()).unwrap_err();
        assert!(refused.contains("(mode 0644)") && !refused.contains("s3cret"), "{refused}");
        assert!(read(file(b"s3cret", 0o440).path()).is_ok());
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for content in [&b""[..], b"\n", b"\xff\xfe", &[b'x'; 70_000]] {
            assert!(read(file(content, 0o600).path()).is_err());
        }
        assert!(read(Path::new("/")).unwrap_err().contains("not a regular file"));
    }
}

//! `ccda-export init DIR`: writes a commented job, roster and patients file to begin from.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::config::TEMPLATES;

/// Writes the files, readable by their owner alone, and returns their paths; the folder is made where it is missing.
///
/// Nothing is overwritten: where one of the files exists, none is written, and the error (`AlreadyExists`) names it.
pub fn run(dir: &Path) -> io::Result<Vec<PathBuf>> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let paths: Vec<PathBuf> = TEMPLATES.iter().map(|(name, _)| dir.join(name)).collect();
    if let Some(existing) = paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} exists already; nothing was written", existing.display())));
    }
    for (path, (_, content)) in paths.iter().zip(TEMPLATES) {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(content.as_bytes())?;
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::config;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn write_private(path: &Path, text: &str) {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn the_written_files_load_once_their_secrets_are_there() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("a/b");
        let paths = run(&dir).unwrap();
        assert_eq!((mode(&dir), paths.iter().map(|path| mode(path)).collect::<Vec<_>>()), (0o700, vec![0o600; 3]));

        let missing = config::load(&dir.join("job.toml")).unwrap_err();
        assert!(missing.listed().iter().all(|mistake| mistake.text.contains("secrets/")) && missing.count() == 2, "{missing}");
        fs::create_dir(dir.join("secrets")).unwrap();
        write_private(&dir.join("secrets/client-secret"), "x\n");
        write_private(&dir.join("secrets/front-desk-password"), "y\n");
        let job = config::load(&dir.join("job.toml")).unwrap();
        assert_eq!((job.name.as_str(), job.roster.patient_count, job.warnings.len()), ("job", 1, 0));
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("patients.csv"), "mine").unwrap();
        let error = run(dir.path()).unwrap_err();
        assert!(error.kind() == io::ErrorKind::AlreadyExists && error.to_string().contains("patients.csv"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(dir.path().join("patients.csv")).unwrap(), "mine");
    }
}

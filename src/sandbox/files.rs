//! The real files that are served instead of synthetic documents: which they are. Their bytes are read when they are asked for.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Every file below `root`, as a path relative to it, sorted. Hidden files and folders are left out, and links to folders, which may lead in circles.
pub(super) fn below(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).map_err(|error| unreadable(root, &folder, &error))? {
            let entry = entry?;
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = folder.join(name);
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if root.join(&path).is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn unreadable(root: &Path, folder: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot list {}: {error}", root.join(folder).display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_any_name_and_depth_are_found_and_hidden_ones_are_not() {
        let root = tempfile::tempdir().unwrap();
        for path in ["b/deep/er/no extension", "a.xml", "b/ü.txt", ".hidden", ".git/config", "b/.swp"] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        std::os::unix::fs::symlink(root.path(), root.path().join("b/circle")).unwrap();
        let found: Vec<_> = below(root.path()).unwrap().into_iter().map(|path| path.display().to_string()).collect();
        assert_eq!(found, ["a.xml", "b/deep/er/no extension", "b/ü.txt"]);
    }
}

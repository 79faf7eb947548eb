//! The modes of all that is written, under a umask that forbids nothing: right from the first byte, for the kernel tells of each change of a mode.

use std::{
    collections::HashSet,
    ffi::OsString,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nix::{
    sys::inotify::{AddWatchFlags, InitFlags, Inotify},
    unistd::{Gid, Group, geteuid, getgid},
};
use tempfile::TempDir;

use super::process::{SOMEBODY, as_user, give};
use crate::harness::{Ended, Sandbox, finish};

/// What happens to the files of a folder.
struct Watch(Inotify);

impl Watch {
    fn of(folder: &Path) -> Self {
        let events = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).unwrap();
        let kinds = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_ATTRIB | AddWatchFlags::IN_DELETE;
        events.add_watch(folder, kinds).unwrap();
        Self(events)
    }

    /// The files that were made. None of them changed its mode once it held something, and without readers none ever did.
    fn made(&self, readers: bool) -> HashSet<OsString> {
        let (mut made, mut written) = (HashSet::new(), HashSet::new());
        while let Ok(events) = self.0.read_events() {
            for event in events {
                assert!(!event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW), "too much happened for this test");
                // Of the folder itself, which has its test elsewhere.
                let Some(name) = event.name else { continue };
                if event.mask.contains(AddWatchFlags::IN_CREATE) {
                    made.insert(name);
                } else if event.mask.contains(AddWatchFlags::IN_MODIFY) {
                    written.insert(name);
                } else if event.mask.contains(AddWatchFlags::IN_DELETE) {
                    written.remove(&name);
                } else if event.mask.contains(AddWatchFlags::IN_ATTRIB) {
                    assert!(readers && !written.contains(&name), "{name:?} got its mode after it was made");
                }
            }
        }
        made
    }
}

/// Ours, under a umask that forbids nothing. Not as root, for whom SQLite changes the owner of what it has made.
fn careless() -> Command {
    let mut shell = Command::new("sh");
    shell.env_clear().args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_ccda-export")]);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    as_user(shell)
}

/// A folder of the user's.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    give(folder.path());
    folder
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// All files of a folder, so many at least, have this mode.
fn assert_modes(folder: &Path, mode_of_files: u32, files: usize) {
    let paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    assert!(paths.len() >= files, "{paths:?}");
    for path in paths {
        assert_eq!(mode(&path), mode_of_files, "{}", path.display());
    }
}

fn run(sandbox: &Sandbox, die_at: Option<&str>) -> Ended {
    let mut run = careless();
    run.arg("run").arg(sandbox.job()).arg("--again");
    die_at.map(|step| run.env("CCDA_EXPORT_DIE_AT", step));
    finish(run.spawn().unwrap())
}

#[tokio::test]
async fn the_database_and_all_beside_it_have_their_mode_from_their_first_byte() {
    let gid = if geteuid().is_root() { Gid::from_raw(SOMEBODY) } else { getgid() };
    let group = Group::from_gid(gid).unwrap().unwrap().name;
    for (readers, folder_mode, file_mode) in [(None, 0o700, 0o600), (Some(group), 0o2750, 0o640)] {
        let sandbox = Sandbox::start(&["--patients", "6"]);
        let key = readers.as_ref().map_or_else(String::new, |group| format!("\nreaders = {group:?}"));
        sandbox.edit("job.toml", "\"export.sqlite\"", &format!("\"deep/data/export.sqlite\"{key}"));
        give(sandbox.dir.path());
        let data = sandbox.path("deep/data");
        // Once for the folders, which a watch needs; then everything anew in them.
        assert_eq!(run(&sandbox, None).code(), 0);
        assert_eq!((mode(&sandbox.path("deep")), mode(&data)), (0o700, folder_mode));
        for entry in fs::read_dir(&data).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }

        let watch = Watch::of(&data);
        assert_eq!(run(&sandbox, Some("settled:3")).status.code(), None);
        assert_modes(&data, file_mode, 4);
        assert_eq!(run(&sandbox, None).code(), 0);
        let made = watch.made(readers.is_some());
        for name in ["export.sqlite", "export.sqlite-journal", "export.sqlite-wal", "export.sqlite-shm", "export.sqlite.lock"] {
            assert!(made.contains(&OsString::from(name)), "{name} was not made: {made:?}");
        }

        let backup = careless().arg("backup").arg(sandbox.job()).arg(data.join("copy.sqlite")).output().unwrap();
        assert!(backup.status.success(), "{backup:?}");
        assert_modes(&data, file_mode, 3);
    }
}

#[tokio::test]
async fn a_copy_has_its_mode_before_anything_is_in_it() {
    let sandbox = Sandbox::start(&["--patients", "6"]);
    give(sandbox.dir.path());
    assert_eq!(run(&sandbox, None).code(), 0);
    let folder = folder();
    let watch = Watch::of(folder.path());
    let backup = careless().arg("backup").arg(sandbox.job()).arg(folder.path().join("copy.sqlite")).output().unwrap();
    assert!(backup.status.success(), "{backup:?}");
    assert!(watch.made(false).iter().all(|name| name.to_string_lossy().starts_with(".copy.sqlite.")), "a copy is put in its place whole");
    assert_modes(folder.path(), 0o600, 1);
}

#[test]
fn what_is_written_to_begin_from_is_for_its_owner_alone_from_the_first_byte() {
    let home = folder();
    for (command, flag, files) in [("init", None, 3), ("demo", Some("--dir"), 5)] {
        let dir = home.path().join(command).join("deep");
        let twice = |dir: &Path| {
            let output = careless().arg(command).args(flag).arg(dir).output().unwrap();
            assert!(output.status.success(), "{output:?}");
        };
        twice(&dir);
        assert_eq!((mode(dir.parent().unwrap()), mode(&dir)), (0o700, 0o700));
        assert_modes(&dir, 0o600, files);
        for entry in fs::read_dir(&dir).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        let watch = Watch::of(&dir);
        twice(&dir);
        assert!(watch.made(false).len() >= files);
        assert_modes(&dir, 0o600, files);
    }
}

#[test]
fn the_sandboxs_roster_is_for_its_owner_alone_from_the_first_byte() {
    let home = folder();
    // So many accounts have a file of their own.
    let args = ["--accounts", "30", "--patients", "30"];
    let watch = Watch::of(home.path());
    let mut sandbox = careless().arg("sandbox").args(args).arg("--roster-out").arg(home.path()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(sandbox.stdout.take().unwrap()), &mut line).unwrap();
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
    assert_eq!(watch.made(false).len(), 4, "{line}");
    assert_modes(home.path(), 0o600, 4);
}

#[test]
fn the_demos_own_folder_is_closed() {
    let home = folder();
    let demo = careless().arg("demo").env("TMPDIR", home.path()).output().unwrap();
    assert!(demo.status.success(), "{demo:?}");
    let folders: Vec<PathBuf> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    assert_eq!(mode(&folders[0]), 0o700);
}

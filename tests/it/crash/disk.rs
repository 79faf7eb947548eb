//! Rows 46 to 48: a disk that is full, too small or read-only. A real file system of a few MB in a mount namespace of its own.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use super::{assert_as_undisturbed, assert_no_damage, database};
use crate::harness::{Ended, Sandbox, finish, until};

/// A small file system in memory, mounted in a namespace that lives as long as this.
struct SmallDisk {
    holder: Child,
    folder: TempDir,
}

impl SmallDisk {
    /// `None`, said aloud, where this user may make no namespaces.
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let script = "mount -t tmpfs -o size=\"$1\" tmpfs \"$0\" && echo mounted && exec sleep 600";
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", script]).arg(folder.path()).arg(size);
        let holder = command.stdout(Stdio::piped()).spawn();
        let Ok(mut holder) = holder else { return skipped() };
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let disk = Self { holder, folder };
        if line.trim() == "mounted" {
            return Some(disk);
        }
        skipped()
    }

    /// How a path of it is seen from outside of its namespace; for plain files, SQLite would resolve it to another.
    fn outside(&self, name: &str) -> PathBuf {
        let inside = self.folder.path().strip_prefix("/").unwrap().join(name);
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(inside)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.holder.id().to_string(), "-U", "-m", "--preserve-credentials", "--", program]);
        command
    }

    fn start_run(&self, sandbox: &Sandbox) -> Child {
        let mut command = self.command(env!("CARGO_BIN_EXE_ccda-export"));
        command.arg("run").arg(sandbox.job()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn run(&self, sandbox: &Sandbox) -> Ended {
        finish(self.start_run(sandbox))
    }

    /// Writes until nothing more fits.
    fn fill(&self) {
        let full = fs::write(self.outside("ballast"), vec![1u8; 256 << 20]).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    }

    /// Copies the database to where the sandbox's own would lie; no run may be going on.
    fn copy_out(&self, sandbox: &Sandbox) {
        for name in ["export.sqlite", "export.sqlite-wal"] {
            let _ = fs::remove_file(sandbox.path(name));
            if self.outside(name).exists() {
                fs::copy(self.outside(name), sandbox.path(name)).unwrap();
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Says it past the test harness, which keeps what a passing test prints.
fn skipped() -> Option<SmallDisk> {
    let _ = std::io::stderr()
        .write_all(b"SKIPPED: no file system can be mounted here (unshare -rm is not permitted): this row is not tested\n");
    None
}

/// A sandbox whose job keeps its database on the small disk.
fn sandbox_on(disk: &SmallDisk, args: &[&str]) -> Sandbox {
    let sandbox = Sandbox::start(args);
    let path = disk.folder.path().join("export.sqlite");
    sandbox.edit("job.toml", "\"export.sqlite\"", &format!("{:?}", path.to_str().unwrap()));
    sandbox
}

#[tokio::test]
async fn fault_46_a_disk_that_fills_up_in_the_middle_ends_the_run_in_order_and_the_next_goes_on() {
    let Some(disk) = SmallDisk::new("160m") else { return };
    let sandbox = sandbox_on(&disk, &["--tenants", "1", "--accounts", "1", "--patients", "80", "--latency-ms", "50"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 2");
    let run = disk.start_run(&sandbox);
    until(async || sandbox.requests_with("document", 200).await > 20).await;
    disk.fill();
    let ended = finish(run);
    assert_eq!(ended.code(), 74, "{ended:#?}");
    assert!(ended.stderr.contains("the disk is full"), "{ended:#?}");

    fs::remove_file(disk.outside("ballast")).unwrap();
    disk.copy_out(&sandbox);
    assert_no_damage(&database(&sandbox)).await;
    let acknowledged = sandbox.ask("SELECT id, patient_id, body_id FROM documents").await;
    assert!(!acknowledged.is_empty() && acknowledged.len() < 80, "{} documents", acknowledged.len());

    let next = disk.run(&sandbox);
    assert_eq!(next.code(), 0, "{next:#?}");
    disk.copy_out(&sandbox);
    assert_as_undisturbed(&sandbox).await;
    let after = sandbox.ask("SELECT id, patient_id, body_id FROM documents").await;
    assert!(acknowledged.iter().all(|document| after.contains(document)));
}

#[tokio::test]
async fn fault_47_too_little_space_at_the_start_is_refused_before_any_request() {
    let Some(disk) = SmallDisk::new("16m") else { return };
    let sandbox = sandbox_on(&disk, &["--patients", "3"]);
    let ended = disk.run(&sandbox);
    assert_eq!(ended.code(), 74, "{ended:#?}");
    assert!(ended.stderr.contains("bytes are free where 67108864 are needed"), "{ended:#?}");
    assert_eq!(sandbox.requests_with("token", 200).await, 0);
}

#[tokio::test]
async fn fault_47_a_run_that_would_not_fit_is_refused_before_any_request() {
    // 3,000 documents of 33 kB are 99 MB.
    let Some(disk) = SmallDisk::new("90m") else { return };
    let sandbox = sandbox_on(&disk, &["--patients", "3000"]);
    let ended = disk.run(&sandbox);
    assert_eq!(ended.code(), 74, "{ended:#?}");
    assert!(ended.stderr.contains("where 99000000 are needed"), "{ended:#?}");
    assert_eq!(sandbox.requests_with("token", 200).await, 0);
}

#[tokio::test]
async fn fault_48_a_folder_that_cannot_be_written_is_refused_before_any_request() {
    let Some(disk) = SmallDisk::new("80m") else { return };
    let sandbox = sandbox_on(&disk, &["--patients", "3"]);
    // Once without a file, once with one: the whole file system is read-only, which not even root may ignore.
    for runs_before in [0, 1] {
        if runs_before == 1 {
            assert_eq!(disk.run(&sandbox).code(), 0);
        }
        let requests = sandbox.requests_with("token", 200).await;
        remount(&disk, "ro");
        let ended = disk.run(&sandbox);
        assert_eq!(ended.code(), 73, "{ended:#?}");
        assert!(ended.stderr.contains("export.sqlite") && ended.stderr.contains("cannot be"), "{ended:#?}");
        assert_eq!(sandbox.requests_with("token", 200).await, requests);
        remount(&disk, "rw");
    }
    assert_eq!(disk.run(&sandbox).code(), 0);
    disk.copy_out(&sandbox);
    assert_as_undisturbed(&sandbox).await;
}

fn remount(disk: &SmallDisk, mode: &str) {
    let status = disk.command("mount").args(["-o", &format!("remount,{mode}")]).arg(disk.folder.path()).status().unwrap();
    assert!(status.success());
}

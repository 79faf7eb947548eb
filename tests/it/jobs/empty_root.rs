//! A container as far as a program can see one: a root file system that cannot be written, no home, one volume. Once with the ordinary binary, and once
//! with the static one in a root that holds nothing else.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rcgen::KeyPair;

use crate::{
    edvak_http::tls::{authority, serve, valid_for},
    harness::{Ended, Sandbox, ask_file, finish, skipped},
};

/// Makes the root, closes it, tries it, and becomes the program in it. `$1` root, `$2` binary, `$3` configuration, `$4` volume, `$5` more files of the
/// root, `$6` folders of this machine that the program needs.
const CONTAINER: &str = r#"
set -eu
root=$1 binary=$2 configuration=$3 volume=$4 files=$5 folders=$6
shift 6
mount -t tmpfs tmpfs "$root"
mkdir -p "$root/usr/local/bin" "$root/etc/ccda-export" "$root/var/lib/ccda-export" "$root/tmp" "$root/dev"
cp "$binary" "$root/usr/local/bin/ccda-export"
cp "$configuration"/* "$root/etc/ccda-export"
cp -R "$files/." "$root"
for folder in $folders; do
    [ -e "$folder" ] || continue
    if [ -L "$folder" ]; then cp -P "$folder" "$root$folder"; continue; fi
    mkdir -p "$root$folder"
    mount --bind "$folder" "$root$folder"
    mount -o remount,bind,ro "$root$folder"
done
mount --bind "$volume" "$root/var/lib/ccda-export"
mount -o remount,ro "$root"
for place in / /tmp /etc/ccda-export /usr/local/bin $folders; do
    [ -e "$root$place" ] || continue
    ! touch "$root$place/probe" 2>/dev/null || { echo "$place can be written"; exit 99; }
done
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin STATE_DIRECTORY=/var/lib/ccda-export CONFIGURATION_DIRECTORY=/etc/ccda-export chroot "$root" /usr/local/bin/ccda-export "$@"
"#;

/// Folders without which a program that is not static does not start.
const LIBRARIES: &[&str] = &["/usr/lib", "/usr/lib64", "/lib", "/lib64"];

struct Container {
    binary: PathBuf,
    folders: &'static [&'static str],
    /// Holds the root, the configuration, the volume and what else lies in the root.
    dir: tempfile::TempDir,
}

impl Container {
    /// With the job of a sandbox, which names neither roster nor database. `None`, said aloud, where this user may make no namespaces.
    fn new(binary: &Path, folders: &'static [&'static str], sandbox: &Sandbox) -> Option<Self> {
        let may = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).stderr(Stdio::null()).status();
        if !may.is_ok_and(|status| status.success()) {
            skipped("unshare -rm is not permitted here: no container is tried");
            return None;
        }
        let container = Self { binary: binary.to_owned(), folders, dir: tempfile::tempdir().unwrap() };
        for folder in ["root", "etc", "state", "files"] {
            fs::create_dir(container.dir.path().join(folder)).unwrap();
        }
        sandbox.edit("job.toml", "database = \"export.sqlite\"\n", "");
        sandbox.edit("job.toml", "roster = \"roster.toml\"\n", "");
        for (from, to) in [("job.toml", "nightly.toml"), ("roster.toml", "roster.toml"), ("patients.csv", "patients.csv")] {
            fs::copy(sandbox.path(from), container.path("etc").join(to)).unwrap();
        }
        Some(container)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path("files").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn call(&self, args: &[&str]) -> Ended {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", CONTAINER, "sh"]).arg(self.path("root")).arg(&self.binary);
        command.args(["etc", "state", "files"].map(|name| self.path(name))).arg(self.folders.join(" ")).args(args);
        finish(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// A whole run, and what it left in the volume: the only place where anything could be left.
    async fn assert_runs(&self, patients: u64) {
        let ended = self.call(&["run", "--wait", "--output", "json", "nightly"]);
        assert_eq!((ended.code(), ended.stderr.as_str()), (0, ""), "{ended:#?}");
        assert_eq!(ended.json()["total"]["done"], patients);
        assert_eq!(ended.json()["database"], "/var/lib/ccda-export/sandbox.sqlite");
        let database = self.path("state/sandbox.sqlite");
        assert_eq!(ask_file(&database, "SELECT count(*) FROM latest_documents").await, [[patients.to_string()]]);
        for command in [&["status", "nightly"][..], &["verify", "nightly"], &["backup", "nightly", "/var/lib/ccda-export/copy.sqlite"]] {
            let ended = self.call(command);
            assert_eq!(ended.code(), 0, "{command:?} {ended:#?}");
        }
    }
}

/// Whether an executable asks for a dynamic loader: a program header of the type PT_INTERP.
fn has_interpreter(binary: &Path) -> bool {
    let bytes = fs::read(binary).unwrap();
    assert_eq!(&bytes[..5], b"\x7fELF\x02", "a 64-bit ELF file");
    let number =
        |at: usize, length: usize| bytes[at..at + length].iter().rev().fold(0usize, |number, byte| number << 8 | usize::from(*byte));
    let (headers, size, count) = (number(0x20, 8), number(0x36, 2), number(0x38, 2));
    (0..count).any(|header| number(headers + header * size, 4) == 3)
}

/// The static binary, which `.ci/run` builds.
fn static_binary() -> Option<PathBuf> {
    let binary = std::env::var_os("CCDA_STATIC_BINARY").map(PathBuf::from);
    if binary.is_none() {
        skipped("CCDA_STATIC_BINARY names no static binary, as in .ci/run: none is tried in an empty root");
    }
    binary
}

#[tokio::test]
async fn a_run_needs_one_writable_volume_no_home_and_nothing_else() {
    let sandbox = Sandbox::start(&["--patients", "12"]);
    let Some(container) = Container::new(Path::new(env!("CARGO_BIN_EXE_ccda-export")), LIBRARIES, &sandbox) else { return };
    container.assert_runs(12).await;
    // Were the volume closed too, it would not.
    let closed = Sandbox::start(&["--patients", "3"]);
    let container = Container::new(Path::new(env!("CARGO_BIN_EXE_ccda-export")), LIBRARIES, &closed).unwrap();
    let ended = container.call(&["run", "nightly", "--database", "/var/lib/elsewhere/nightly.sqlite"]);
    assert_eq!(ended.code(), 73, "{ended:#?}");
    assert_eq!(closed.requests_with("token", 200).await, 0);
}

#[tokio::test]
async fn the_static_binary_runs_in_a_root_that_holds_nothing_else() {
    let Some(binary) = static_binary() else { return };
    assert!(!has_interpreter(&binary));
    assert!(has_interpreter(Path::new(env!("CARGO_BIN_EXE_ccda-export"))), "the proof would prove nothing");
    let sandbox = Sandbox::start(&["--patients", "12"]);
    // A name in place of the address: what is linked in has to find names too.
    sandbox.edit("roster.toml", "http://127.0.0.1:", "http://localhost:");
    let Some(container) = Container::new(&binary, &[], &sandbox) else { return };
    container.write("etc/hosts", "127.0.0.1 localhost\n");
    container.assert_runs(12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_static_binary_trusts_the_certificates_that_were_copied_in_and_no_others() {
    let Some(binary) = static_binary() else { return };
    let (trusted, stranger, key) = (authority(), authority(), KeyPair::generate().unwrap());
    let url = serve(valid_for("127.0.0.1").signed_by(&key, &trusted).unwrap(), &key).await;
    // That server answers 404 to whatever it is asked, once TLS has let the question through.
    let cases = [
        (Some(&trusted), "it answered 404"),
        (Some(&stranger), "the server's certificate is not to be trusted"),
        (None, "check the platform's CA certificates"),
    ];
    for (authority, told) in cases {
        let sandbox = Sandbox::start(&["--patients", "3"]);
        sandbox.edit("job.toml", "deadline = ", &format!("health_check = \"{url}/key\"\ndeadline = "));
        let Some(container) = Container::new(&binary, &[], &sandbox) else { return };
        if let Some(authority) = authority {
            container.write("etc/ssl/certs/ca-certificates.crt", &crate::faults::pem(authority.der()));
        }
        let ended = container.call(&["run", "nightly"]);
        assert!(ended.code() == 0 && ended.stderr.contains(told), "{told}: {ended:#?}");
    }
}

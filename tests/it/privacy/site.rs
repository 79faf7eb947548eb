//! An operator's folder with every kind of secret in it, and commands that are watched while they run there.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use super::{
    marks::{CLIENT_ID, CLIENT_SECRET, Leaks, OTHER_PASSWORD, OWN, PASSWORD, PATIENT_TOKEN, USER},
    search::Watch,
};
use crate::harness::{Ended, ccda_export, finish};

/// The variable that holds the client's secret.
pub const VARIABLE: &str = "CLIENT_SECRET_OF_THIS_TEST";

pub struct Site {
    dir: TempDir,
}

impl Site {
    /// A tenant at `url` with two accounts of two patients each.
    pub fn new(url: &str) -> Self {
        let site = Self { dir: tempfile::tempdir().unwrap() };
        for folder in ["files", "tmp", "cwd", "home"] {
            fs::create_dir(site.dir.path().join(folder)).unwrap();
        }
        site.write("job.toml", JOB);
        site.write("password", &format!("{PASSWORD}\n"));
        let account = |name: &str, password: &str| {
            format!("[[tenants.accounts]]\naccount = \"{name}\"\nusername = \"{USER}-{name}@example.org\"\npassword = {password}\n")
        };
        let roster = format!(
            "patients = \"patients.csv\"\n[[tenants]]\ntenant = \"TENANT_AB\"\nbase_url = \"{url}\"\nclient_id = \"{CLIENT_ID}\"\n\
             client_secret = {{ env = \"{VARIABLE}\" }}\n{}{}",
            account("desk", "{ file = \"password\" }"),
            account(
                "ward",
                &format!(
                    "{{ command = [\"sh\", \"-c\", \"printf '%s' {}\\\"$0\\\"\", \"{}\"] }}",
                    &OTHER_PASSWORD[..5],
                    &OTHER_PASSWORD[5..]
                )
            )
        );
        site.write("roster.toml", &roster);
        let patients = (1..=4).map(|number| {
            let account = if number <= 2 { "desk" } else { "ward" };
            format!("TENANT_AB,{account},{PATIENT_TOKEN}-{number},{OWN}-{number}\n")
        });
        site.write("patients.csv", &format!("tenant,account,patient_token,note\n{}", patients.collect::<String>()));
        site
    }

    /// A file of the operator's.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("files").join(name)
    }

    /// Where nothing is ever written.
    pub fn untouched(&self) -> [PathBuf; 3] {
        ["tmp", "cwd", "home"].map(|name| self.dir.path().join(name))
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        // It holds secrets: others may not read it.
        fs::set_permissions(self.path(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }

    /// Replaces text in one of its files, which must be there.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from:?}:\n{text}");
        self.write(name, &text.replace(from, to));
    }

    /// The files that a database at `path` may have beside it.
    pub fn database_files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.path("")).unwrap().map(|entry| entry.unwrap().path());
        let ours = HashSet::from(["export.sqlite", "export.sqlite-wal", "export.sqlite-shm", "export.sqlite.lock", "copy.sqlite"]);
        files.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| ours.contains(name))).collect()
    }

    /// A command with all that an environment could turn on; `JOB` and names with a dot stand for files of this site.
    pub fn command(&self, args: &[&str]) -> Command {
        self.dress(ccda_export(), args)
    }

    /// The same for a program that starts ours.
    pub fn dress(&self, mut command: Command, args: &[&str]) -> Command {
        let [tmp, cwd, home] = self.untouched();
        let file = |arg: &str| match arg {
            "JOB" => self.path("job.toml").display().to_string(),
            arg if arg.ends_with(".sqlite") => self.path(arg).display().to_string(),
            arg => arg.to_owned(),
        };
        command.args(args.iter().map(|arg| file(arg))).current_dir(cwd);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", &home).env("TMPDIR", &tmp).env("SQLITE_TMPDIR", &tmp);
        for variable in ["RUST_LOG", "SQLX_LOG", "REQWEST_LOG"] {
            command.env(variable, "trace");
        }
        command.env("RUST_BACKTRACE", "full").env("SSLKEYLOGFILE", home.join("keys")).env(VARIABLE, CLIENT_SECRET);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A command to its end, while the server of this test goes on; nothing may be told, and nothing be left anywhere.
    pub async fn call(&self, args: &[&str], leaks: &mut Leaks) -> Ended {
        self.watch(self.command(args), &args.join(" "), leaks).await
    }

    /// `run` with further arguments.
    pub async fn run(&self, args: &[&str], leaks: &mut Leaks) -> Ended {
        self.call(&[&["run", "JOB"], args].concat(), leaks).await
    }

    /// Any command of this site, under its name.
    pub async fn watch(&self, mut command: Command, name: &str, leaks: &mut Leaks) -> Ended {
        let watch = Watch::of(&self.untouched());
        let ended = tokio::task::spawn_blocking(move || finish(command.spawn().unwrap())).await.unwrap();
        leaks.search(&format!("standard output of {name}"), ended.stdout.as_bytes());
        leaks.search(&format!("standard error of {name}"), ended.stderr.as_bytes());
        watch.nothing_was_written(name, leaks);
        ended
    }
}

/// As fast as can be, and with short waits.
const JOB: &str = r#"
roster = "roster.toml"
database = "export.sqlite"
deadline = "2m"
lock_wait = "200ms"
keep_versions = 5
[timeouts]
total = "2s"
[retry]
first_wait = "5ms"
longest_wait = "10ms"
[limits.documents]
per_second = 1000.0
burst = 1000
concurrent = 1
[limits.tokens]
per_second = 1000.0
burst = 1000
[limits.host]
per_second = 1000.0
burst = 1000
"#;

/// Whether a folder holds nothing.
pub fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

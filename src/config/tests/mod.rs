//! Whole jobs as an operator writes them: what is understood, and what is told about every mistake.

mod accepted;
mod csv_mistakes;
mod memory;
mod toml_mistakes;

use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt, path::PathBuf};

use super::{Job, MistakeClass, Mistakes, load};

const JOB: &str = "roster = \"roster.toml\"\ndatabase = \"export.sqlite\"\nschedule = \"15 2 * * *\"\n";

/// A tenant on loopback with one account, whose patients stand in `patients.csv`.
const ROSTER: &str = r#"patients = "patients.csv"
[[tenants]]
tenant = "TENANT_AA"
base_url = "http://127.0.0.1:8123"
client_id = "client"
client_secret = "s3cret"
[[tenants.accounts]]
account = "front-desk"
username = "maria@example.com"
password = "pa55word"
"#;

const PATIENTS: &str = "tenant,account,patient_token\nTENANT_AA,front-desk,tok-1\n";

/// A folder of an operator's files.
struct Folder(tempfile::TempDir);

impl Folder {
    /// A job without a mistake.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("job.toml", JOB).write("roster.toml", ROSTER).write("patients.csv", PATIENTS)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(self.path(name)).unwrap().write_all(content.as_ref()).unwrap();
        self
    }

    fn load(&self) -> Result<Job, Mistakes> {
        load(&self.path("job.toml"))
    }

    fn mistakes(&self) -> Mistakes {
        self.load().expect_err("a mistake")
    }

    /// What the operator is told, with the folder's own path left out, and the exit code.
    fn told(&self) -> String {
        let mistakes = self.mistakes();
        let code = if mistakes.exit_code_class() == MistakeClass::Configuration { 78 } else { 65 };
        format!("{}\n=> {code}", self.without_path(&mistakes.to_string()))
    }

    fn without_path(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// All patients of the job: account, token, own columns.
fn patients(job: &Job) -> Vec<(String, String, String)> {
    let account = |index: u32| job.roster.accounts[index as usize].name.to_string();
    let stream = (job.roster.patients)().unwrap();
    stream
        .map(|patient| patient.unwrap())
        .map(|patient| (account(patient.account), patient.token.expose().to_owned(), patient.extra))
        .collect()
}

//! The operator's side: roster, patients and job as files, which change from night to night.

use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{
    people::{Patient, is_stated, mrn},
    plan::Night,
};

/// Requests a second of a tenant, for each endpoint, and its burst; then those of the host.
pub const TENANT: (u64, u64) = (5, 4);
pub const HOST: (u64, u64) = (12, 10);

/// A folder with all of it.
pub struct Site {
    dir: TempDir,
    /// The roster as the sandbox wrote it, in which everything is right.
    right: String,
    schedule: String,
    /// What is wrong in it at present: accounts' passwords, and tenants' client secrets.
    pub wrong_passwords: BTreeSet<String>,
    pub wrong_clients: BTreeSet<String>,
}

impl Site {
    pub fn new(dir: TempDir, schedule: &str) -> Self {
        let right = fs::read_to_string(dir.path().join("roster.toml")).unwrap();
        Self { dir, right, schedule: schedule.to_owned(), wrong_passwords: BTreeSet::new(), wrong_clients: BTreeSet::new() }
    }

    pub fn job(&self) -> PathBuf {
        self.dir.path().join("job.toml")
    }

    pub fn database(&self) -> PathBuf {
        self.dir.path().join("export.sqlite")
    }

    /// The accounts and tenants of the roster.
    pub fn names(&self, key: &str) -> Vec<String> {
        let start = format!("{key} = \"");
        self.right.lines().filter_map(|line| Some(line.strip_prefix(&start)?.trim_end_matches('"').to_owned())).collect()
    }

    /// Writes everything as it is tonight; `nowhere` is where nobody listens.
    pub fn write(&self, night: &Night, people: &[Patient], vendor: SocketAddr, nowhere: SocketAddr) {
        let mut roster = self.roster();
        if night.refused {
            roster = roster.replace(&vendor.to_string(), &nowhere.to_string());
        }
        let mut patients = "tenant,account,patient_token,mrn,note\n".to_owned();
        for (place, patient) in people.iter().enumerate().filter(|(_, patient)| patient.listed) {
            let mrn = if is_stated(place) { mrn(place) } else { String::new() };
            patients += &format!("{},{},{},{mrn},{}\n", patient.tenant, patient.listed_account, patient.token, patient.note);
        }
        self.put("roster.toml", &roster);
        self.put("patients.csv", &patients);
        self.put("job.toml", &self.job_text(night));
    }

    /// The roster with what is wrong in it.
    fn roster(&self) -> String {
        let (mut tenant, mut account) = (String::new(), String::new());
        let mut text = String::new();
        for line in self.right.lines() {
            let value = line.split('"').nth(1).unwrap_or_default().to_owned();
            match line.split(' ').next() {
                Some("tenant") => tenant = value,
                Some("account") => account = value,
                Some("password") if self.wrong_passwords.contains(&account) => {
                    text += "password = \"mistyped\"\n";
                    continue;
                }
                Some("client_secret") if self.wrong_clients.contains(&tenant) => {
                    text += "client_secret = \"mistyped\"\n";
                    continue;
                }
                _ => {}
            }
            text += line;
            text += "\n";
            if line.starts_with("time_zone") && tenant.ends_with('C') {
                text += "permitted_hours = \"22:00-05:00\"\n";
            }
        }
        text
    }

    fn job_text(&self, night: &Night) -> String {
        // Only silence costs real time, so only then is there little patience.
        let hangs = night.troubles.iter().any(|trouble| trouble.fault == ccda_export::sandbox::Fault::Hang);
        let timeouts = if hangs { "[timeouts]\nidle = \"400ms\"\ntotal = \"400ms\"\n" } else { "" };
        let ((rate, burst), (host_rate, host_burst)) = (TENANT, HOST);
        format!(
            "name = \"nights\"\nroster = \"roster.toml\"\ndatabase = \"export.sqlite\"\ntime_zone = \"America/New_York\"\n\
             schedule = \"{}\"\ndeadline = \"{}\"\n{}{timeouts}\
             [limits.documents]\nper_second = {rate}\nburst = {burst}\nconcurrent = 6\n\
             [limits.tokens]\nper_second = {rate}\nburst = {burst}\n\
             [limits.host]\nper_second = {host_rate}\nburst = {host_burst}\n",
            self.schedule, night.deadline, night.retention
        )
    }

    fn put(&self, name: &str, text: &str) {
        let path: &Path = &self.dir.path().join(name);
        fs::write(path, text).unwrap();
        // It holds secrets: others may not read it.
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

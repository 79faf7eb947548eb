//! The operator's side: a folder with a roster and a job whose waits are short, runs of it, and questions to its database.

use std::{fs, path::PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Ended, ask_file, call};

/// What must not stand in anything that is printed: secrets, users, tokens, queries.
const UNSPEAKABLE: [&str; 7] = ["client-secret", "password-of-", "@example.org", "FUV4BKA3", "ey.access", "patient_data", "patient_token="];

/// A folder with one tenant's roster, a job and, after a run, its database.
pub struct Site {
    pub dir: TempDir,
}

impl Site {
    /// A tenant at `url` whose patients are spread over its accounts in blocks. `tenant` is more TOML of the tenant.
    pub fn new(url: &str, accounts: usize, patients: usize, tenant: &str) -> Self {
        let site = Self { dir: tempfile::tempdir().unwrap() };
        let accounts_toml: String = (0..accounts).map(account).collect();
        let roster = format!(
            "patients = \"patients.csv\"\n[[tenants]]\ntenant = \"TENANT_AB\"\nbase_url = \"{url}\"\nclient_id = \"client-1\"\n\
             client_secret = \"client-secret\"\n{tenant}{accounts_toml}"
        );
        let csv: String =
            (0..patients).map(|patient| format!("TENANT_AB,{},{}\n", name(patient * accounts / patients), token(patient))).collect();
        site.write("roster.toml", &roster);
        site.write("patients.csv", &format!("tenant,account,patient_token\n{csv}"));
        site.write("job.toml", JOB);
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
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

    /// A command about its job, to its end, while the server of this test goes on; nothing that it prints may hold what is unspeakable.
    pub async fn call(&self, command: &str, args: &[&str]) -> Ended {
        let job = self.path("job.toml").display().to_string();
        let args: Vec<String> = [command, &job, "--log-format", "json"].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
        let ended = tokio::task::spawn_blocking(move || call(args)).await.unwrap();
        for word in UNSPEAKABLE {
            assert!(!ended.stdout.contains(word) && !ended.stderr.contains(word), "{word} is told: {ended:#?}");
        }
        ended
    }

    /// `run`, with its summary in JSON.
    pub async fn run(&self, args: &[&str]) -> Ended {
        self.call("run", &[&["--output", "json"], args].concat()).await
    }

    pub async fn ask(&self, sql: &str) -> Vec<Vec<String>> {
        ask_file(&self.path("export.sqlite"), sql).await
    }

    pub async fn count(&self, sql: &str) -> usize {
        self.ask(sql).await[0][0].parse().unwrap()
    }

    /// The rows of a question as lines, their columns parted by spaces.
    pub async fn lines(&self, sql: &str) -> Vec<String> {
        self.ask(sql).await.into_iter().map(|row| row.join(" ")).collect()
    }

    /// State, reason and attempts of every fetch, in the order of the patients.
    pub async fn fetches(&self) -> Vec<String> {
        self.lines("SELECT state, coalesce(reason, '-'), attempts FROM fetches ORDER BY patient_id, id").await
    }

    /// Kind, status, outcome and reason of every attempt, in their order.
    pub async fn attempts(&self) -> Vec<String> {
        self.lines("SELECT kind, coalesce(http_status, '-'), outcome, coalesce(reason, '-') FROM attempts ORDER BY id").await
    }

    /// State and reason of what `failing` lists, in the order of the patients.
    pub async fn failing(&self) -> Vec<String> {
        self.lines("SELECT state, coalesce(reason, '-') FROM failing ORDER BY patient_id").await
    }

    /// State and reason of the accounts, in the roster's order.
    pub async fn accounts(&self) -> Vec<String> {
        self.lines("SELECT state, coalesce(state_reason, '-') FROM accounts ORDER BY id").await
    }

    /// State and reason of the tenant.
    pub async fn tenant(&self) -> String {
        self.lines("SELECT state, coalesce(state_reason, '-') FROM tenants").await.remove(0)
    }
}

/// What the logs of a run tell.
pub trait Told {
    /// The events with this reason.
    fn told(&self, reason: &str) -> Vec<Value>;
}

impl Told for Ended {
    fn told(&self, reason: &str) -> Vec<Value> {
        let events = self.stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")));
        events.filter(|event: &Value| event["reason"] == reason && event["level"] == "WARN").collect()
    }
}

/// The operator's name of an account.
pub fn name(account: usize) -> String {
    format!("desk-{account}")
}

/// A patient's token.
pub fn token(patient: usize) -> String {
    format!("PT{patient}-FUV4BKA3evmAv9RDdQP5m")
}

fn account(number: usize) -> String {
    format!(
        "[[tenants.accounts]]\naccount = \"{}\"\nusername = \"user-{number}@example.org\"\npassword = \"password-of-{number}\"\n",
        name(number)
    )
}

/// As fast as can be, and with short waits; timeouts are those of a machine that has much else to do.
const JOB: &str = r#"
roster = "roster.toml"
database = "export.sqlite"
deadline = "5m"
[retry]
first_wait = "20ms"
longest_wait = "40ms"
[limits.documents]
per_second = 1000.0
burst = 1000
concurrent = 8
[limits.tokens]
per_second = 1000.0
burst = 1000
[limits.host]
per_second = 1000.0
burst = 1000
"#;

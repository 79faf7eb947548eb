//! An operator's mistakes, typed into real files before the real binary: all are told at once, with their places, and nothing is done before.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::harness::{Ended, Sandbox, ask_file, call, ccda_export, finish};

/// An operator's files, beside a sandbox that counts what it is asked.
struct Desk(Sandbox);

impl Desk {
    fn new() -> Self {
        Self(Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "10"]))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path(name)).unwrap()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Where a text stands, as messages write it.
    fn place(&self, name: &str, text: &str) -> String {
        let content = self.read(name);
        let line = content.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{name} has no {text:?}")) + 1;
        format!("{}:{line}: ", self.0.path(name).display())
    }

    /// The line of the roster with a secret becomes this one.
    fn set_secret(&self, key: &str, reference: &str) {
        let roster = self.read("roster.toml");
        let old = roster.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap();
        self.write("roster.toml", roster.replace(old, &format!("{key} = {reference}")));
    }

    /// What stands in quotes after a key of the roster.
    fn literal(&self, key: &str) -> String {
        let roster = self.read("roster.toml");
        let line = roster.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap().to_owned();
        line.split('"').nth(1).unwrap().to_owned()
    }

    fn check(&self) -> Ended {
        call(["check".as_ref(), self.0.job().as_os_str()])
    }

    /// `check` and `run` end with the code and tell exactly these mistakes; the run does not so much as make its database.
    fn refuses(&self, code: i32, told: &[String]) {
        for ended in [self.check(), self.0.run(&[]), self.0.run(&["--dry-run"])] {
            assert_eq!(ended.code(), code, "{told:#?} {ended:#?}");
            assert_eq!(ended.stdout, "");
            let lines: Vec<_> = ended.stderr.lines().map(|line| line.strip_prefix("error: ").unwrap_or(line)).collect();
            assert_eq!(lines.len(), told.len(), "{told:#?} {ended:#?}");
            assert!(lines.iter().zip(told).all(|(line, told)| line.starts_with(told.as_str())), "{told:#?} {ended:#?}");
        }
        assert!(!self.0.path("export.sqlite").exists());
    }

    async fn asked_nothing(&self) {
        assert_eq!(self.0.requests().await["requests"].as_array().unwrap().len(), 0);
    }
}

fn run_with(mut command: Command) -> Ended {
    finish(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

#[tokio::test]
async fn fault_62_each_mistake_in_a_toml_file_is_told_with_file_line_and_key_before_anything_is_done() {
    let desk = Desk::new();
    // File, what stands there, what the operator makes of it, and the mistake.
    let deadline = "deadline = \"1h\"";
    let cases = [
        ("job.toml", deadline, "deadline 1h", "no valid TOML"),
        ("job.toml", deadline, "dealine = \"1h\"", "dealine: is no key that is known here; did you mean \"deadline\"?"),
        ("job.toml", deadline, "deadline = \"1 fortnight\"", "deadline: is \"1 fortnight\"; expected a duration"),
        ("job.toml", "per_second = 1000\nburst", "per_second = 0\nburst", "limits.documents.per_second: is 0; expected a number above 0"),
        ("job.toml", "per_second = 1000\nburst", "per_second = -1\nburst", "limits.documents.per_second: is -1; expected a number above 0"),
        ("job.toml", deadline, "schedule = \"0 25 * * *\"", "schedule: hour \"25\": expected 0 to 23"),
        (
            "job.toml",
            deadline,
            "window = { from = \"2025-02-29\", to = \"2025-03-01\" }",
            "window.from: is 2025-02-29; expected a date that exists",
        ),
        (
            "job.toml",
            deadline,
            "window = { from = \"2025-03-02\", to = \"2025-03-01\" }",
            "window.from: is 2025-03-02, after to (2025-03-01)",
        ),
        ("job.toml", "\"roster.toml\"", "\"rooster.toml\"", "roster: cannot read"),
        (
            "roster.toml",
            "tenant = ",
            "tennant = \"T\"\ntenant = ",
            "tenants.tennant: is no key that is known here; did you mean \"tenant\"?",
        ),
        ("roster.toml", "base_url = \"http://127.0.0.1", "base_url = \"ftp://127.0.0.1", "tenants.base_url: "),
    ];
    for (file, from, to, mistake) in cases {
        let before = desk.read(file);
        desk.write(file, before.replacen(from, to, 1));
        let changed = to.lines().next().unwrap();
        let told = format!("{}{mistake}", desk.place(file, changed));
        desk.refuses(78, &[told]);
        desk.write(file, before);
    }
    desk.asked_nothing().await;
    assert_eq!(desk.0.run(&[]).code(), 0, "the files were not well before");
}

#[tokio::test]
async fn http_to_another_machine_and_secrets_in_plain_text_for_it_are_refused() {
    let desk = Desk::new();
    let roster = desk.read("roster.toml");
    let url = desk.literal("base_url");
    desk.write("roster.toml", roster.replace(&url, "http://ehr.example"));
    desk.refuses(78, &[format!("{}tenants.base_url: is http:// to another machine", desk.place("roster.toml", "base_url"))]);
    desk.write("roster.toml", roster.replace(&url, "https://ehr.example"));
    let plain = "is a secret in plain text, which is accepted only where the base URL is on this machine";
    desk.refuses(
        78,
        &[
            format!("{}tenants.client_secret: {plain}", desk.place("roster.toml", "client_secret")),
            format!("{}tenants.accounts.password: {plain}", desk.place("roster.toml", "password = ")),
        ],
    );
    desk.asked_nothing().await;
}

#[tokio::test]
async fn mistakes_of_all_files_are_told_at_once_and_the_configuration_decides_the_code() {
    let desk = Desk::new();
    desk.0.edit("job.toml", "contact = ", "contract = ");
    desk.0.edit("roster.toml", "time_zone = \"", "time_zone = \"Mars/");
    let patients = desk.read("patients.csv") + "TENANT_AA,front-desk\n";
    desk.write("patients.csv", patients);
    desk.refuses(
        78,
        &[
            format!("{}contract: is no key that is known here; did you mean \"contact\"?", desk.place("job.toml", "contract")),
            format!("{}tenants.time_zone: \"Mars/", desk.place("roster.toml", "time_zone")),
            format!("{}:12: the number of fields is 2; the header has 4", desk.0.path("patients.csv").display()),
        ],
    );
    desk.asked_nothing().await;
}

/// A roster of ten good lines with four bad ones between them, and what is told of these. The third good patient is one of the broken.
fn broken_roster(desk: &Desk) -> (Vec<u8>, Vec<String>) {
    let csv = desk.read("patients.csv");
    let mut lines: Vec<Vec<u8>> = csv.lines().map(|line| line.as_bytes().to_vec()).collect();
    let front = "TENANT_AA,front-desk";
    lines[3] = front.as_bytes().to_vec();
    lines.push(lines[1].clone());
    lines.push([front.as_bytes(), b",caf\xe9,7"].concat());
    lines.push([front.as_bytes(), b",", &b"x".repeat(10 << 20), b",8"].concat());
    let path = desk.0.path("patients.csv");
    let told = [
        (4, "the number of fields is 2; the header has 4"),
        (12, "patient_token: the same patient stands twice, first on line 2"),
        (13, "is not UTF-8; save the file as UTF-8"),
        (14, "is longer than 1 MiB"),
    ];
    let told = told.map(|(line, text)| format!("{}:{line}: {text}", path.display()));
    ([lines.join(&b'\n'), b"\n".to_vec()].concat(), told.to_vec())
}

#[tokio::test]
async fn fault_61_bad_lines_of_the_roster_are_all_told_and_nothing_is_done() {
    let desk = Desk::new();
    let (csv, told) = broken_roster(&desk);
    desk.write("patients.csv", csv);
    desk.refuses(65, &told);
    desk.asked_nothing().await;
}

#[tokio::test]
async fn fault_61_a_header_without_a_column_is_refused_even_when_bad_lines_are_skipped() {
    let desk = Desk::new();
    desk.0.edit("job.toml", "deadline = ", "bad_lines = \"skip\"\ndeadline = ");
    desk.0.edit("patients.csv", "patient_token", "patient");
    desk.refuses(65, &[format!("{}:1: patient_token: the header has no such column", desk.0.path("patients.csv").display())]);
    desk.asked_nothing().await;
}

#[tokio::test]
async fn fault_61_skipped_lines_leave_the_rest_exported_and_nobody_removed() {
    let desk = Desk::new();
    assert_eq!(desk.0.run(&[]).code(), 0);
    let (csv, told) = broken_roster(&desk);
    desk.write("patients.csv", csv);
    desk.0.edit("job.toml", "deadline = ", "bad_lines = \"skip\"\ndeadline = ");
    let check = desk.check();
    assert_eq!(check.code(), 0, "{check:#?}");
    for told in told {
        assert!(check.stderr.contains(&told), "{check:#?}");
    }
    let ended = desk.0.run(&["--again", "--output", "json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stderr.contains("4 bad lines of the roster are left out, and nobody is taken for removed"), "{ended:#?}");
    assert_eq!(desk.0.count("SELECT count(*) FROM patients WHERE removed_at IS NOT NULL").await, 0);
    assert_eq!(desk.0.count("SELECT count(*) FROM latest_documents").await, 10);
    let asked_twice = "SELECT count(*) FROM (SELECT 1 FROM documents GROUP BY patient_id HAVING count(*) = 2)";
    assert!(desk.0.count(asked_twice).await >= 9);
}

#[tokio::test]
async fn fault_61_windows_line_ends_and_a_byte_order_mark_are_fine() {
    let desk = Desk::new();
    let csv = desk.read("patients.csv");
    desk.write("patients.csv", format!("\u{feff}{}", csv.replace('\n', "\r\n")));
    let ended = desk.0.run(&["--output", "json"]);
    assert_eq!((ended.code(), &ended.json()["total"]["done"]), (0, &10.into()), "{ended:#?}");
    // The last column is where a forgotten carriage return would show.
    assert_eq!(desk.0.count("SELECT count(*) FROM patients WHERE extra ->> 'mrn' GLOB '*[^0-9]*'").await, 0);
}

#[tokio::test]
async fn fault_61_a_patient_under_two_accounts_of_a_tenant_is_refused() {
    let desk = Desk(Sandbox::start(&["--tenants", "1", "--accounts", "2", "--patients", "4"]));
    let line = desk.0.patients()[0].clone();
    let account = line.split(',').nth(1).unwrap().to_owned();
    let roster = desk.read("roster.toml");
    let other =
        roster.lines().filter_map(|line| line.strip_prefix("account = \"")).map(|rest| rest.trim_end_matches('"')).find(|a| *a != account);
    let patients = desk.read("patients.csv") + &line.replace(&account, other.unwrap()) + "\n";
    desk.write("patients.csv", patients);
    let path = desk.0.path("patients.csv");
    desk.refuses(65, &[format!("{}:6: patient_token: the same patient stands under account {}", path.display(), other.unwrap())]);
    desk.asked_nothing().await;
}

#[tokio::test]
async fn fault_63_a_secret_that_is_missing_or_that_others_may_read_is_refused() {
    let desk = Desk::new();
    let open = desk.write("open-secret", desk.literal("client_secret"));
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let before = desk.read("roster.toml");
    let cases = [
        ("{ env = \"NOBODY_SET_THIS\" }", "the environment variable NOBODY_SET_THIS is not set"),
        ("{ file = \"secrets/none\" }", "cannot read "),
        ("{ credential = \"client-secret\" }", "CREDENTIALS_DIRECTORY is not set"),
        ("{ file = \"open-secret\" }", "others may read "),
        ("{ command = [\"/bin/false\"] }", "\"/bin/false\" failed"),
        ("{ command = [\"/bin/sleep\", \"60\"], timeout = \"50ms\" }", "\"/bin/sleep\" did not end within 50ms"),
    ];
    for (reference, mistake) in cases {
        desk.set_secret("client_secret", reference);
        desk.refuses(78, &[format!("{}tenants.client_secret: {mistake}", desk.place("roster.toml", reference))]);
        desk.write("roster.toml", &before);
    }
    desk.asked_nothing().await;
}

#[tokio::test]
async fn fault_63_secrets_come_from_the_environment_a_file_and_a_command() {
    let desk = Desk::new();
    let (client_secret, username, password) = (desk.literal("client_secret"), desk.literal("username"), desk.literal("password"));
    fs::create_dir(desk.0.path("secrets")).unwrap();
    let mounted = desk.write("secrets/password", format!("{password}\n"));
    fs::set_permissions(&mounted, fs::Permissions::from_mode(0o440)).unwrap();
    desk.set_secret("client_secret", "{ env = \"EHR_CLIENT_SECRET\" }");
    desk.set_secret("username", &format!("{{ command = [\"/bin/echo\", \"{username}\"] }}"));
    desk.set_secret("password", "{ file = \"secrets/password\" }");
    let mut command = ccda_export();
    command.arg("run").arg(desk.0.job()).env("EHR_CLIENT_SECRET", client_secret);
    let ended = run_with(command);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(desk.0.count("SELECT count(*) FROM latest_documents").await, 10);
}

#[tokio::test]
async fn fault_63_a_credentials_file_that_others_may_read_is_refused() {
    let desk = Desk(Sandbox::start(&["--tenants", "1", "--accounts", "30", "--patients", "30"]));
    fs::set_permissions(desk.0.path("credentials.csv"), fs::Permissions::from_mode(0o604)).unwrap();
    let place = desk.place("roster.toml", "credentials = ");
    desk.refuses(78, &[format!("{place}credentials: others may read ")]);
    desk.asked_nothing().await;
    desk.write("credentials.csv", desk.read("credentials.csv"));
    assert_eq!(desk.0.run(&[]).code(), 0);
}

#[tokio::test]
async fn fault_64_two_tenants_with_the_same_client_and_user_are_refused_unless_it_is_allowed() {
    let desk = Desk::new();
    let roster = desk.read("roster.toml");
    let copy = roster[roster.find("[[tenants]]").unwrap()..].replace("TENANT_AA", "TENANT_ZZ");
    desk.write("roster.toml", format!("{roster}\n{copy}"));
    let second = roster.lines().count() + 1 + copy.lines().position(|line| line == "[[tenants.accounts]]").unwrap() + 1;
    let path = desk.0.path("roster.toml");
    desk.refuses(
        78,
        &[format!("{}:{second}: username: account front-desk of tenant TENANT_ZZ has the same client and user", path.display())],
    );
    desk.asked_nothing().await;
    desk.0.edit("job.toml", "deadline = ", "allow_shared_client_user = true\ndeadline = ");
    assert_eq!(desk.check().code(), 0);
}

#[test]
fn init_writes_three_files_and_overwrites_nothing() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("practice");
    let init = || call(["init".as_ref(), dir.as_os_str()]);
    let ended = init();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let names = ["job.toml", "roster.toml", "patients.csv"];
    assert!(names.iter().all(|name| ended.stdout.contains(name)), "{ended:#?}");
    // It tells what to fill in: the secrets are references to files that nobody has written yet.
    let check = call(["check".as_ref(), dir.join("job.toml").as_os_str()]);
    assert_eq!((check.code(), check.stderr.lines().count()), (78, 2), "{check:#?}");
    assert!(check.stderr.lines().all(|line| line.contains("secrets/")), "{check:#?}");

    fs::write(dir.join("patients.csv"), "mine").unwrap();
    let again = init();
    assert_eq!((again.code(), again.stdout.as_str()), (73, ""));
    assert!(again.stderr.contains("job.toml exists already; nothing was written"), "{again:#?}");
    assert_eq!(fs::read_to_string(dir.join("patients.csv")).unwrap(), "mine");
}

#[tokio::test]
async fn the_checked_in_nightly_job_runs_against_the_sandbox_as_it_is() {
    let sandbox = Sandbox::start(&["--patients", "12"]);
    let jobs = tempfile::tempdir().unwrap();
    symlink(sandbox.dir.path(), jobs.path().join("sandbox")).unwrap();
    let job = jobs.path().join("nightly.toml");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("jobs/nightly.toml"), &job).unwrap();
    let check = call(["check".as_ref(), job.as_os_str()]);
    assert_eq!((check.code(), check.stderr.as_str()), (0, ""), "{check:#?}");
    let ended = call(["run".as_ref(), job.as_os_str()]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let rows = ask_file(&sandbox.path("nightly.sqlite"), "SELECT count(*) FROM latest_documents").await;
    assert_eq!(rows[0][0], "12");
}

#[tokio::test]
async fn check_says_what_the_job_would_do_and_asks_nothing() {
    let desk = Desk::new();
    let ended = desk.check();
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(lines[0].starts_with("job \"sandbox\": no mistake in "), "{ended:#?}");
    assert_eq!(lines[1], format!("  TENANT_AA at {}: 1 account, 10 patients", desk.0.url));
    assert_eq!(lines[2], "in all 1 tenant, 1 account, 10 patients: 10 requests for documents and 1 for tokens");
    assert!(!desk.0.path("export.sqlite").exists());
    desk.asked_nothing().await;
}

#[test]
fn a_check_of_logins_that_reaches_nobody_ends_as_a_run_that_reaches_nobody() {
    let desk = Desk::new();
    let url = desk.literal("base_url");
    // Nothing listens on the port that tcpmux had.
    desk.0.edit("roster.toml", &url, "http://127.0.0.1:1");
    let ended = call(["check".as_ref(), "--login".as_ref(), desk.0.job().as_os_str()]);
    assert_eq!(ended.code(), 69, "{ended:#?}");
    assert!(ended.stdout.contains("TENANT_AA front-desk: cannot log in, network"), "{ended:#?}");
    assert_eq!(desk.0.run(&["--quiet"]).code(), 69);
}

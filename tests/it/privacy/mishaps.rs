//! What goes wrong on the operator's side: files with mistakes in them, programs, certificates, the database, and this program itself.

use std::{
    fs,
    os::unix::fs::{FileExt, PermissionsExt},
    process::{Command, Stdio},
};

use ccda_export::report::ExitCode;
use rcgen::KeyPair;
use sqlx::{ConnectOptions, Connection, Executor, sqlite::SqliteConnectOptions};

use super::{
    after_a_run,
    marks::{ACCESS_TOKEN, ALL, CLIENT_ID, CLIENT_SECRET, FAMILY, Leaks, OTHER_PASSWORD, OWN, PASSWORD, PATIENT_TOKEN, USER},
    search,
    server::{Asked, Server},
    site::Site,
};
use crate::{
    edvak_http::tls,
    harness::{ccda_export, finish},
};

const CONFIGURATION: i32 = ExitCode::Configuration as i32;
const ROSTER: i32 = ExitCode::Roster as i32;

/// A mistake in the files of a site, and what every command that reads them ends with.
type Mistake = (&'static str, i32, fn(&Site));

const FILE: &str = "{ file = \"password\" }";

const MISTAKES: [Mistake; 23] = [
    ("a literal for a server elsewhere", CONFIGURATION, |site| {
        site.edit("roster.toml", "http://127.0.0.1:1", "https://ehr.example");
        site.edit("roster.toml", FILE, &format!("\"{PASSWORD}\""));
    }),
    ("a literal without its quotes", CONFIGURATION, |site| site.edit("roster.toml", FILE, PASSWORD)),
    ("a literal that is not closed", CONFIGURATION, |site| site.edit("roster.toml", FILE, &format!("\"{PASSWORD}"))),
    ("a literal that is quoted twice", CONFIGURATION, |site| site.edit("roster.toml", FILE, &format!("\"\"{PASSWORD}\"\""))),
    ("a literal in a list", CONFIGURATION, |site| site.edit("roster.toml", FILE, &format!("[\"{PASSWORD}\"]"))),
    ("a literal in a table", CONFIGURATION, |site| site.edit("roster.toml", FILE, &format!("{{ value = \"{PASSWORD}\" }}"))),
    ("no file of that name", CONFIGURATION, |site| fs::remove_file(site.path("password")).unwrap()),
    ("a file that others may read", CONFIGURATION, |site| {
        fs::set_permissions(site.path("password"), fs::Permissions::from_mode(0o644)).unwrap();
    }),
    ("a file that is no text", CONFIGURATION, |site| {
        fs::write(site.path("password"), [PASSWORD.as_bytes(), b"\xff"].concat()).unwrap();
    }),
    ("a program that fails and tells all", CONFIGURATION, |site| {
        let script = format!("echo {PASSWORD}; echo {PASSWORD} >&2; exit 3");
        site.edit("roster.toml", FILE, &format!("{{ command = [\"sh\", \"-c\", \"{script}\"] }}"));
    }),
    ("a program that is not there", CONFIGURATION, |site| {
        site.edit("roster.toml", FILE, &format!("{{ command = [\"no-such-program\", \"{PASSWORD}\"] }}"));
    }),
    ("a user in the address", CONFIGURATION, |site| {
        site.edit("roster.toml", "http://127.0.0.1:1", &format!("https://{USER}:{PASSWORD}@ehr.example"));
    }),
    ("a user in place of the scheme", CONFIGURATION, |site| {
        site.edit("roster.toml", "http://127.0.0.1:1", &format!("{USER}:{PASSWORD}@ehr.example"));
    }),
    ("a user in the proxy", CONFIGURATION, |site| {
        site.edit("job.toml", "lock_wait", &format!("proxy = \"http://{USER}:{PASSWORD}@127.0.0.1:1\"\nlock_wait"));
    }),
    ("a key in place of a certificate", CONFIGURATION, |site| {
        site.edit("roster.toml", "client_id", "ca_file = \"ca.pem\"\nclient_id");
        site.write("ca.pem", &format!("-----BEGIN PRIVATE KEY-----\n{PASSWORD}\n-----END PRIVATE KEY-----\n"));
    }),
    ("a token that stands in no list", CONFIGURATION, |site| {
        site.edit("roster.toml", "account = \"desk\"", &format!("account = \"desk\"\npatients = \"{PATIENT_TOKEN}\""));
    }),
    ("credentials without a header", ROSTER, |site| credentials(site, &format!("x,{USER},{PASSWORD}\n"))),
    ("credentials in other columns", ROSTER, |site| {
        credentials(site, &format!("username,password,tenant,account\nTENANT_AB,a,{USER},{PASSWORD}\n"));
    }),
    ("credentials with bad lines", ROSTER, |site| {
        credentials(
            site,
            &format!("account,username,password\na,{USER},{PASSWORD},{PASSWORD}\nb,\"{USER},{PASSWORD}\nc,,{PASSWORD}\nd,{USER},\n"),
        );
    }),
    ("patients without a header", ROSTER, |site| site.edit("patients.csv", "tenant,account,patient_token,note\n", "")),
    ("patients in other columns", ROSTER, |site| site.edit("patients.csv", "account,patient_token", "patient_token,account")),
    ("patients with bad lines", ROSTER, |site| {
        site.edit(
            "patients.csv",
            &format!("{OWN}-1\n"),
            &format!("{OWN},{OWN}\nTENANT_AB,desk,{PATIENT_TOKEN}-2,\"{OWN}\nTENANT_AB,desk,{PATIENT_TOKEN}\t,{OWN}\n"),
        );
    }),
    ("a patient twice", ROSTER, |site| {
        site.edit("patients.csv", &format!("desk,{PATIENT_TOKEN}-1"), &format!("ward,{PATIENT_TOKEN}-3"));
    }),
];

/// A file of credentials beside the accounts of the roster.
fn credentials(site: &Site, text: &str) {
    site.edit("roster.toml", "patients = ", "credentials = \"credentials.csv\"\npatients = ");
    site.write("credentials.csv", text);
}

#[tokio::test]
async fn no_mistake_in_a_file_is_told_with_what_stands_there() {
    for (name, exit, make) in MISTAKES {
        let site = Site::new("http://127.0.0.1:1");
        make(&site);
        let mut leaks = Leaks::default();
        for command in [
            &["check", "JOB", "--log-level", "trace"][..],
            &["run", "JOB", "--log-level", "trace"],
            &["run", "JOB", "--log-format", "json", "--log-level", "trace"],
        ] {
            let ended = site.call(command, &mut leaks).await;
            assert_eq!(ended.code(), exit, "{name}: {ended:#?}");
        }
        assert!(leaks.0.is_empty(), "{name}: {leaks:#?}");
    }
}

#[tokio::test]
async fn no_bad_line_that_is_skipped_is_told_with_what_stands_there() {
    let server = Server::start(Asked::good).await;
    let site = Site::new(&server.url);
    site.edit("job.toml", "lock_wait", "bad_lines = \"skip\"\nlock_wait");
    site.edit(
        "patients.csv",
        "note\n",
        &format!("note\nTENANT_AB,{PATIENT_TOKEN}-5,desk,{OWN}\n{PATIENT_TOKEN}-6,desk,TENANT_AB,{OWN}\n,{OWN}\n"),
    );
    let mut leaks = Leaks::default();
    let ended = site.run(&["--log-level", "trace"], &mut leaks).await;
    assert_eq!((ended.code(), ended.stderr.matches("line left out").count()), (0, 3), "{ended:#?}");
    after_a_run(&site, &mut leaks).await;
    leaks.assert_none();
}

#[tokio::test]
async fn no_connection_that_fails_tells_anything() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let key = KeyPair::generate().unwrap();
    let untrusted = tls::serve(tls::valid_for("127.0.0.1").self_signed(&key).unwrap(), &key).await;
    for (url, exit) in [(refused, 69), (untrusted, 77), ("https://no-such-host.invalid".to_owned(), 69)] {
        let site = Site::new(&url);
        let mut leaks = Leaks::default();
        let ended = site.run(&["--log-level", "trace"], &mut leaks).await;
        assert_eq!(ended.code(), exit, "{url}: {ended:#?}");
        after_a_run(&site, &mut leaks).await;
        leaks.assert_none();
    }
}

#[tokio::test]
async fn no_panic_tells_what_was_being_read() {
    let everything = ALL.map(|(_, mark)| mark).join(" ");
    for step in ["opened", "token_begun", "token_answered", "claimed", "answered", "written", "settled", "worked", "receipt_written"] {
        let server = Server::start(Asked::good).await;
        let site = Site::new(&server.url);
        let mut leaks = Leaks::default();
        for args in
            [&["run", "JOB", "--log-level", "trace"][..], &["run", "JOB", "--again", "--log-format", "json", "--log-level", "trace"]]
        {
            let mut command = site.command(args);
            command.env("CCDA_EXPORT_PANIC_AT", format!("{step} {everything}"));
            let ended = site.watch(command, step, &mut leaks).await;
            assert_eq!(ended.code(), 70, "{step}: {ended:#?}");
            assert!(ended.stderr.contains("a bug of this program at src/failpoint.rs:"), "{step}: {ended:#?}");
        }
        after_a_run(&site, &mut leaks).await;
        assert!(leaks.0.is_empty(), "{step}: {leaks:#?}");
    }
}

#[tokio::test]
async fn what_a_killed_run_leaves_behind_holds_no_secret() {
    let server = Server::start(Asked::good).await;
    let site = Site::new(&server.url);
    let mut leaks = Leaks::default();
    let mut command = site.command(&["run", "JOB", "--log-level", "trace"]);
    command.env("CCDA_EXPORT_DIE_AT", "settled:3");
    let ended = site.watch(command, "a run that is killed", &mut leaks).await;
    assert_eq!(ended.status.code(), None, "{ended:#?}");
    let left = site.database_files();
    assert_eq!(left.len(), 4, "{left:?}");
    let wal = fs::read(site.path("export.sqlite-wal")).unwrap();
    assert!(super::marks::contains(&wal, FAMILY), "the WAL holds no chart: this test shows nothing");
    search::files(&site, &mut leaks);
    after_a_run(&site, &mut leaks).await;
    leaks.assert_none();
}

#[tokio::test]
async fn no_trouble_with_the_database_tells_what_is_in_it() {
    let server = Server::start(Asked::good).await;
    let mut leaks = Leaks::default();

    let site = Site::new(&server.url);
    assert_eq!(site.run(&[], &mut leaks).await.code(), 0);
    let mut other = SqliteConnectOptions::new().filename(site.path("export.sqlite")).connect().await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    assert_eq!(site.run(&["--again", "--log-level", "trace"], &mut leaks).await.code(), 75);
    other.execute("ROLLBACK").await.unwrap();
    other.close().await.unwrap();

    // Every page but the first, which holds the schema, is damaged.
    let database = fs::OpenOptions::new().write(true).open(site.path("export.sqlite")).unwrap();
    let length = database.metadata().unwrap().len();
    database.write_all_at(&vec![0xA5; (length - 16_384) as usize], 16_384).unwrap();
    assert_eq!(site.run(&["--again", "--log-level", "trace"], &mut leaks).await.code(), 74);
    for command in [
        &["verify", "JOB", "--log-level", "trace"][..],
        &["status", "JOB"],
        &["backup", "JOB", "copy.sqlite"],
        &["why", "--job", "JOB", "1"],
    ] {
        assert_ne!(site.call(command, &mut leaks).await.code(), 0);
    }

    // No file may grow: the same as a full disk.
    let site = Site::new(&server.url);
    let mut shell = Command::new("sh");
    shell.env_clear().args(["-c", "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_ccda-export")]);
    let ended = site.watch(site.dress(shell, &["run", "JOB", "--log-level", "trace"]), "a run on a full disk", &mut leaks).await;
    assert_eq!(ended.code(), 74, "{ended:#?}");
    after_a_run(&site, &mut leaks).await;
    leaks.assert_none();
}

#[tokio::test]
async fn a_mistyped_command_line_is_not_repeated() {
    let site = Site::new("http://127.0.0.1:1");
    let mut leaks = Leaks::default();
    let token = format!("{PATIENT_TOKEN}-1");
    for args in [
        &["why", "--job", "JOB", &token][..],
        &["run", "JOB", "--patient", &token],
        &["forget", "JOB", "--patient", &token],
        &["retry", "JOB", "--fetch", &token],
    ] {
        let ended = site.call(args, &mut leaks).await;
        assert_eq!(ended.code(), 64, "{ended:#?}");
    }
    leaks.assert_none();
}

#[test]
fn the_demo_tells_nothing_of_its_patients_and_accounts() {
    for args in [&["--log-level", "trace"][..], &["--log-format", "json", "--log-level", "trace"]] {
        let dir = tempfile::tempdir().unwrap();
        let mut demo = ccda_export();
        demo.arg("demo").arg("--dir").arg(dir.path()).args(args);
        let ended = finish(demo.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        assert_eq!(ended.code(), 0, "{ended:#?}");
        let told = ended.stdout + &ended.stderr;
        let roster = fs::read_to_string(dir.path().join("roster.toml")).unwrap();
        let secret = |line: &str| {
            ["client_id = \"", "client_secret = \"", "username = \"", "password = \""]
                .iter()
                .find_map(|key| line.strip_prefix(key))
                .map(|rest| rest.trim_end_matches('"').to_owned())
        };
        let mut secrets: Vec<String> = roster.lines().filter_map(secret).collect();
        let patients = fs::read_to_string(dir.path().join("patients.csv")).unwrap();
        secrets.extend(patients.lines().skip(1).flat_map(|line| line.split(',').skip(2)).map(str::to_owned));
        assert!(secrets.len() > 120, "{secrets:?}");
        for secret in secrets {
            assert!(!told.contains(&secret), "{secret} is told:\n{told}");
        }
    }
}

#[test]
fn the_marks_of_a_site_are_all_looked_for() {
    let site = Site::new("http://127.0.0.1:1");
    let files = ["roster.toml", "patients.csv", "password"].map(|name| fs::read_to_string(site.path(name)).unwrap()).concat();
    // The other password is put together by the program that prints it.
    for mark in [CLIENT_ID, USER, PASSWORD, PATIENT_TOKEN, OWN, &OTHER_PASSWORD[5..]] {
        assert!(files.contains(mark), "{mark}");
    }
    assert_ne!(CLIENT_SECRET, ACCESS_TOKEN);
}

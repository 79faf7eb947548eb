//! What is understood where nothing is wrong.

use std::time::Duration;

use chrono_tz::Tz;
use secrecy::ExposeSecret;

use super::*;
use crate::domain::{WindowPolicy, WindowUnit};

#[test]
fn a_small_job_has_the_defaults_of_the_stations() {
    let job = Folder::new().load().unwrap();
    assert_eq!((job.name.as_str(), job.zone, job.windows, job.readers), ("job", Tz::UTC, WindowPolicy::Everything, None));
    assert_eq!(
        (job.run, job.http.timeouts, job.http.host),
        (Default::default(), Default::default(), crate::edvak::HttpSettings::default().host)
    );
    assert_eq!(job.roster.tenants[0].endpoint.limits, Default::default());
    assert_eq!(job.warnings, Vec::<String>::new());
}

#[test]
fn files_of_windows_editors_are_read() {
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let folder =
        Folder::new().write("job.toml", windows(JOB)).write("roster.toml", windows(ROSTER)).write("patients.csv", windows(PATIENTS));
    assert_eq!(patients(&folder.load().unwrap()).len(), 1);
    let folder = folder.write("job.toml", windows(&format!("{JOB}dealine = 1")));
    assert!(folder.told().starts_with("job.toml:4: dealine"), "{}", folder.told());
}

#[test]
fn every_key_of_a_job_is_understood() {
    let text = r#"
        name = "nightly"
        roster = "roster.toml"
        database = "data/export.sqlite"
        schedule = "@daily"
        time_zone = "Europe/Berlin"
        deadline = "2h 30m"
        grace = "5s"
        patience = "1m"
        contact = "it@example.com"
        proxy = "http://proxy:3128"
        bad_lines = "skip"
        allow_network_file_system = true
        lock_wait = "3s"
        wal_notice = "1 MiB"
        allow_shared_client_user = true
        window = { from = 2024-01-01, to = "2024-12-31", every = "month" }
        [limits]
        documents = { per_second = 0.5, burst = 1, concurrent = 2 }
        tokens.per_second = 1_000
        host.concurrent = 7
        [timeouts]
        connect = "1s"
        idle = "2s"
        total = "3s"
        token = "4s"
        [sizes]
        body = "1 MiB"
        memory = "2 MiB"
        [retry]
        first_wait = "100ms"
        longest_wait = "1s"
        longest_retry_after = "9s"
        attempts = 3
        denied_days = 14
    "#;
    let folder = Folder::new().write("job.toml", text);
    let job = folder.load().unwrap();
    assert_eq!((job.name.as_str(), job.zone, job.database), ("nightly", Tz::Europe__Berlin, folder.path("data/export.sqlite")));
    let (from, to) = ("2024-01-01".parse().unwrap(), "2024-12-31".parse().unwrap());
    assert_eq!(job.windows, WindowPolicy::Range { from, to, every: Some(WindowUnit::Month) });
    assert_eq!(
        (job.run.deadline, job.run.grace, job.run.patience),
        (Duration::from_secs(9000), Duration::from_secs(5), Duration::from_secs(60))
    );
    assert_eq!((job.run.retry.first_wait, job.run.retry.attempts, job.run.retry.denied_days), (Duration::from_millis(100), 3, 14));
    assert_eq!((job.http.body_limit, job.http.memory_limit, job.http.host.concurrent), (1 << 20, 2 << 20, 7));
    assert_eq!((job.http.contact.as_deref(), job.http.proxy.unwrap().as_str()), (Some("it@example.com"), "http://proxy:3128/"));
    assert_eq!((job.http.timeouts.idle, job.http.timeouts.token), (Duration::from_secs(2), Duration::from_secs(4)));
    let limits = job.roster.tenants[0].endpoint.limits;
    assert_eq!((limits.documents.per_second, limits.documents.burst, limits.tokens.per_second, limits.tokens.burst), (0.5, 1, 1000.0, 5));
    assert!(job.allow_network_file_system);
    assert_eq!((job.sharing.lock_wait, job.sharing.wal_notice), (Duration::from_secs(3), 1 << 20));
}

#[test]
fn a_tenant_overrides_the_jobs_zone_and_limits_and_secrets_may_be_references() {
    let roster = r#"
        patients = ["patients.csv"]
        [[tenants]]
        tenant = "TENANT_AA"
        environment = "production"
        client_id = "client"
        client_secret = { env = "CARGO_PKG_NAME" }
        time_zone = "America/New_York"
        permitted_hours = "22:00-24:00"
        limits.documents.per_second = 2
        [[tenants.accounts]]
        account = "front-desk"
        username = { file = "user" }
        password = { command = ["./print-secret", "x"], timeout = "20s" }
        patients = ["tok-0"]
    "#;
    let folder =
        Folder::new().write("roster.toml", roster).write("user", "maria\n").write("print-secret", "#!/bin/sh\necho \"secret-$1\"\n");
    std::fs::set_permissions(folder.path("print-secret"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let job = folder.load().unwrap();
    let tenant = &job.roster.tenants[0];
    assert_eq!((tenant.zone, tenant.endpoint.base_url.as_str()), (Tz::America__New_York, "https://ehr.edvak.com/"));
    assert_eq!((tenant.endpoint.limits.documents.per_second, tenant.endpoint.limits.documents.burst), (2.0, 5));
    assert!(tenant.permitted_hours.unwrap().contain("23:59:00".parse().unwrap()));
    assert_eq!(tenant.endpoint.client_secret.expose_secret(), "ccda-export");
    let login = &job.roster.accounts[0].credentials;
    assert_eq!((login.username.expose_secret(), login.password.expose_secret()), ("maria", "secret-x"));
    let tokens: Vec<_> = patients(&job).into_iter().map(|(_, token, _)| token).collect();
    assert_eq!((tokens, job.roster.patient_count), (vec!["tok-0".to_owned(), "tok-1".to_owned()], 2));
}

#[test]
fn a_command_that_several_keys_name_runs_once() {
    let command = "{ command = [\"./count\"] }";
    let roster = ROSTER.replace("\"s3cret\"", command).replace("\"pa55word\"", command);
    let folder = Folder::new().write("roster.toml", roster);
    let folder_path = folder.0.path().display().to_string();
    let folder = folder.write("count", format!("#!/bin/sh\necho once >> {folder_path}/calls\necho s3cret\n"));
    std::fs::set_permissions(folder.path("count"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    folder.load().unwrap();
    assert_eq!(std::fs::read_to_string(folder.path("calls")).unwrap(), "once\n");
}

#[test]
fn accounts_may_come_from_a_credentials_file_with_one_patient_each() {
    let accounts = "account,username,password\nacc-1,u1,p1\nacc-2,u2,\" p,2\"\n";
    let roster = format!("credentials = \"credentials.csv\"\n{}", ROSTER.split_once("[[tenants.accounts]]").unwrap().0);
    let folder = Folder::new().write("roster.toml", roster).write("credentials.csv", accounts);
    let folder = folder.write("patients.csv", "patient_token,account,mrn,\"na\"\"me\"\ntok-1,acc-1,007,\ntok-2,acc-2,\"a\nb\",x\n");
    let job = folder.load().unwrap();
    assert_eq!(job.roster.accounts[1].credentials.password.expose_secret(), " p,2");
    let expected = [("acc-1", "tok-1", r#"{"mrn":"007","na\"me":""}"#), ("acc-2", "tok-2", r#"{"mrn":"a\nb","na\"me":"x"}"#)];
    let found = patients(&job);
    assert_eq!(found.iter().map(|(a, t, e)| (a.as_str(), t.as_str(), e.as_str())).collect::<Vec<_>>(), expected);
}

#[test]
fn the_digest_tells_whether_anything_about_the_patients_changed() {
    let digest = |patients: &str| Folder::new().write("patients.csv", patients).load().unwrap().roster.digest;
    let first = digest("patient_token,mrn\ntok-1,1\n");
    assert_eq!(first, digest("account,patient_token,mrn\r\nfront-desk,tok-1,1\r\n"));
    for other in ["patient_token,mrn\ntok-1,2\n", "patient_token,mrn\ntok-2,1\n", "patient_token,mrn\ntok-1,1\ntok-2,1\n"] {
        assert_ne!(first, digest(other));
    }
}

#[test]
fn fault_64_a_shared_client_and_user_is_refused_unless_it_is_allowed() {
    let double = format!("{ROSTER}{}", ROSTER.split_once('\n').unwrap().1).replacen("TENANT_AA", "TENANT_BB", 1);
    let folder = Folder::new().write("roster.toml", double);
    assert_eq!(folder.mistakes().count(), 1);
    let job = folder.write("job.toml", format!("{JOB}allow_shared_client_user = true\n")).load().unwrap();
    assert_eq!(job.roster.tenants.len(), 2);
}

#[test]
fn what_stops_nothing_is_a_warning() {
    let second = "[[tenants.accounts]]\naccount = \"idle\"\nusername = \"maria@example.com\"\npassword = \"x\"\n";
    let roster = format!("{}{second}", ROSTER.replace("client_id", "time_zone = \"America/New_York\"\nclient_id"));
    let folder = Folder::new().write("roster.toml", roster).write("job.toml", "roster = \"roster.toml\"\ndatabase = \"x\"\n");
    let warnings = folder.load().unwrap().warnings.join("\n");
    assert!(!warnings.contains("maria"), "{warnings}");
    insta::assert_snapshot!(folder.without_path(&warnings));
}

#[test]
fn the_nightly_job_runs_against_the_sandboxs_roster() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("sandbox")).unwrap();
    let folder = folder.write("sandbox/roster.toml", ROSTER).write("sandbox/patients.csv", PATIENTS);
    let folder = folder.write("job.toml", include_str!("../../../jobs/nightly.toml"));
    let job = folder.load().unwrap();
    assert_eq!((job.roster.patient_count, job.schedule.unwrap().expression(), job.warnings.len()), (1, "15 2 * * *", 0));
    assert_eq!(job.database, folder.path("sandbox/nightly.sqlite"));
}

#[test]
fn the_templates_comments_show_keys_that_exist_and_their_defaults() {
    let template = super::super::templates::TEMPLATES[0].1;
    // The keys that are commented out, brought to life; the window's two kinds exclude each other.
    let live: String = template
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c == '[' || c.is_ascii_lowercase())).unwrap_or(line))
        .filter(|line| !["last_days", "readers", "keep_"].iter().any(|key| line.starts_with(key)))
        .map(|line| format!("{line}\n"))
        .collect();
    let job = Folder::new().write("job.toml", live).load().unwrap();
    let defaults = crate::edvak::HttpSettings::default();
    assert_eq!((job.run, job.http.timeouts, job.http.host), (Default::default(), Default::default(), defaults.host));
    assert_eq!(job.random_delay, std::time::Duration::ZERO);
    assert_eq!((job.http.body_limit, job.http.memory_limit), (defaults.body_limit, defaults.memory_limit));
    assert_eq!(job.roster.tenants[0].endpoint.limits, Default::default());
    assert!(job.http.contact.is_some() && job.http.proxy.is_some() && matches!(job.windows, WindowPolicy::Range { .. }));
}

//! What is told about mistakes in job and roster, one snapshot for each file.

use proptest::prelude::*;

use super::*;

/// Each case under its text, so that a reader sees what was written and what was told.
fn table(cases: &[&str], folder: impl Fn(&str) -> Folder) -> String {
    let told: Vec<String> = cases.iter().map(|case| format!("{}\n---\n{}", case.trim(), folder(case).told())).collect();
    told.join("\n\n")
}

#[test]
fn fault_62_each_mistake_in_a_job_is_told_with_its_line_and_key() {
    let cases = [
        "dealine = \"6h\"",
        "deadline = 6",
        "deadline = \"soon\"",
        "deadline = \"0s\"",
        "random_delay = \"a while\"",
        "patience = true",
        "time_zone = \"America/NewYork\"",
        "time_zone = \"Mars/Olympus_Mons\"",
        "bad_lines = \"ignore\"",
        "readers = \"no-such-group-here\"",
        "allow_network_file_system = \"yes\"",
        "contact = \"Müller\"",
        "proxy = \"socks5://127.0.0.1\"",
        "proxy = \"http://user:hunter2@proxy:3128\"",
        "proxy = \"user:hunter2@proxy:3128\"",
        "name = \"\"",
        "health_check = \"hc-ping.com/hunter2\"",
        "health_check = \"ftp://hc-ping.com/hunter2\"",
        "health_check = \"https://hunter2@hc-ping.com/hunter2\"",
        "health_check = 5",
        "health_check = { env = \"NO_SUCH_VARIABLE_IS_SET\" }\nhealth_check_timeout = \"0s\"",
        "compress = true",
        "limits = 5",
        "[limits.documents]\nper_second = 0",
        "[limits.documents]\nper_second = -1.5\nburst = 0\nconcurrent = 2.5",
        "[limits.tokens]\nper_second = nan",
        "[limits.hosts]\nper_second = 1",
        "[limits.host]\nper_second = \"fast\"\npersecond = 1",
        "[timeouts]\nconnect = \"-1s\"\nidel = \"1s\"",
        "[sizes]\nbody = \"64 parsecs\"\nmemory = 1000",
        "[sizes]\nbody = \"1 GiB\"",
        "[retry]\nattempts = 0\ndenied_days = -1",
        "[retry]\nattempts = 21\nfirst_wait = \"10m\"",
        "[window]",
        "[window]\nlast_days = 0",
        "[window]\nlast_days = 3\nfrom = 2024-01-01\nto = 2024-01-31",
        "[window]\nfrom = 2024-02-01\nto = 2024-01-31",
        "[window]\nfrom = \"2025-02-29\"\nto = \"2025-3-1\"",
        "[window]\nfrom = 2025-02-30\nto = 2025-03-01",
        "[window]\nfrom = 2025-02-01\nevery = \"fortnight\"",
        "deadline = \"6h\"\ndeadline = \"7h\"",
        "this is no TOML\n[window\nlast_days = 3",
    ];
    insta::assert_snapshot!(table(&cases, |case| Folder::new().write("job.toml", format!("{JOB}{case}\n"))));
}

#[test]
fn fault_69_each_mistake_in_a_schedule_is_told() {
    let cases = ["0 0 31 2 *", "61 2 * * *", "15 2 * *", "@reboot", "0 2 * * funday"];
    let job = |schedule: &str| format!("roster = \"roster.toml\"\ndatabase = \"x\"\nschedule = \"{schedule}\"\n");
    insta::assert_snapshot!(table(&cases, |case| Folder::new().write("job.toml", job(case))));
}

#[test]
fn each_mistake_in_a_tenant_is_told() {
    let cases = [
        "",
        "base_url = \"http://127.0.0.1:1\"\nenvironment = \"sandbox\"",
        "environment = \"staging\"",
        "base_url = \"http://ehr.edvak.com\"",
        "base_url = \"https://me:hunter2@ehr.edvak.com\"",
        "base_url = \"https://ehr.edvak.com/ccda/ccda/generate-token?x=1#y\"",
        "base_url = \"ehr.edvak.com\"",
        "environment = \"production\"",
        "base_url = \"http://127.0.0.1:1\"\ntime_zone = \"Europe/Berln\"\npermitted_hours = \"22-6\"\nca_file = \"none.pem\"",
        "base_url = \"http://127.0.0.1:1\"\npermitted_hours = \"06:00-06:00\"\nca_file = \"roster.toml\"",
        "base_url = \"http://127.0.0.1:1\"\nurl = \"x\"\n[tenants.limits.documents]\nper_second = -1",
        "base_url = \"http://127.0.0.1:1\"\n[tenants.limits.host]\nper_second = 1",
    ];
    let roster = |address: &str| {
        let identity = "client_id = \"client\"\nclient_secret = \"hunter2\"\n";
        let account = "[[tenants.accounts]]\naccount = \"a\"\nusername = \"maria\"\npassword = \"hunter3\"\npatients = [\"tok-1\"]\n";
        format!("[[tenants]]\ntenant = \"TENANT_AA\"\n{identity}{address}\n{account}")
    };
    let told = table(&cases, |case| Folder::new().write("roster.toml", roster(case)));
    assert!(!told.lines().any(|line| line.contains(": ") && line.contains("hunter")), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn fault_63_each_mistake_in_a_secret_is_told_and_no_secret_is_shown() {
    let cases = [
        "12345",
        "\"\"",
        "{ env = \"NO_SUCH_VARIABLE_IS_SET\" }",
        "{ enviroment = \"X\" }",
        "{ env = \"PATH\", file = \"x\" }",
        "{ file = \"secrets/none\" }",
        "{ file = \"open.txt\" }",
        "{ file = \"empty.txt\" }",
        "{ file = \".\" }",
        "{ credential = \"../x\" }",
        "{ credential = \"client-secret\" }",
        "{ command = [] }",
        "{ command = [\"false\", \"hunter2\"] }",
        "{ command = [\"no-such-program-here\"], timeout = \"5s\" }",
        "{ command = [\"sleep\", \"1000\"], timeout = \"50ms\" }",
        "{ command = [\"echo\"], timeout = \"never\" }",
        "[\"hunter2\"]",
        "{ value = \"hunter2\" }",
        "{ hunter2 = 1 }",
    ];
    let folder = |case: &str| {
        let folder = Folder::new()
            .write("roster.toml", ROSTER.replace("\"pa55word\"", case))
            .write("empty.txt", "\n")
            .write("open.txt", "hunter2\n");
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(folder.path("open.txt"), open).unwrap();
        folder
    };
    let told: Vec<String> = cases.iter().map(|case| format!("password = {case}\n---\n{}", folder(case).told())).collect();
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn however_the_line_of_a_secret_is_broken_the_secret_is_not_shown() {
    let broken = [
        "password = hunter2",
        "password = hunter2\"",
        "password = \"hunter2",
        "password = 'hunter2\"",
        "password = \"\"\"hunter2",
        "password = \"hun\\qter2\"",
        "password = \"hun\"ter2\"",
        "password = \"hunter2\" \"hunter2\"",
        "password = \"hunter2\u{1}\"",
        "password = \"hunter2\"\npassword = \"hunter2\"",
        "password == \"hunter2\"",
        "password: \"hunter2\"",
        "password \"hunter2\"",
        "password hunter2",
        "password. = hunter2",
        "password.hunter2 = 1",
        "= \"hunter2\"",
        "\"hunter2\"",
        "hunter2",
        "hunter2 =",
        "hunter2 = \"x\"",
        "\"hunter2\" = \"x\"",
        "[hunter2",
        "[[hunter2]]",
        "password = { hunter2 }",
        "password = { file = hunter2 }",
    ];
    for line in broken {
        let told = Folder::new().write("roster.toml", ROSTER.replace("password = \"pa55word\"", line)).told();
        assert!(told.contains("roster.toml:") && !told.contains("hunter2") && !told.contains("ter2"), "{line}\n---\n{told}");
    }
    for url in
        ["hunter2", "hunter2:hunter2@ehr.example", "https://hunter2:hunter2@ehr.example", "https://ehr.example/hunter2?hunter2#hunter2"]
    {
        let told = Folder::new().write("roster.toml", ROSTER.replace("http://127.0.0.1:8123", url)).told();
        assert!(told.contains("base_url") && !told.contains("hunter2"), "{url}\n---\n{told}");
    }
}

#[test]
fn a_program_that_prints_a_secret_is_not_given_those_of_the_environment() {
    // Cargo sets this variable for every test, and a test cannot set one of its own beside others.
    let password = r#"{ command = ["sh", "-c", "env | grep -c ^CARGO_MANIFEST_DIR= || true"] }"#;
    let roster = ROSTER.replace("\"pa55word\"", password);
    let secret = |roster: &str| {
        let job = Folder::new().write("roster.toml", roster).load().unwrap();
        secrecy::ExposeSecret::expose_secret(&job.roster.accounts[0].credentials.password).to_owned()
    };
    assert_eq!(secret(&roster), "1");
    // Below the account that needs the program: what is hidden is known before anything is started.
    let later = format!("{roster}[[tenants.accounts]]\naccount = \"b\"\nusername = \"b\"\npassword = {{ env = \"CARGO_MANIFEST_DIR\" }}\n");
    assert_eq!(secret(&later), "0");
}

#[test]
fn each_mistake_in_the_shape_of_a_roster_is_told() {
    let double = format!("{ROSTER}{}", ROSTER.split_once('\n').unwrap().1);
    let cases = [
        String::new(),
        "tenants = 5\npatient = \"patients.csv\"".to_owned(),
        "[tenants]\ntenant = \"TENANT_AA\"".to_owned(),
        "[[tenants]]\nbase_url = \"http://127.0.0.1:1\"".to_owned(),
        ROSTER.split_once("[[tenants.accounts]]").unwrap().0.to_owned(),
        ROSTER.replace("password =", "passwort ="),
        ROSTER.replace("account = \"front-desk\"", "account = \"\"\npatients = \"tok-1\""),
        ROSTER.replace("account = \"front-desk\"", "account = \"front-desk\"\npatients = [\"tok-1\", 5, \"tok-1\"]"),
        format!("{ROSTER}[[tenants.accounts]]\naccount = \"front-desk\"\nusername = \"x\"\npassword = \"y\"\n"),
        double.clone(),
        double.replacen("tenant = \"TENANT_AA\"", "tenant = \"TENANT_BB\"", 1),
        ROSTER.replace("patients.csv", "patience.csv"),
        ROSTER.replace("patients = \"patients.csv\"", "patients = 5\ncredentials = \"none.csv\""),
        format!("{ROSTER}oops"),
    ];
    let cases: Vec<&str> = cases.iter().map(String::as_str).collect();
    let told = table(&cases, |case| Folder::new().write("roster.toml", case));
    insta::assert_snapshot!(told);
}

#[test]
fn a_job_that_is_not_there_and_keys_that_are_missing_are_told() {
    let folder = Folder::new();
    let missing = folder.without_path(&load(&folder.path("no.toml")).unwrap_err().to_string());
    let unnamed = Folder::new().write("job.toml", "name = \"west/night\"");
    std::fs::remove_file(unnamed.path("roster.toml")).unwrap();
    let unnamed = unnamed.told();
    let no_roster = Folder::new().write("job.toml", "database = \"x\"\nroster = \"gone.toml\"").told();
    insta::assert_snapshot!(format!("{missing}\n\n{unnamed}\n\n{no_roster}"));
}

#[test]
fn a_database_in_place_of_a_job_is_not_read_but_told() {
    let database = [b"SQLite format 3\0".as_slice(), &[0xFF; 84]].concat();
    let job = Folder::new().write("job.toml", &database).told();
    let roster = Folder::new().write("roster.toml", &database).told();
    insta::assert_snapshot!(format!("{job}\n\n{roster}"));
}

#[test]
fn mistakes_of_all_files_are_told_at_once() {
    let folder = Folder::new()
        .write("job.toml", format!("{JOB}dealine = \"6h\"\n"))
        .write("roster.toml", format!("credentials = \"credentials.csv\"\n{}", ROSTER.replace("client_id", "clientid")))
        .write("credentials.csv", "account,username,password\nback-office,,x\n")
        .write("patients.csv", "account,patient_token\nfront-desk,\nbackoffice,tok-2\n");
    insta::assert_snapshot!(folder.told());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_stands_in_the_files_is_an_answer_and_no_panic(file in 0usize..4, at in 0usize..400, text in "[\\PC\n\"\\[=,]{0,3}", removed in 0usize..6) {
        let credentials = "account,username,password\nb,u,p\n";
        let roster = format!("credentials = \"credentials.csv\"\n{ROSTER}");
        let mut files = [("job.toml", JOB.to_owned()), ("roster.toml", roster), ("patients.csv", PATIENTS.to_owned()), ("credentials.csv", credentials.to_owned())];
        let content = &mut files[file].1;
        let start = at.min(content.len());
        content.replace_range(start..(start + removed).min(content.len()), &text);
        let folder = files.iter().fold(Folder::new(), |folder, (name, content)| folder.write(name, content));
        match folder.load() {
            Ok(job) => prop_assert_eq!(patients(&job).len() as u64, job.roster.patient_count),
            Err(mistakes) => prop_assert!(mistakes.count() > 0 && !mistakes.to_string().contains("pa55word")),
        }
    }
}

//! What is told about bad lines in CSV files (65), and what is left of them with `bad_lines = "skip"`.

use super::*;

/// Two tenants, the second of which has two accounts.
fn two_tenants() -> String {
    let second = ROSTER.split_once('\n').unwrap().1.replace("TENANT_AA", "TENANT_BB").replace("\"client\"", "\"other-client\"");
    format!("{ROSTER}{second}[[tenants.accounts]]\naccount = \"billing\"\nusername = \"b\"\npassword = \"b\"\n")
}

/// Every kind of bad line, and good ones between them.
fn bad_patients() -> Vec<u8> {
    let mut bytes = b"\xef\xbb\xbftenant,account,patient_token,mrn\r\n".to_vec();
    for line in [
        &b"TENANT_AA,front-desk,SECRET-tok-1,1"[..],
        b"TENANT_AA,front-desk,SECRET-tok-2",
        b"TENANT_AA,front-desk,,3",
        b"",
        b"TENANT_AB,front-desk,SECRET-tok-4,4",
        b"TENANT_BB,frontdesk,SECRET-tok-5,5",
        b"TENANT_BB,,SECRET-tok-6,6",
        b",front-desk,SECRET-tok-7,7",
        b"TENANT_AA,front-desk,SECRET-tok-1,8",
        b"TENANT_BB,front-desk,SECRET-tok-1,9",
        b"TENANT_BB,billing,SECRET-tok-1,10",
        b"TENANT_AA,front-desk,SECRET-\xff,11",
        b"TENANT_AA,\"front-desk,SECRET-tok-12,12",
        b"TENANT_AA,,SECRET-tok-13,\"1\"\"3\\\"",
        b"TENANT_AA,front-desk,SECRET-\ttok,14",
        b"TENANT_AA,SECRET-tok-15,front-desk,15",
        b"SECRET-tok-16,front-desk,TENANT_AA,16",
    ] {
        bytes.extend(line);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"TENANT_AA,front-desk,SECRET-");
    bytes.extend(std::iter::repeat_n(b'x', 10_000_000));
    bytes.extend(b"\r\nTENANT_BB,billing,SECRET-last,");
    bytes
}

#[test]
fn fault_61_bad_lines_are_all_told_with_their_numbers_and_no_token() {
    let told = Folder::new().write("roster.toml", two_tenants()).write("patients.csv", bad_patients()).told();
    assert!(!told.contains("SECRET"), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn fault_61_skipped_lines_are_warnings_and_the_rest_is_exported() {
    let folder = Folder::new().write("roster.toml", two_tenants()).write("patients.csv", bad_patients());
    let folder = folder.write("job.toml", format!("{JOB}bad_lines = \"skip\"\n"));
    let job = folder.load().unwrap();
    let expected = [
        ("SECRET-tok-1", "{\"mrn\":\"1\"}"),
        ("SECRET-tok-1", "{\"mrn\":\"9\"}"),
        ("SECRET-tok-13", "{\"mrn\":\"1\\\"3\\\\\"}"),
        ("SECRET-last", "{\"mrn\":\"\"}"),
    ];
    let found = patients(&job);
    assert_eq!(found.iter().map(|(_, token, extra)| (token.as_str(), extra.as_str())).collect::<Vec<_>>(), expected);
    assert_eq!((job.roster.patient_count, job.roster.skipped_lines, job.warnings.len()), (4, 14, 14));
    assert!(
        job.warnings[0].ends_with("patients.csv:3: the number of fields is 3; the header has 4 (line left out)"),
        "{}",
        job.warnings[0]
    );
}

#[test]
fn each_mistake_in_a_header_is_told_even_when_bad_lines_are_skipped() {
    let cases: [&[u8]; 10] = [
        b"",
        b"account\nfront-desk\n",
        b"tenant,account,patienttoken\n",
        b"tenant;account;patient_token\n",
        b"patient_token,patient_token,,mrn,mrn\n",
        b"\xff\xfet\0",
        b"\"tenant,account\n",
        b"patient_token\n",
        b"TENANT_AA,front-desk,SECRET-patient_token\n",
        b"tenant,patient_token\nTENANT_AA,tok-1\nTENANT_BB,tok-2\n",
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|case| {
            let folder = Folder::new().write("roster.toml", two_tenants()).write("patients.csv", case);
            let refused = folder.told();
            let skipping = folder.write("job.toml", format!("{JOB}bad_lines = \"skip\"\n")).load();
            format!("{:?}\n---\n{refused}\nskipping: {}", String::from_utf8_lossy(case), if skipping.is_ok() { "runs" } else { "refused" })
        })
        .collect();
    assert!(!told.iter().any(|told| told.split("---").nth(1).unwrap().contains("SECRET")), "{told:?}");
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn each_mistake_in_a_credentials_file_is_told_and_no_credential_is_shown() {
    let cases = [
        "account,username,password\nfront-desk,SECRET-u,SECRET-p\n",
        "account,username,password\na,SECRET-u,SECRET-p\na,SECRET-v,SECRET-p\n",
        "account,username,password\na,,SECRET-p\nb,SECRET-u,\n,SECRET-u,SECRET-p\nc,SECRET-u\n",
        "account,user,password,note\na,SECRET-u,SECRET-p,SECRET-n\n",
        "tenant,account,username,password\nTENANT_A,a,SECRET-u,SECRET-p\n",
        // The header was forgotten, and a password is much like the name of its column.
        "TENANT_AA,SECRET-account,SECRET-u,password-SECRET\nTENANT_AA,a,SECRET-u,SECRET-p\n",
        "SECRET-p,SECRET-p,SECRET-p\n",
        // Columns are swapped.
        "username,tenant,account,password\nTENANT_AA,SECRET-p,a,SECRET-u\n",
    ];
    let folder = |case: &str| {
        Folder::new().write("roster.toml", format!("credentials = \"credentials.csv\"\n{ROSTER}")).write("credentials.csv", case)
    };
    let told: Vec<String> = cases.iter().map(|case| format!("{}\n---\n{}", case.trim(), folder(case).told())).collect();
    assert!(!told.iter().any(|told| told.split("---").nth(1).unwrap().contains("SECRET")), "{told:?}");
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn fault_63_a_credentials_file_that_others_may_read_is_refused() {
    let folder = Folder::new().write("roster.toml", format!("credentials = \"credentials.csv\"\n{ROSTER}"));
    let folder = folder.write("credentials.csv", "account,username,password\nb,u,p\n");
    assert!(folder.load().is_ok());
    std::fs::set_permissions(folder.path("credentials.csv"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert!(folder.told().starts_with("roster.toml:1: credentials: others may read credentials.csv (mode 0644)"), "{}", folder.told());
}

#[test]
fn an_unreadable_credentials_file_is_one_mistake_and_not_one_for_each_patient() {
    let roster = format!("credentials = \"credentials.csv\"\n{}", ROSTER.split_once("[[tenants.accounts]]").unwrap().0);
    let folder = Folder::new().write("roster.toml", roster);
    assert_eq!(folder.told(), "roster.toml:1: credentials: cannot read credentials.csv: No such file or directory (os error 2)\n=> 78");
}

#[test]
fn a_roster_without_any_patient_is_refused() {
    assert_eq!(
        Folder::new().write("patients.csv", "patient_token\n").told(),
        "roster.toml: patients: the roster names no patient at all\n=> 65"
    );
}

#[test]
fn a_file_that_changes_after_the_check_ends_the_stream_with_an_error() {
    let folder = Folder::new();
    let job = folder.load().unwrap();
    let _folder = folder.write("patients.csv", "patient_token\ntok-1\ntok-2\n");
    let error = (job.roster.patients)().unwrap().next().unwrap().unwrap_err();
    assert!(error.to_string().ends_with("patients.csv was changed after it was checked; run again"), "{error}");
}

//! How much memory the two shapes of a large roster take, measured by hand: the peak is the whole process's, so each test runs alone.
//!
//! `cargo test --release --lib -- --ignored --exact config::tests::memory::a_million_patients_of_a_few_accounts`

use std::{
    fs::File,
    io::{BufWriter, Write},
};

use super::*;

/// Most that a roster may take (issue 4), in KiB.
const LIMIT: u64 = 150 * 1024;

fn write(folder: &Folder, name: &str, header: &str, lines: u32, line: impl Fn(u32) -> String) {
    let mut file = BufWriter::new(File::options().write(true).create(true).truncate(true).open(folder.path(name)).unwrap());
    writeln!(file, "{header}").unwrap();
    (0..lines).for_each(|number| writeln!(file, "{}", line(number)).unwrap());
}

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

fn check(folder: &Folder, expected: u64) {
    let start = std::time::Instant::now();
    let job = folder.load().unwrap();
    let loaded = start.elapsed();
    let streamed = (job.roster.patients)().unwrap().filter(Result::is_ok).count() as u64;
    println!("{streamed} patients: {} KiB, read in {loaded:?}, streamed in {:?}", peak(), start.elapsed() - loaded);
    assert_eq!((job.roster.patient_count, streamed), (expected, expected));
    assert!(peak() < LIMIT, "{} KiB", peak());
}

#[test]
#[ignore = "measures the whole process; see the head of this file"]
fn a_million_patients_of_a_few_accounts() {
    let folder = Folder::new();
    write(&folder, "patients.csv", "account,patient_token,mrn", 1_000_000, |number| {
        format!("front-desk,FUV4BKA3evmAv9RDd{number:08},MRN-{number}")
    });
    check(&folder, 1_000_000);
}

#[test]
#[ignore = "measures the whole process; see the head of this file"]
fn a_hundred_thousand_accounts_of_one_patient() {
    let roster = format!("credentials = \"credentials.csv\"\n{}", ROSTER.split_once("[[tenants.accounts]]").unwrap().0);
    let folder = Folder::new().write("roster.toml", roster).write("credentials.csv", "");
    write(&folder, "credentials.csv", "account,username,password", 100_000, |number| {
        format!("account-{number},patient-{number}@example.com,a-long-and-random-password-{number}")
    });
    write(&folder, "patients.csv", "account,patient_token,mrn", 100_000, |number| {
        format!("account-{number},FUV4BKA3evmAv9RDd{number:08},MRN-{number}")
    });
    check(&folder, 100_000);
}

//! The systemd units, by systemd itself.

use std::{fs, process::Command};

use super::{TRIED_AGAIN, assert_understood, path, text, tool};
use crate::readme::codes;

/// Measured: 1.4 with systemd 252. Half a point is left for what newer versions look at.
const MOST_EXPOSED: &str = "--threshold=19";

/// The values of a key, in their order.
fn values(unit: &str, key: &str) -> Vec<String> {
    text(unit).lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned).collect()
}

/// Whether systemd takes the units, after `change` of the service; the program is where this machine has it.
fn verify(change: impl Fn(String) -> String) -> Option<(bool, String)> {
    let mut verify = tool("systemd-analyze")?;
    let folder = tempfile::tempdir().unwrap();
    let service = text("ccda-export.service").replace("/usr/local/bin/ccda-export", env!("CARGO_BIN_EXE_ccda-export"));
    fs::write(folder.path().join("ccda-export.service"), change(service)).unwrap();
    fs::copy(path("ccda-export.timer"), folder.path().join("ccda-export.timer")).unwrap();
    verify.arg("verify").args(["ccda-export.service", "ccda-export.timer"].map(|unit| folder.path().join(unit)));
    let output = verify.output().unwrap();
    // It may have something to say about other units of this machine, and of what it merely ignores it says that and ends with 0.
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().filter(|line| line.contains("ccda-export")).collect::<Vec<_>>().join("\n");
    Some((output.status.success() && said.is_empty(), said))
}

#[test]
fn systemd_takes_the_units_and_would_not_take_broken_ones() {
    let Some((taken, said)) = verify(|service| service) else { return };
    assert!(taken, "{said}");
    for (from, to) in [("ProtectHome=yes", "ProtectHome=perhaps"), ("Restart=on-failure", "Restart=always"), ("UMask=", "Umask=")] {
        let (taken, said) = verify(|service| service.replace(from, to)).unwrap();
        assert!(!taken, "{to}: {said}");
    }
}

#[test]
fn the_service_is_closed_to_all_that_it_does_not_need() {
    let Some(mut analyze) = tool("systemd-analyze") else { return };
    let output =
        analyze.args(["security", "--offline=true", "--no-pager", MOST_EXPOSED]).arg(path("ccda-export.service")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn systemd_understands_when_the_timer_fires() {
    let Some(mut analyze) = tool("systemd-analyze") else { return };
    let at = values("ccda-export.timer", "OnCalendar");
    let output = analyze.arg("calendar").args(&at).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("Next elapse: "), "{said}");
    assert_eq!(at, ["*-*-* 02:15:00 America/New_York"]);
    assert!(!Command::new("systemd-analyze").args(["calendar", "*-*-* 02:75:00 America/New_York"]).output().unwrap().status.success());
}

#[test]
fn exactly_what_another_run_can_do_is_started_again() {
    let prevented: Vec<u8> =
        values("ccda-export.service", "RestartPreventExitStatus")[0].split(' ').map(|code| code.parse().unwrap()).collect();
    let others = codes().into_iter().filter(|code| !TRIED_AGAIN.contains(code)).map(|code| code as u8).filter(|code| *code != 0);
    assert_eq!(prevented, others.collect::<Vec<_>>());
    assert_eq!(values("ccda-export.service", "Restart"), ["on-failure"]);
}

#[test]
fn its_command_is_one_of_this_program_and_its_secrets_are_those_of_the_manifests_roster() {
    let command = values("ccda-export.service", "ExecStart").remove(0);
    assert_understood(&command.split(' ').skip(1).collect::<Vec<_>>());
    let loaded = values("ccda-export.service", "LoadCredential");
    let names: Vec<_> = loaded.iter().map(|credential| credential.split(':').next().unwrap()).collect();
    assert_eq!(names, ["client-secret", "front-desk-password"]);
    let roster = text("cronjob.yaml");
    assert!(names.iter().all(|name| roster.contains(&format!("{{ credential = \"{name}\" }}"))), "{names:?}");
}

#[test]
fn its_times_leave_room_for_a_run_and_its_end() {
    let seconds = |key: &str| {
        let value = values("ccda-export.service", key).remove(0);
        value.parse().unwrap_or_else(|_| humantime::parse_duration(&value).unwrap().as_secs())
    };
    let settings = ccda_export::export::RunSettings::default();
    let pings = 2 * ccda_export::report::HealthCheck::TIMEOUT;
    assert!(seconds("TimeoutStopSec") > (settings.grace + pings).as_secs());
    assert!(seconds("TimeoutStartSec") > (settings.deadline + settings.grace + pings).as_secs());
}

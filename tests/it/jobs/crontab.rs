//! The crontab, by a real cron's parser.

use std::process::Command;

use super::{assert_understood, text, tool};

/// What the parser says about a file, and whether it takes it. `None`, said aloud, where there is none.
fn parse(crontab: &str) -> Option<(bool, String)> {
    let usage = tool("crontab")?.arg("-h").output().unwrap();
    let usage = [usage.stdout, usage.stderr].concat();
    // cronie and newer Debians have -T; to older ones the same is -n, which means something else to cronie.
    let dry = if String::from_utf8_lossy(&usage).contains("-T") { "-T" } else { "-n" };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), crontab).unwrap();
    let output = Command::new("crontab").arg(dry).arg(file.path()).output().unwrap();
    Some((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn a_real_cron_takes_the_crontab_and_would_not_take_a_broken_one() {
    let crontab = text("crontab");
    let Some((taken, said)) = parse(&crontab) else { return };
    assert!(taken, "{said}");
    let (taken, said) = parse(&crontab.replace("45 2-7", "65 2-7")).unwrap();
    assert!(!taken && said.contains("minute"), "{said}");
}

#[test]
fn its_lines_are_those_of_readme_and_commands_of_this_program() {
    let crontab = text("crontab");
    let lines: Vec<_> = crontab.lines().filter(|line| line.contains("/ccda-export ")).collect();
    assert_eq!(lines.len(), 2);
    let readme = include_str!("../../../README.md");
    for line in lines {
        assert!(readme.contains(line), "README has another line than {line}");
        assert!(!line.contains('%'), "a % ends the command");
        let args: Vec<_> = line.split_whitespace().skip(6).collect();
        assert_understood(&args);
    }
}

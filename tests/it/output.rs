//! What people and machines read: quiet, JSON that fits its schema, logs that name nobody.

use ccda_export::report::JSON_SCHEMA;

use crate::harness::{Sandbox, call, ccda_export, finish};
use crate::readme;

#[tokio::test]
async fn quiet_prints_nothing_on_success_and_the_summary_on_failure() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "4"]);
    let good = sandbox.run(&["--quiet"]);
    assert_eq!((good.code(), good.stdout.as_str(), good.stderr.as_str()), (0, "", ""));
    sandbox.edit("roster.toml", "client_secret = \"", "client_secret = \"wrong ");
    let bad = sandbox.run(&["--quiet", "--again"]);
    assert_eq!(bad.code(), 77);
    assert!(bad.stdout.contains("rejected_client"), "{bad:#?}");
}

#[tokio::test]
async fn the_json_summary_fits_the_schema_in_the_repository_and_stands_alone_on_stdout() {
    let sandbox = Sandbox::start(&["--patients", "6"]);
    let ended = sandbox.run(&["--output", "json"]);
    let schema = serde_json::from_str(JSON_SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&ended.json()).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(ended.stdout.lines().count(), 1);
}

#[tokio::test]
async fn the_receipt_is_in_the_database_as_it_was_printed_and_can_be_counted_again() {
    let sandbox = Sandbox::start(&["--patients", "9"]);
    let json = sandbox.run(&["--output", "json"]).json();
    let stored = sandbox.ask("SELECT receipt FROM runs").await;
    let stored: serde_json::Value = serde_json::from_str(&stored[0][0]).unwrap();
    assert_eq!(stored["total"], json["total"]);
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE state = 'done'").await, json["total"]["done"].as_u64().unwrap());
    assert_eq!(sandbox.ask("SELECT done FROM recent_runs").await[0][0], json["total"]["done"].to_string());
}

#[tokio::test]
async fn logs_at_every_level_name_tenant_account_and_fetch_and_nobody() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "6", "--revoke-after", "3"]);
    let ended = sandbox.run(&["--log-format", "json", "--log-level", "trace"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let lines: Vec<serde_json::Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["fetch"].is_number() && line["tenant"].is_string() && line["account"].is_string()), "{ended:#?}");
    for patient in sandbox.patients() {
        let token = patient.split(',').nth(2).unwrap();
        assert!(!ended.stderr.contains(token) && !ended.stdout.contains(token), "a patient token is in the logs");
    }
    let roster = std::fs::read_to_string(sandbox.path("roster.toml")).unwrap();
    for line in
        roster.lines().filter(|line| line.contains("password = \"") || line.contains("username = \"") || line.contains("secret = \""))
    {
        let secret = line.split('"').nth(1).unwrap();
        assert!(!ended.stderr.contains(secret), "a secret is in the logs");
    }
}

#[test]
fn a_wrong_command_line_ends_with_64_and_help_with_0() {
    for args in [vec!["run"], vec!["fly"], vec!["run", "job.toml", "--colour", "red"]] {
        assert_eq!(call(args).code(), 64);
    }
    for args in [vec!["--help"], vec!["--version"], vec!["run", "--help"]] {
        assert_eq!(call(args).code(), 0);
    }
}

#[test]
fn the_help_of_every_command_is_as_it_was_reviewed() {
    let commands: [&[&str]; 15] = [
        &[],
        &["run"],
        &["check"],
        &["next"],
        &["schedule"],
        &["sql"],
        &["unpack"],
        &["init"],
        &["retry"],
        &["backup"],
        &["verify"],
        &["forget"],
        &["prune"],
        &["sandbox"],
        &["demo"],
    ];
    let help = commands.map(|command| call(command.iter().copied().chain(["--help"])).stdout).join("\n");
    insta::assert_snapshot!(help);
}

#[tokio::test]
async fn colour_comes_only_when_it_is_wanted() {
    let missing = "no/such/job.toml";
    let red = "\u{1b}[";
    let with = |args: &[&str], env: &[(&str, &str)]| {
        let mut command = ccda_export();
        command.arg("check").arg(missing).args(args).envs(env.iter().copied());
        finish(command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()).stderr
    };
    assert!(!with(&[], &[]).contains(red));
    assert!(with(&["--color", "always"], &[]).contains(red));
    assert!(with(&[], &[("CLICOLOR_FORCE", "1")]).contains(red));
    assert!(!with(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains(red));
    assert!(!with(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]).contains(red));
}

#[test]
fn the_demo_needs_nothing_and_answers_three_questions() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = ccda_export();
    let child = command
        .arg("demo")
        .arg("--dir")
        .arg(dir.path().join("demo"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn();
    let ended = finish(child.unwrap());
    assert_eq!(ended.code(), 0, "{ended:#?}");
    // As README has them, in words, in SQL and with their answers.
    let shown = readme::ten_questions().into_iter().filter(|question| {
        let lines = |text: &str| text.trim_end().lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n");
        let told = format!("\n{}\n\n{}\n\n{}\n", question.words, lines(question.sql), lines(question.answer));
        ended.stdout.contains(&told)
    });
    assert_eq!(shown.count(), 3, "{}", ended.stdout);
    assert!(ended.stdout.contains("exit code 0") && ended.stdout.contains("export.sqlite"), "{}", ended.stdout);
}

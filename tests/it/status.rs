//! `status` and `why` after real nights: what they say, what they end with, and that they disturb nobody.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
};

use ccda_export::{report::STATUS_JSON_SCHEMA, synthetic::Population};
use chrono::DateTime;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Ended, Sandbox, call, ccda_export, finish, until};

/// Everybody has a document; then, in a second night, about a third fails: each in another way, and one account with all its patients.
struct BadNight {
    /// Where roster, job and database are.
    sandbox: Sandbox,
    /// The server of the second night, and its files.
    _server: Sandbox,
    _documents: TempDir,
    token: String,
}

const SCHEDULE: &str = "schedule = \"15 2 * * *\"\nname = \"sandbox\"";

impl BadNight {
    fn new() -> Self {
        let documents = tempfile::tempdir().unwrap();
        let practice = Population::new(7);
        let time = DateTime::from_timestamp(1_764_000_000, 0).unwrap();
        let file = |number: usize| documents.path().join(format!("{number:02}.xml"));
        for number in 0..40 {
            fs::write(file(number), practice.document(number as u64 + 1, None, 1, time)).unwrap();
        }
        let folder = documents.path().to_str().unwrap();
        let args = ["--documents", folder, "--tenants", "2", "--accounts", "5", "--seed", "7"];
        let sandbox = Sandbox::start(&args);
        sandbox.edit("job.toml", "name = \"sandbox\"", SCHEDULE);
        let ended = sandbox.run(&[]);
        assert_eq!(ended.code(), 0, "{ended:#?}");

        // Without its file the last patient is unknown to the next server, which has all others as they were.
        fs::remove_file(file(39)).unwrap();
        let server = Sandbox::start(&[&args[..], &["--reject", "nursing"]].concat());
        sandbox.edit("roster.toml", &sandbox.url, &server.url);
        fs::write(file(1), "<html><body>Please log in</body></html>").unwrap();
        fs::write(file(2), &fs::read(file(3)).unwrap()[..5_000]).unwrap();
        fs::write(file(17), "<!DOCTYPE x [<!ENTITY e \"e\">]><ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>").unwrap();
        fs::write(file(26), "").unwrap();
        fs::remove_file(file(33)).unwrap();
        // Moved in the roster to an account that may not see the patient.
        let line = sandbox.patients()[20].clone();
        sandbox.edit("patients.csv", &line, &line.replace(",billing,", ",front-desk,"));
        let token = line.split(',').nth(2).unwrap().to_owned();
        let ended = sandbox.run(&["--again"]);
        assert_eq!(ended.code(), 77, "{ended:#?}");
        Self { sandbox, _server: server, _documents: documents, token }
    }

    fn job(&self) -> PathBuf {
        self.sandbox.job()
    }

    /// `why` with what follows, for its job.
    fn why(&self, who: &str) -> Ended {
        call(["why".as_ref(), who.as_ref(), "--job".as_ref(), self.job().as_os_str()])
    }

    async fn fetch_for(&self, reason: &str) -> String {
        let sql = format!("SELECT patient_id FROM failing WHERE reason = '{reason}' LIMIT 1");
        self.sandbox.ask(&sql).await[0][0].clone()
    }
}

fn status(job: &Path, args: &[&str]) -> Ended {
    call(["status".as_ref(), job.as_os_str()].into_iter().chain(args.iter().map(|arg| arg.as_ref())))
}

/// Without what differs from one run of the test to the next.
fn normal(text: &str, sandbox: &Sandbox) -> String {
    let text = text.replace(sandbox.dir.path().to_str().unwrap(), "DIR");
    let lines: Vec<String> = unwrapped(&text).iter().map(|line| replace_durations(&replace_instants(line))).collect();
    lines.join("\n")
}

/// Paragraphs on one line each: where they break depends on the width of what differs. Further lines stand four columns deeper.
fn unwrapped(text: &str) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match lines.last_mut() {
            Some(first) if !first.is_empty() && indent(line) >= indent(first) + 4 => *first += &format!(" {}", line.trim_start()),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// `2026-11-25T02:15:00Z` becomes `0000-00-00T00:00:00Z`.
fn replace_instants(line: &str) -> String {
    let mut bytes = line.as_bytes().to_vec();
    for start in 0..bytes.len().saturating_sub(19) {
        let shape = |at: usize, byte: u8| bytes[start + at] == byte;
        if shape(4, b'-') && shape(7, b'-') && shape(10, b'T') && shape(13, b':') && shape(16, b':') && shape(19, b'Z') {
            bytes[start..start + 19].iter_mut().filter(|byte| byte.is_ascii_digit()).for_each(|byte| *byte = b'0');
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Durations: `after 12 ms`, and the time that a run took, whose width moves the columns behind it.
fn replace_durations(line: &str) -> String {
    let (indent, text) = line.split_at(line.len() - line.trim_start().len());
    let mut words: Vec<&str> = text.split_whitespace().collect();
    for at in 0..words.len() {
        let took = words[at].strip_suffix('s').is_some_and(|number| number.parse::<f64>().is_ok());
        if took {
            words[at] = "0.0s";
        } else if words.get(at + 1).is_some_and(|unit| unit.starts_with("ms")) {
            words[at] = "0";
        }
    }
    indent.to_owned() + &words.join(" ")
}

#[tokio::test]
async fn a_night_in_which_a_third_failed_is_told_by_cause_with_what_to_do() {
    let night = BadNight::new();
    let ended = status(&night.job(), &[]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 100), "{}", ended.stdout);
    assert!(ended.stderr.is_empty(), "{ended:#?}");
    insta::assert_snapshot!("status", normal(&ended.stdout, &night.sandbox));

    let json = status(&night.job(), &["--output", "json"]);
    assert_eq!(json.code(), 1, "{json:#?}");
    let (json, schema): (Value, Value) = (json.json(), serde_json::from_str(STATUS_JSON_SCHEMA).unwrap());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(!validator.is_valid(&serde_json::json!({"schema_version": 1})));
    assert_eq!(json["healthy"], false);
    assert_eq!(json["vanished"][0]["patients"], 1);
    assert_eq!(json["stopped"][0]["account"], "nursing");
    assert!(json["stopped"][0]["next_try_at"].is_string());
    let failing: u64 = json["failing"].as_array().unwrap().iter().map(|group| group["fetches"].as_u64().unwrap()).sum();
    assert_eq!(failing, 14);

    let by_file = call(["status".as_ref(), "--database".as_ref(), night.sandbox.path("export.sqlite").as_os_str()]);
    assert_eq!(by_file.code(), 1);
    assert!(!by_file.stdout.contains("is due next"), "{by_file:#?}");
}

#[tokio::test]
async fn why_tells_every_attempt_and_names_nobody() {
    let night = BadNight::new();
    let mut stories = String::new();
    for reason in ["not_cda", "empty", "denied", "rejected_login"] {
        let patient = night.fetch_for(reason).await;
        let ended = night.why(&patient);
        assert_eq!(ended.code(), 0, "{ended:#?}");
        stories += &format!("## {reason}\n{}", ended.stdout);
    }
    let vanished = night.sandbox.ask("SELECT fetch_id FROM vanished").await[0][0].clone();
    stories += &format!("## vanished\n{}", night.why(&format!("fetch:{vanished}")).stdout);
    assert!(stories.lines().all(|line| line.chars().count() <= 100), "{stories}");
    for patient in night.sandbox.patients() {
        assert!(!stories.contains(patient.split(',').nth(2).unwrap()), "a patient token is told");
    }
    insta::assert_snapshot!("why", normal(&stories, &night.sandbox));

    let mut by_token = ccda_export();
    by_token.args(["why", "-", "--job"]).arg(night.job()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = by_token.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", night.token).unwrap();
    let ended = finish(child);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.stdout, night.why(&night.fetch_for("denied").await).stdout);
}

#[tokio::test]
async fn a_healthy_database_ends_with_0_until_its_documents_are_too_old() {
    let sandbox = Sandbox::start(&["--patients", "6"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let healthy = status(&sandbox.job(), &["--max-age", "36h"]);
    assert_eq!(healthy.code(), 0, "{healthy:#?}");
    assert!(healthy.stdout.contains("is healthy"), "{healthy:#?}");
    assert_eq!(status(&sandbox.job(), &["--quiet"]).stdout, "");
    let old = status(&sandbox.job(), &["--max-age", "1ns"]);
    assert_eq!(old.code(), 1, "{old:#?}");
    assert!(old.stdout.contains("the oldest latest document is of"), "{old:#?}");
}

#[tokio::test]
async fn a_patient_who_is_not_had_at_all_is_too_old_only_after_that_time() {
    let documents = tempfile::tempdir().unwrap();
    for name in ["a.xml", "b.xml"] {
        fs::write(documents.path().join(name), "<html></html>").unwrap();
    }
    let sandbox = Sandbox::start(&["--documents", documents.path().to_str().unwrap()]);
    assert_eq!(sandbox.run(&[]).code(), 1);
    let kinds = |age: &str| {
        let json = status(&sandbox.job(), &["--output", "json", "--max-age", age]).json();
        json["problems"].as_array().unwrap().iter().map(|problem| problem["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds("36h"), ["last_run", "dead", "no_document"]);
    fs::write(documents.path().join("a.xml"), Population::new(1).document(1, None, 1, DateTime::UNIX_EPOCH)).unwrap();
    assert_eq!(sandbox.run(&["--again"]).code(), 1);
    assert_eq!(kinds("36h"), ["last_run", "dead"]);
    assert!(kinds("1ns").contains(&"no_document".to_owned()));
}

#[tokio::test]
async fn a_run_that_goes_on_is_seen_with_its_holder_and_is_healthy() {
    let sandbox = Sandbox::start(&["--patients", "40", "--latency-ms", "200"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 2");
    let database = sandbox.path("export.sqlite");
    let run = sandbox.start_run(&[]);
    until(async || {
        let json = status(&sandbox.job(), &["--output", "json"]);
        json.status.success() && json.json()["to_do"].as_array().unwrap().iter().any(|tenant| tenant["in_flight"] != 0)
    })
    .await;
    let seen = status(&sandbox.job(), &["--output", "json"]);
    assert_eq!(seen.code(), 0, "{seen:#?}");
    assert!(seen.json()["held_by"].as_str().unwrap().contains(&format!("process {}", run.id())), "{seen:#?}");
    assert_eq!(seen.json()["runs"][0]["ended_at"], Value::Null);
    let ended = finish(run);
    assert_eq!(ended.code(), 0, "looking disturbed the run: {ended:#?}");
    let after = status(&sandbox.job(), &["--output", "json"]).json();
    assert_eq!((&after["held_by"], &after["healthy"]), (&Value::Null, &Value::Bool(true)));
    assert!(database.exists());
}

#[tokio::test]
async fn a_rate_that_was_halved_is_shown_while_the_run_goes_on_and_after_it() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "40", "--fault", "document-429:40"]);
    sandbox.edit("job.toml", "first_wait = \"100ms\"\nlongest_wait = \"500ms\"", "first_wait = \"1s\"\nlongest_wait = \"1s\"");
    let run = sandbox.start_run(&[]);
    let pace = || status(&sandbox.job(), &["--output", "json"]);
    until(async || pace().stdout.contains("\"documents_per_second\":500.0")).await;
    let json = pace().json();
    let tenant = &json["paces"][0];
    assert_eq!(
        (&tenant["host"], &tenant["breaker"], &tenant["tokens_per_second"]),
        (&Value::Null, &"closed".into(), &1000.0.into()),
        "{json}"
    );
    let text = status(&sandbox.job(), &[]).stdout;
    assert!(text.contains("\npace"), "{text}");
    assert_eq!(finish(run).code(), 75);
    assert!(status(&sandbox.job(), &[]).stdout.contains("pace at the end of the newest run"));
}

#[tokio::test]
async fn a_run_that_was_killed_is_told_to_have_died() {
    let sandbox = Sandbox::start(&["--patients", "40", "--latency-ms", "200"]);
    let mut run = sandbox.start_run(&[]);
    until(async || status(&sandbox.job(), &[]).stdout.contains("goes on")).await;
    run.kill().unwrap();
    run.wait().unwrap();
    let ended = status(&sandbox.job(), &["--output", "json"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert_eq!(ended.json()["problems"][0]["kind"], "died");
}

#[test]
fn what_is_not_there_is_said_and_nothing_is_made() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    for ended in [status(&sandbox.job(), &[]), call(["why".as_ref(), "1".as_ref(), "--job".as_ref(), sandbox.job().as_os_str()])] {
        assert_eq!(ended.code(), 78, "{ended:#?}");
        assert!(ended.stderr.contains("no such database yet"), "{ended:#?}");
    }
    assert!(!sandbox.path("export.sqlite").exists() && !sandbox.path("export.sqlite.lock").exists());
    // Neither roster nor secret is needed to look.
    fs::remove_file(sandbox.path("roster.toml")).unwrap();
    assert!(status(&sandbox.job(), &[]).stderr.contains("no such database yet"));
    assert_eq!(call(["status", "no/such/job.toml"]).code(), 78);
    for args in
        [vec!["status"], vec!["why", "1"], vec!["why", "somebody", "--job", "job.toml"], vec!["status", "job.toml", "--max-age", "old"]]
    {
        assert_eq!(call(args.clone()).code(), 64, "{args:?}");
    }
}

#[tokio::test]
async fn a_patient_or_fetch_that_is_unknown_is_said() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    for who in ["4711", "fetch:4711"] {
        let ended = call(["why".as_ref(), who.as_ref(), "--job".as_ref(), sandbox.job().as_os_str()]);
        assert_eq!(ended.code(), 64, "{ended:#?}");
        assert!(ended.stderr.contains("row id 4711"), "{ended:#?}");
    }
}

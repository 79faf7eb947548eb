//! The shell of SQLite itself.

use std::{
    io::{BufRead, BufReader, Write},
    process::Stdio,
};

use super::{Tonight, exported, readme_lines, run_line, sql, tool};

/// The way that README opens the file.
const OPENED: &str = "file:export.sqlite?mode=ro";

#[test]
fn the_lines_of_readme_show_the_schema_and_the_patients() {
    if tool("sqlite3").is_none() {
        return;
    }
    let sandbox = exported(&["--patients", "12"]);
    let lines = readme_lines("sqlite3");
    let [schema, summary] = lines.as_slice() else { panic!("README has other lines: {lines:?}") };
    let ended = run_line(schema, sandbox.dir.path());
    assert!(ended.code() == 0 && ended.stdout.contains("CREATE VIEW patient_summary AS         -- a line for each patient"), "{ended:#?}");
    let ended = run_line(summary, sandbox.dir.path());
    assert_eq!((ended.code(), ended.stderr.as_str()), (0, ""));
    let text = std::fs::read_to_string(sandbox.path("summary.csv")).unwrap();
    let names: Vec<_> = sql(&sandbox, "SELECT name FROM patient_summary").as_array().unwrap().clone();
    assert!(names.len() == 12 && text.lines().count() == 13, "{text}");
    assert!(names.iter().all(|row| text.contains(row["name"].as_str().unwrap())), "{text}");
}

#[test]
fn a_file_that_is_open_for_reading_is_not_written_to() {
    let Some(mut shell) = tool("sqlite3") else { return };
    let sandbox = exported(&["--patients", "3"]);
    let output = shell.args([OPENED, "DELETE FROM documents"]).current_dir(sandbox.dir.path()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("readonly database"), "{output:?}");
    assert_eq!(sql(&sandbox, "SELECT count(*) AS documents FROM documents")[0]["documents"], 3);
}

#[tokio::test]
async fn one_session_sees_what_a_run_commits_and_one_state_within_a_transaction() {
    let Some(mut shell) = tool("sqlite3") else { return };
    let tonight = Tonight::start().await;
    shell.arg(OPENED).current_dir(tonight.sandbox.dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut session = shell.spawn().unwrap();
    let mut questions = session.stdin.take().unwrap();
    let mut answers = BufReader::new(session.stdout.take().unwrap()).lines();
    let mut count = |before: &str| -> u64 {
        writeln!(questions, "{before}SELECT count(*) FROM documents;").unwrap();
        questions.flush().unwrap();
        answers.next().unwrap().unwrap().parse().unwrap()
    };
    let first = count("");
    while count("") == first {}
    let before = count("BEGIN;");
    while sql(&tonight.sandbox, "SELECT count(*) AS documents FROM documents")[0]["documents"] == before {}
    assert_eq!(count(""), before);
    assert!(count("COMMIT;") > before);
    drop(questions);
    assert!(session.wait().unwrap().success());
    tonight.end();
}

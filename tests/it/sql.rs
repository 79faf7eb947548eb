//! `sql`: answers in three forms, by the real binary on a real file, and nothing that writes gets through.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::harness::{Ended, Sandbox, call, ccda_export, finish, until};

const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, 'a text of a row' AS t FROM n";

fn sql(sandbox: &Sandbox, args: &[&str]) -> Ended {
    call(["sql".as_ref(), sandbox.job().as_os_str()].into_iter().chain(args.iter().map(|arg| arg.as_ref())))
}

fn start(sandbox: &Sandbox, args: &[&str]) -> Child {
    let mut command = ccda_export();
    command.arg("sql").arg(sandbox.job()).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn exported() -> Sandbox {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "3"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    sandbox
}

/// All files of a folder with their bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut files: Vec<_> = entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect();
    files.sort();
    files
}

#[tokio::test]
async fn the_same_answer_comes_as_a_table_as_csv_and_as_json() {
    let sandbox = exported();
    let question = "SELECT 7 AS number, 0.5 AS real, NULL AS missing, '' AS empty, 'a,\"b\"' AS text, x'00ff' AS bytes
                    UNION ALL SELECT id, NULL, NULL, NULL, tenant, NULL FROM tenants";
    let table = sql(&sandbox, &[question]);
    assert_eq!((table.code(), table.stderr.as_str()), (0, ""), "{table:#?}");
    insta::assert_snapshot!(table.stdout, @r#"
     number  real  missing  empty  text       bytes
          7   0.5  NULL            a,"b"      00FF
          1  NULL  NULL     NULL   TENANT_AA  NULL
    "#);
    let csv = sql(&sandbox, &["--output", "csv", question]);
    assert_eq!(csv.stdout, "number,real,missing,empty,text,bytes\r\n7,0.5,,\"\",\"a,\"\"b\"\"\",00FF\r\n1,,,,TENANT_AA,\r\n");
    let json = sql(&sandbox, &["--output", "json", question]);
    assert_eq!(
        json.json(),
        serde_json::json!([
            {"number": 7, "real": 0.5, "missing": null, "empty": "", "text": "a,\"b\"", "bytes": "00FF"},
            {"number": 1, "real": null, "missing": null, "empty": null, "text": "TENANT_AA", "bytes": null},
        ])
    );
    let none = "SELECT id, tenant FROM tenants WHERE false";
    for (format, expected) in [("table", " id  tenant\n"), ("csv", "id,tenant\r\n"), ("json", "[\n]\n")] {
        let ended = sql(&sandbox, &["--output", format, none]);
        assert_eq!((ended.code(), ended.stdout.as_str()), (0, expected));
    }
}

#[tokio::test]
async fn the_statement_comes_on_standard_input_too_and_the_database_by_its_own_name() {
    let sandbox = exported();
    let mut command = ccda_export();
    command.args(["sql", "--database"]).arg(sandbox.path("export.sqlite")).args(["-", "--output", "csv"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"-- whom\nSELECT tenant FROM tenants;\n").unwrap();
    let ended = finish(child);
    assert_eq!((ended.code(), ended.stdout.as_str()), (0, "tenant\r\nTENANT_AA\r\n"), "{ended:#?}");
}

#[tokio::test]
async fn nothing_that_writes_gets_through() {
    let sandbox = exported();
    let folder = sandbox.dir.path();
    let elsewhere = folder.join("elsewhere.sqlite");
    let elsewhere = elsewhere.display();
    // The first call of a reader may leave a -shm and an empty -wal, as every reader does.
    assert_eq!(sql(&sandbox, &["SELECT 1"]).code(), 0);
    let before = files(folder);
    for statement in [
        format!("ATTACH '{elsewhere}' AS e"),
        format!("VACUUM INTO '{elsewhere}'"),
        format!("SELECT 1; ATTACH '{elsewhere}' AS e"),
        format!("EXPLAIN ATTACH '{elsewhere}' AS e"),
        "PRAGMA user_version = 1".to_owned(),
        "PRAGMA query_only = OFF".to_owned(),
        "EXPLAIN PRAGMA query_only = OFF".to_owned(),
        "PRAGMA journal_mode = DELETE".to_owned(),
        "PRAGMA wal_checkpoint(TRUNCATE)".to_owned(),
        "SELECT * FROM pragma_wal_checkpoint".to_owned(),
        "SELECT * FROM pragma_query_only(0)".to_owned(),
        "SELECT * FROM pragma_user_version(1)".to_owned(),
        "DELETE FROM documents".to_owned(),
        "WITH d AS (SELECT 1) DELETE FROM documents".to_owned(),
        "WITH d AS (SELECT 1) DELETE FROM documents RETURNING id".to_owned(),
        "WITH d AS (SELECT 1) INSERT INTO sections_text (sections_text) VALUES ('delete-all') RETURNING 1".to_owned(),
        "WITH d AS (SELECT 1) UPDATE documents SET status = 'discarded' RETURNING id".to_owned(),
        "CREATE TEMP TABLE t AS SELECT 1".to_owned(),
        "SELECT load_extension('libm.so.6')".to_owned(),
        "SELECT writefile('a', 'b')".to_owned(),
        "SELECT edit('a')".to_owned(),
        "SELECT fts3_tokenizer('simple', x'0000000000000000')".to_owned(),
        "BEGIN IMMEDIATE".to_owned(),
        "SELECT ?".to_owned(),
        String::new(),
    ] {
        let ended = sql(&sandbox, &["--output", "csv", &statement]);
        assert_eq!(ended.code(), 64, "{statement}: {ended:#?}");
        assert!(ended.stderr.starts_with("error: "), "{statement}: {ended:#?}");
        assert_eq!(files(folder), before, "{statement}");
    }
    // It would run ANALYZE, if it could.
    assert!([0, 64].contains(&sql(&sandbox, &["SELECT * FROM pragma_optimize(0x10002)"]).code()));
    assert_eq!(files(folder), before);
}

#[tokio::test]
async fn a_mistake_is_told_with_its_place_and_is_the_command_lines() {
    let sandbox = exported();
    let wrong = |statement: &str| {
        let ended = sql(&sandbox, &[statement]);
        assert_eq!((ended.code(), ended.stdout.as_str()), (64, ""), "{statement}: {ended:#?}");
        ended.stderr
    };
    assert_eq!(wrong("SELECT id\nFORM documents"), "error: near \"documents\": syntax error, at line 2, column 6\n");
    assert_eq!(wrong("SELECT nme FROM problems"), "error: no such column: nme, at line 1, column 8\n");
    assert_eq!(wrong("SELECT 1; SELECT 2"), "error: only one statement is answered at a time; another begins at line 1, column 11\n");
    assert_eq!(wrong("SELECT json('{')"), "error: malformed JSON\n");
    assert_eq!(
        wrong("DROP TABLE documents"),
        "error: only a statement that reads is answered: SELECT, VALUES or WITH, or EXPLAIN of one; this one is DROP\n"
    );
    let twice = sql(&sandbox, &["--output", "json", "SELECT p.id, t.id FROM patients p, tenants t"]);
    assert_eq!((twice.code(), twice.stdout.as_str()), (64, ""));
    assert!(twice.stderr.contains("two columns are called id"), "{}", twice.stderr);
    assert_eq!(call(["sql", "--database", "no/such.sqlite", "SELECT 1"]).code(), 78);
}

#[tokio::test]
async fn control_characters_of_a_cell_are_shown_and_not_done() {
    let sandbox = exported();
    let ended = sql(&sandbox, &["SELECT 'a' || char(27) || '[2J' || char(10) || 'b' || char(155) || char(8238) AS t"]);
    assert_eq!((ended.code(), ended.stdout.as_str()), (0, " t\n a\\u{1b}[2J\\nb\\u{9b}\\u{202e}\n"));
}

#[tokio::test]
async fn a_long_answer_streams_in_bounded_memory_and_its_reader_may_leave() {
    let sandbox = exported();
    for format in ["csv", "json"] {
        let mut child = start(&sandbox, &["--output", format, ENDLESS]);
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        for _ in 0..300_000 {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "{format} ended");
        }
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let most: usize = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok()).unwrap();
        assert!(most < 48 * 1024, "{format} took {most} KiB");
        drop(lines);
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""), "{format}");
    }
    let table = sql(&sandbox, &[ENDLESS]);
    assert_eq!((table.code(), table.stdout.lines().count()), (0, 1_002));
}

#[tokio::test]
async fn ctrl_c_ends_it_in_the_middle_of_a_question_and_the_file_is_as_it_was() {
    let sandbox = exported();
    let mut child = start(&sandbox, &["--output", "csv", ENDLESS]);
    let mut begun = [0; 64];
    child.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::SIGINT as i32));
    assert_eq!(call(["verify".as_ref(), sandbox.job().as_os_str()]).code(), 0);
}

#[tokio::test]
async fn it_answers_while_a_run_is_writing() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "300", "--latency-ms", "200"]);
    let run = sandbox.start_run(&[]);
    until(async || fs::metadata(sandbox.path("export.sqlite")).is_ok_and(|file| file.len() > 100_000)).await;
    until(async || sql(&sandbox, &["--output", "csv", "SELECT count(*) > 5 FROM documents"]).stdout.ends_with("\r\n1\r\n")).await;
    let goes_on = sql(&sandbox, &["--output", "csv", "SELECT count(*) FROM runs WHERE ended_at IS NULL"]);
    assert!(goes_on.stdout.ends_with("\r\n1\r\n"), "the run was over before it was asked: this test shows nothing: {goes_on:#?}");
    assert_eq!(finish(run).code(), 0);
}

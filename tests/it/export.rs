//! A whole run against the sandbox: everything is fetched, once, and the receipt proves it.

use sha2::{Digest, Sha256};

use crate::harness::{Sandbox, ask_file, call, finish, until};

#[tokio::test]
async fn every_patient_of_every_tenant_has_a_document_after_one_run() {
    let sandbox = Sandbox::start(&["--tenants", "3", "--accounts", "5", "--patients", "40"]);
    let ended = sandbox.run(&["--output", "json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let json = ended.json();
    let patients = sandbox.patients().len() as u64;
    assert_eq!(json["total"]["roster"], patients);
    assert_eq!(json["total"]["done"], patients);
    assert_eq!(sandbox.count("SELECT count(*) FROM latest_documents").await, patients);
    assert_eq!(sandbox.count("SELECT count(*) FROM attempts WHERE kind = 'document'").await, patients);
    assert_eq!(sandbox.requests_with("document", 200).await as u64, patients);
    let accounts = sandbox.count("SELECT count(*) FROM accounts").await;
    assert_eq!(sandbox.count("SELECT count(*) FROM attempts WHERE kind = 'token'").await, accounts);
}

#[tokio::test]
async fn very_many_accounts_with_one_patient_each_are_read_from_a_credentials_file() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "60", "--patients", "60"]);
    assert!(sandbox.path("credentials.csv").exists());
    let ended = sandbox.run(&["--output", "json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.json()["total"]["done"], 60);
    assert_eq!(ended.json()["effort"]["token_requests"], 60);
}

#[tokio::test]
async fn a_second_run_in_the_same_occurrence_finds_nothing_to_do() {
    let sandbox = Sandbox::start(&["--patients", "12"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let second = sandbox.run(&["--output", "json"]);
    assert_eq!(second.code(), 0, "{second:#?}");
    assert_eq!(second.json()["effort"]["document_requests"], 0);
    assert_eq!(second.json()["effort"]["token_requests"], 0);
    assert_eq!(second.json()["total"]["done"], 12);
}

#[tokio::test]
async fn again_opens_a_new_occurrence_and_a_narrowed_run_asks_for_those_it_names() {
    let sandbox = Sandbox::start(&["--patients", "12"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let one = sandbox.run(&["--again", "--patient", "3", "--output", "json"]);
    assert_eq!(one.code(), 0, "{one:#?}");
    assert_eq!(one.json()["total"]["roster"], 1);
    assert_eq!(one.json()["effort"]["documents"], 1);
    assert_eq!(sandbox.count("SELECT count(*) FROM fetches WHERE patient_id = 3").await, 2);
    let all = sandbox.run(&["--again", "--output", "json"]);
    assert_eq!(all.json()["effort"]["documents"], 12);
}

#[tokio::test]
async fn patients_are_named_by_their_tokens_in_a_file_or_on_standard_input() {
    let sandbox = Sandbox::start(&["--patients", "12"]);
    let token = sandbox.patients()[4].split(',').nth(2).unwrap().to_owned();
    std::fs::write(sandbox.path("some.txt"), format!("{token}\n")).unwrap();
    let some = sandbox.path("some.txt");
    let ended = sandbox.run(&["--patients", some.to_str().unwrap(), "--output", "json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.json()["effort"]["documents"], 1);
    std::fs::write(sandbox.path("some.txt"), "no-such-patient\n").unwrap();
    let ended = sandbox.run(&["--patients", some.to_str().unwrap()]);
    assert_eq!(ended.code(), 65);
    assert!(ended.stderr.contains("line 1") && !ended.stderr.contains("no-such-patient"), "{ended:#?}");
}

#[tokio::test]
async fn names_that_the_roster_does_not_have_are_a_wrong_command_line() {
    let sandbox = Sandbox::start(&["--patients", "3"]);
    for args in [["--tenant", "TENANT_XX"], ["--account", "nobody"], ["--patient", "4711"]] {
        let ended = sandbox.run(&args);
        assert_eq!(ended.code(), 64, "{ended:#?}");
        assert!(ended.stderr.contains(args[1]), "{ended:#?}");
    }
    assert_eq!(sandbox.requests_with("token", 200).await, 0);
}

#[tokio::test]
async fn a_dry_run_says_what_is_due_and_changes_nothing() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "7"]);
    let before = sandbox.run(&["--dry-run"]);
    assert_eq!(before.code(), 0, "{before:#?}");
    assert!(before.stdout.contains("7 due in all"), "{before:#?}");
    assert!(!sandbox.path("export.sqlite").exists());
    assert_eq!(sandbox.run(&[]).code(), 0);
    let after = sandbox.run(&["--dry-run"]);
    assert!(after.stdout.contains("0 due in all"), "{after:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM runs").await, 1);
}

#[tokio::test]
async fn the_same_bytes_are_stored_once_whoever_asked_for_them() {
    let documents = tempfile::tempdir().unwrap();
    for name in ["a.xml", "b.xml"] {
        std::fs::write(documents.path().join(name), chart()).unwrap();
    }
    let sandbox = Sandbox::start(&["--documents", documents.path().to_str().unwrap()]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_eq!(sandbox.count("SELECT count(*) FROM bodies").await, 1);
    assert_eq!(sandbox.count("SELECT count(*) FROM documents").await, 2);
}

#[tokio::test]
async fn a_reader_who_queries_throughout_never_waits_and_never_makes_the_writer_fail() {
    let sandbox = Sandbox::start(&["--patients", "150", "--latency-ms", "5"]);
    let database = sandbox.path("export.sqlite");
    let run = sandbox.start_run(&[]);
    until(async || database.exists() && std::fs::metadata(&database).unwrap().len() > 100_000).await;
    let run = tokio::task::spawn_blocking(move || finish(run));
    let mut seen = Vec::new();
    while !run.is_finished() {
        let rows =
            ask_file(&database, "SELECT count(*), (SELECT count(*) FROM bodies WHERE length(bytes) <> length) FROM latest_documents").await;
        assert_eq!(rows[0][1], "0");
        seen.push(rows[0][0].parse::<u64>().unwrap());
    }
    let ended = run.await.unwrap();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(seen.is_sorted(), "a reader saw documents vanish: {seen:?}");
}

#[tokio::test]
async fn a_roster_that_lost_more_than_a_fifth_is_refused_until_it_is_accepted() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "10"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let csv = std::fs::read_to_string(sandbox.path("patients.csv")).unwrap();
    let half: Vec<_> = csv.lines().take(6).collect();
    std::fs::write(sandbox.path("patients.csv"), half.join("\n") + "\n").unwrap();

    let refused = sandbox.run(&["--again"]);
    assert_eq!(refused.code(), 65, "{refused:#?}");
    assert!(refused.stderr.contains("--accept-roster"), "{refused:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM patients WHERE removed_at IS NOT NULL").await, 0);

    assert_eq!(call(["check".as_ref(), sandbox.job().as_os_str(), "--accept-roster".as_ref()]).code(), 0);
    assert_eq!(sandbox.run(&["--again"]).code(), 0);
    assert_eq!(sandbox.count("SELECT count(*) FROM patients WHERE removed_at IS NOT NULL").await, 5);
    assert_eq!(sandbox.count("SELECT count(*) FROM latest_documents").await, 5);
    assert_eq!(sandbox.count("SELECT count(*) FROM latest_documents_all").await, 10);
    assert_eq!(sandbox.count("SELECT count(*) FROM operations WHERE what = 'accept_roster'").await, 1);
}

#[tokio::test]
async fn a_patient_who_moved_to_another_account_keeps_the_history() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "2", "--patients", "8"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let accounts = sandbox.ask("SELECT account FROM accounts ORDER BY id").await;
    let line = sandbox.patients()[0].clone();
    let (from, to) = if line.contains(&format!(",{},", accounts[0][0])) { (0, 1) } else { (1, 0) };
    let moved = line.replace(&format!(",{},", accounts[from][0]), &format!(",{},", accounts[to][0]));
    sandbox.edit("patients.csv", &line, &moved);
    // The sandbox still gives this patient to the old account only: the move shows as a denial, the history stays.
    sandbox.run(&["--again"]);
    assert_eq!(sandbox.count("SELECT count(*) FROM patients").await, 8);
    assert_eq!(sandbox.count("SELECT count(*) FROM latest_documents").await, 8);
    assert_eq!(
        sandbox.ask("SELECT a.account FROM patients p JOIN accounts a ON a.id = p.account_id WHERE p.id = 1").await[0][0],
        accounts[to][0]
    );
}

#[tokio::test]
async fn the_corpus_is_in_the_database_byte_for_byte_or_refused_with_a_reason() {
    let Some(corpus) = crate::corpus_check::corpus() else { return };
    let sandbox = Sandbox::start(&["--documents", corpus.to_str().unwrap()]);
    let ended = sandbox.run(&["--output", "json"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    let json = ended.json();
    assert_eq!(
        json["total"]["done"].as_u64().unwrap() + json["total"]["dead"].as_u64().unwrap(),
        json["total"]["roster"].as_u64().unwrap()
    );
    let stored = sandbox
        .ask(
            "SELECT p.extra ->> 'file', f.state, coalesce(f.reason, ''), coalesce(lower(hex(b.sha256)), '')
              FROM fetches f JOIN patients p ON p.id = f.patient_id
              LEFT JOIN documents d ON d.id = f.document_id LEFT JOIN bodies b ON b.id = d.body_id",
        )
        .await;
    assert!(stored.len() > 500, "only {} files were served", stored.len());
    for row in &stored {
        let [file, state, reason, sha256] = row.as_slice() else { unreachable!() };
        let bytes = std::fs::read(corpus.join(file)).unwrap();
        match state.as_str() {
            "done" => assert_eq!(*sha256, hex(&Sha256::digest(&bytes)), "{file}"),
            "dead" => assert!(ccda_export::ccda::check(&bytes).is_err_and(|refusal| refusal.reason.as_str() == reason), "{file}: {reason}"),
            other => panic!("{file} is {other}"),
        }
    }
    let lost = "SELECT count(*) FROM bodies WHERE length(bytes) <> length";
    assert_eq!(sandbox.count(lost).await, 0);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The least that is a chart.
pub fn chart() -> &'static str {
    "<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\"/></ClinicalDocument>"
}

#[test]
fn the_least_chart_of_these_tests_is_one() {
    assert!(ccda_export::ccda::check(chart().as_bytes()).is_ok());
}

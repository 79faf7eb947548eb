//! `forget`: nothing of them is left in any file, nobody else loses anything, and no roster brings them back.

use std::{fs, path::PathBuf};

use super::{act, change, chart_with, contains, documents, serve};
use crate::harness::{Sandbox, until};

/// The database's files in which a text stands.
fn files_with(sandbox: &Sandbox, text: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(sandbox.dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let database = files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("export.sqlite"));
    database.filter(|path| contains(&fs::read(path).unwrap(), text)).collect()
}

async fn token_of(sandbox: &Sandbox, patient: u64) -> String {
    sandbox.ask(&format!("SELECT patient_token FROM patients WHERE id = {patient}")).await.remove(0).remove(0)
}

#[tokio::test]
async fn neither_token_nor_document_nor_refused_answer_is_left_in_any_file() {
    let folder =
        documents(&[("a.xml", &chart_with("Marker-Anna")), ("b.xml", &chart_with("Marker-Bert")), ("c.xml", "{\"a\": \"Marker-Carl\"}")]);
    let sandbox = serve(folder.path());
    assert_eq!(sandbox.run(&[]).code(), 1);
    let refused = sandbox.count("SELECT patient_id FROM refused_bodies").await;
    let anna =
        sandbox.count("SELECT patient_id FROM documents d JOIN bodies b ON b.id = d.body_id WHERE instr(b.bytes, 'Marker-Anna')").await;
    let tokens = [token_of(&sandbox, refused).await, token_of(&sandbox, anna).await];
    for text in ["Marker-Anna", "Marker-Carl", &tokens[0], &tokens[1]] {
        assert!(!files_with(&sandbox, text).is_empty(), "{text} was nowhere: this test shows nothing");
    }

    let (refused, anna) = (refused.to_string(), anna.to_string());
    let args = ["--patient", &refused, "--patient", &anna];
    let told = act(&sandbox, "forget", &args);
    assert_eq!(told.code(), 0, "{told:#?}");
    assert!(told.stdout.starts_with("2 patients, 1 document, 1 body, 2 fetches, 3 attempts") && told.stdout.contains("--yes"), "{told:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM patients").await, 3);

    let ended = act(&sandbox, "forget", &[&args[..], &["--yes"]].concat());
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stdout.starts_with("2 patients, 1 document, 1 body, 2 fetches, 3 attempts"), "{ended:#?}");
    for text in ["Marker-Anna", "Marker-Carl", &tokens[0], &tokens[1]] {
        assert_eq!(files_with(&sandbox, text), Vec::<PathBuf>::new(), "{text}");
    }
    assert_eq!(files_with(&sandbox, "Marker-Bert").len(), 1);
    assert_eq!(sandbox.count("SELECT count(*) FROM operations WHERE what = 'forget' AND target LIKE 'patient %'").await, 1);
    assert_eq!(sandbox.count("SELECT count(*) FROM tombstones").await, 2);
    let sound = act(&sandbox, "verify", &[]);
    assert_eq!(sound.code(), 0, "{sound:#?}");
}

#[tokio::test]
async fn a_tenant_with_a_backfill_is_forgotten_with_what_that_knows_of_it() {
    let sandbox = Sandbox::start(&["--tenants", "2", "--accounts", "2", "--patients", "6"]);
    let month = ["--from", "2025-01-01", "--to", "2025-01-31", "--every", "month"];
    assert_eq!(act(&sandbox, "backfill", &month).code(), 0);
    let ended = act(&sandbox, "forget", &["--tenant", "TENANT_AA", "--yes"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(sandbox.ask("SELECT tenants, tenants_through FROM backfill_progress").await, [["1", "1"]]);
    assert_eq!(sandbox.ask("SELECT DISTINCT tenant FROM coverage").await, [["TENANT_AB"]]);
    assert_eq!(act(&sandbox, "verify", &[]).code(), 0);
}

#[tokio::test]
async fn tokens_of_many_leave_no_trace_in_pages_that_were_split() {
    let sandbox = Sandbox::start(&["--tenants", "2", "--accounts", "4", "--patients", "900"]);
    // Only the roster matters here: a run for one patient takes all of it over.
    assert_eq!(sandbox.run(&["--patient", "1"]).code(), 0);
    let tenant = sandbox.ask("SELECT tenant FROM tenants ORDER BY id LIMIT 1").await.remove(0).remove(0);
    let tokens = sandbox.ask("SELECT patient_token FROM patients WHERE tenant_id = 1").await;
    assert!(tokens.len() > 200);
    assert_eq!(act(&sandbox, "forget", &["--tenant", &tenant, "--yes"]).code(), 0);
    for token in tokens {
        assert_eq!(files_with(&sandbox, &token[0]), Vec::<PathBuf>::new());
    }
}

#[tokio::test]
async fn what_a_killed_run_left_in_the_wal_is_gone_too() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "60", "--latency-ms", "50"]);
    let mut run = sandbox.start_run(&[]);
    let database = sandbox.path("export.sqlite");
    let documents = "SELECT count(*) FROM documents";
    until(async || fs::metadata(&database).is_ok_and(|file| file.len() > 100_000) && sandbox.count(documents).await > 5).await;
    run.kill().unwrap();
    run.wait().unwrap();
    let patient = sandbox.count("SELECT patient_id FROM documents ORDER BY id DESC LIMIT 1").await;
    let token = token_of(&sandbox, patient).await;
    assert!(!files_with(&sandbox, &token).is_empty());
    assert_eq!(act(&sandbox, "forget", &["--patient", &patient.to_string(), "--yes"]).code(), 0);
    assert_eq!(files_with(&sandbox, &token), Vec::<PathBuf>::new());
    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_eq!(sandbox.count("SELECT count(*) FROM patients").await, 59);
}

#[tokio::test]
async fn a_roster_that_still_names_them_does_not_bring_them_back_and_that_is_said() {
    let sandbox = Sandbox::start(&["--tenants", "2", "--accounts", "2", "--patients", "10"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let token = token_of(&sandbox, 3).await;
    assert_eq!(act(&sandbox, "forget", &["--patient", "3", "--yes"]).code(), 0);
    for changed in [false, true] {
        if changed {
            // Another line changes, so that the whole roster is taken over anew.
            let line = sandbox.patients().pop().unwrap();
            let moved: String = fs::read_to_string(sandbox.path("patients.csv")).unwrap().replace(&format!("{line}\n"), "");
            fs::write(sandbox.path("patients.csv"), moved).unwrap();
        }
        let ended = sandbox.run(&["--again", "--output", "json"]);
        assert_eq!(ended.code(), 0, "{ended:#?}");
        assert_eq!(
            (ended.json()["forgotten"].as_u64(), ended.json()["total"]["roster"].as_u64()),
            (Some(1), Some(if changed { 8 } else { 9 }))
        );
        assert_eq!(sandbox.count("SELECT count(*) FROM patients").await, 9);
    }
    assert_eq!(files_with(&sandbox, &token), Vec::<PathBuf>::new());
    assert!(sandbox.run(&[]).stdout.contains("1 patients of the roster were forgotten"));
}

#[tokio::test]
async fn a_tenant_goes_with_all_that_is_its_own_and_stays_away() {
    let sandbox = Sandbox::start(&["--tenants", "2", "--accounts", "4", "--patients", "12"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let rows =
        sandbox.ask("SELECT t.tenant, count(*) FROM tenants t JOIN patients p ON p.tenant_id = t.id GROUP BY t.id ORDER BY t.id").await;
    assert_eq!(act(&sandbox, "forget", &["--tenant", &rows[0][0], "--yes"]).code(), 0);
    let left: u64 = rows[1][1].parse().unwrap();
    for table in ["patients", "documents", "fetches", "job_patients"] {
        assert_eq!(sandbox.count(&format!("SELECT count(*) FROM {table}")).await, left, "{table}");
    }
    assert_eq!(sandbox.count("SELECT count(*) FROM tenants").await, 1);
    let before = sandbox.requests_with("token", 200).await;
    let ended = sandbox.run(&["--again", "--output", "json"]);
    assert_eq!(
        (ended.code(), ended.json()["total"]["done"].as_u64(), ended.json()["forgotten"].as_u64()),
        (0, Some(left), Some(12 - left))
    );
    let accounts = sandbox.count("SELECT count(DISTINCT account_id) FROM patients").await as usize;
    assert_eq!(sandbox.requests_with("token", 200).await, before + accounts, "the forgotten tenant was asked");
    assert_eq!(act(&sandbox, "verify", &[]).code(), 0);
}

#[tokio::test]
async fn a_body_that_another_patient_shares_stays() {
    let chart = chart_with("Marker-Twins");
    let folder = documents(&[("a.xml", &chart), ("b.xml", &chart)]);
    let sandbox = serve(folder.path());
    assert_eq!(sandbox.run(&[]).code(), 0);
    let told = act(&sandbox, "forget", &["--patient", "1", "--yes"]);
    assert!(told.stdout.contains("0 bodies") && told.stdout.contains("(1 body that others share stay)"), "{told:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM latest_documents d JOIN bodies b ON b.id = d.body_id").await, 1);
    assert_eq!(act(&sandbox, "forget", &["--patient", "2", "--yes"]).code(), 0);
    assert_eq!(sandbox.count("SELECT count(*) FROM bodies").await, 0);
    assert_eq!(files_with(&sandbox, "Marker-Twins"), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn who_is_not_there_is_told_and_nothing_is_changed() {
    let sandbox = Sandbox::start(&["--patients", "4"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    for args in [&["--patient", "99"][..], &["--patient", "1", "--patient", "99", "--yes"], &["--tenant", "TENANT_XX", "--yes"]] {
        assert_eq!(act(&sandbox, "forget", args).code(), 64, "{args:?}");
    }
    assert_eq!(act(&sandbox, "forget", &["--yes"]).code(), 64);
    assert_eq!(sandbox.count("SELECT count(*) FROM patients").await, 4);
    assert_eq!(sandbox.count("SELECT count(*) FROM operations").await, 0);
}

#[tokio::test]
async fn rows_that_would_dangle_undo_it_all() {
    let sandbox = Sandbox::start(&["--patients", "4"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    change(
        &sandbox,
        &["CREATE TABLE later (document_id INTEGER REFERENCES documents (id)) STRICT", "INSERT INTO later SELECT id FROM documents"],
    )
    .await;
    let ended = act(&sandbox, "forget", &["--patient", "1", "--yes"]);
    assert_eq!(ended.code(), 70, "{ended:#?}");
    assert!(ended.stderr.contains("later"), "{ended:#?}");
    assert_eq!(sandbox.count("SELECT count(*) FROM documents").await, 4);
}

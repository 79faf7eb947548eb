//! When rows are made and when they go.

use ccda_export::ccda;

use super::{change, check_index, flatten};
use crate::harness::{Sandbox, call};

const ROWS: &str = "SELECT document_id, seq, parent_seq, depth, path, name, code, title, templates, null_flavor, text, entries FROM sections ORDER BY 1, 2";

const PROBLEMS: &str =
    "SELECT document_id, seq, path, context, code, display, start, \"end\", icd10, concern_status FROM problems ORDER BY 1, 2";

fn small() -> Sandbox {
    Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "6", "--seed", "3"])
}

#[tokio::test]
async fn every_stored_document_has_a_row_for_each_of_its_sections() {
    let sandbox = small();
    assert_eq!(sandbox.run(&[]).code(), 0);
    let differing = "SELECT d.id FROM documents d WHERE d.sections <> (SELECT count(*) FROM sections s WHERE s.document_id = d.id)
        OR d.entries <> (SELECT sum(entries) FROM sections s WHERE s.document_id = d.id) OR d.rules_version IS NULL";
    assert_eq!(sandbox.ask(differing).await, Vec::<Vec<String>>::new());
    assert_eq!(sandbox.count("SELECT count(*) FROM sections WHERE name IS NULL OR title IS NULL OR text IS NULL").await, 0);
    assert_eq!(
        sandbox.count("SELECT count(DISTINCT name) FROM latest_sections").await,
        sandbox.count("SELECT count(DISTINCT code) FROM sections").await
    );
    assert_eq!(sandbox.count("SELECT count(*) FROM flatten_issues").await, 0);
    check_index(&sandbox).await;
}

#[tokio::test]
async fn problems_are_listed_once_with_their_codes_and_lead_back_to_their_elements() {
    let sandbox = small();
    for _ in 0..2 {
        assert_eq!(sandbox.run(&["--again"]).code(), 0);
    }
    let newest = sandbox
        .count(
            "SELECT count(*) FROM problems p JOIN latest_documents l ON l.content_document_id = p.document_id WHERE p.context = 'section'",
        )
        .await;
    let current = sandbox.count("SELECT count(*) FROM current_problems").await;
    assert!(current > 0 && current <= newest, "{current} of {newest}");
    let codes = "SELECT p.code, p.code_system, p.snomed, p.icd10, p.display FROM problems p
        WHERE NOT EXISTS (SELECT 1 FROM codes c WHERE c.document_id = p.document_id AND c.seq = p.seq AND c.role = 'code' AND c.chosen AND c.code = p.code)";
    assert_eq!(sandbox.ask(codes).await, Vec::<Vec<String>>::new());
    assert_eq!(
        sandbox.count("SELECT count(*) FROM codes c JOIN problems p USING (document_id, seq) WHERE c.role = 'code' AND c.rank = 1").await,
        sandbox.count("SELECT count(*) FROM problems WHERE icd10 IS NOT NULL").await
    );
    let row = sandbox.ask("SELECT id, code FROM problems WHERE context = 'encounter_diagnosis' LIMIT 1").await.remove(0);
    let job = sandbox.job();
    let shown = call(["cat".as_ref(), "--at".as_ref(), format!("problems:{}", row[0]).as_ref(), "--job".as_ref(), job.as_os_str()]);
    assert!(shown.stdout.starts_with("<observation") && shown.stdout.contains(&row[1]), "{shown:#?}");
}

#[tokio::test]
async fn rows_can_be_made_afterwards_and_anew_and_are_the_same() {
    let sandbox = small();
    sandbox.edit("job.toml", "deadline = ", "flatten = false\ndeadline = ");
    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_eq!(sandbox.count("SELECT count(*) FROM sections").await, 0);
    let first = flatten(&sandbox, &[]);
    assert!(first.code() == 0 && first.stdout.contains("of 6 documents"), "{first:#?}");
    let rows = sandbox.ask(ROWS).await;
    let problems = sandbox.ask(PROBLEMS).await;
    assert!(rows.len() > 50 && problems.len() > 5);
    let again = flatten(&sandbox, &[]);
    assert!(again.code() == 0 && again.stdout.contains("0 sections and 0 rows of 0 documents"), "{again:#?}");
    // Older rules are made good, and so is everything on request.
    change(&sandbox, "UPDATE documents SET rules_version = 0 WHERE id = 2").await;
    change(&sandbox, "DELETE FROM sections WHERE document_id IN (2, 3)").await;
    let older = flatten(&sandbox, &[]);
    assert!(older.stdout.contains("of 1 document"), "{older:#?}");
    let all = flatten(&sandbox, &["--all"]);
    assert!(all.code() == 0 && all.stdout.contains("of 6 documents"), "{all:#?}");
    assert_eq!(sandbox.ask(ROWS).await, rows);
    check_index(&sandbox).await;
    assert_eq!(
        sandbox.ask("SELECT target FROM operations WHERE what = 'flatten' ORDER BY id DESC LIMIT 1").await,
        [[format!("all documents, version {}", ccda::RULES)]]
    );
    assert_eq!(call(["verify".as_ref(), sandbox.job().as_os_str()]).code(), 0);
}

#[tokio::test]
async fn a_document_that_is_discarded_takes_its_rows_with_it_and_gets_them_back() {
    let sandbox = small();
    assert_eq!(sandbox.run(&[]).code(), 0);
    let rows = sandbox.ask(ROWS).await;
    let decide = |what: &str| {
        let job = sandbox.job();
        let ended = call(["documents".as_ref(), what.as_ref(), "2".as_ref(), "--job".as_ref(), job.as_os_str()]);
        assert_eq!(ended.code(), 0, "{ended:#?}");
    };
    decide("discard");
    let left = "SELECT (SELECT count(*) FROM sections WHERE document_id = 2) + (SELECT count(*) FROM problems WHERE document_id = 2)
        + (SELECT count(*) FROM codes WHERE document_id = 2) + (SELECT count(*) FROM entry_ids WHERE document_id = 2)";
    assert_eq!(sandbox.count(left).await, 0);
    assert_eq!(sandbox.ask("SELECT rules_version IS NULL FROM documents WHERE id = 2").await, [["1"]]);
    check_index(&sandbox).await;
    assert!(flatten(&sandbox, &[]).stdout.contains("of 0 documents"), "what is not filed has no rows");
    decide("accept");
    assert_eq!(sandbox.ask(ROWS).await, rows);
    check_index(&sandbox).await;
}

#[tokio::test]
async fn an_element_is_shown_by_the_row_that_was_made_of_it() {
    let sandbox = small();
    assert_eq!(sandbox.run(&[]).code(), 0);
    let row = sandbox.ask("SELECT id, title FROM sections WHERE document_id = 3 AND name = 'medications'").await.remove(0);
    let cat = |at: &str| {
        let job = sandbox.job();
        call(["cat".as_ref(), "--at".as_ref(), at.as_ref(), "--job".as_ref(), job.as_os_str()])
    };
    let shown = cat(&format!("sections:{}", row[0]));
    assert_eq!(shown.code(), 0, "{shown:#?}");
    assert!(shown.stdout.starts_with("<section") && shown.stdout.trim_end().ends_with("</section>"), "{shown:#?}");
    assert!(shown.stdout.contains("10160-0") && shown.stdout.contains(&row[1]), "{shown:#?}");
    for wrong in ["sections:999999", "patients:1", "sections", "sections:x"] {
        let ended = cat(wrong);
        assert!(ended.code() == 64 && ended.stdout.is_empty(), "{wrong}: {ended:#?}");
    }
}

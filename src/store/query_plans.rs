//! Which indexes the questions of `status`, `why` and backfills use: none of them may read through the fetches, attempts or documents that are over.

use sqlx::Row;

use super::{DatabaseFile, Session, backfills, bodies, documents, fetches, history, standing};

/// Tables that grow with every night; `runs` only newest first, by its key.
const GROWING: [&str; 4] = ["fetches", "attempts", "documents", "bodies"];

async fn plan(session: &mut Session, sql: &str) -> Vec<String> {
    let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let rows = sqlx::query(explained).fetch_all(&mut session.connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("detail")).collect()
}

/// The growing table that a step of a plan is about, and how it reads it.
fn growing(step: &str) -> Option<&str> {
    let name = step.strip_prefix("SCAN ").or_else(|| step.strip_prefix("SEARCH "))?.split(' ').next()?;
    let table = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, table)| table);
    GROWING.contains(&table).then_some(step)
}

/// Whether a step reads every row of a table that grows, or sorts it into an index first. A scan of a partial index reads what is asked about.
fn reads_through(step: &str) -> bool {
    let scan = |step: &str| step.starts_with("SCAN") && !PARTIAL.iter().any(|index| step.contains(&format!("INDEX {index}")));
    // SQLite calls a walk along a whole table in the order of its key a search too, without an index.
    growing(step).is_some_and(|step| scan(step) || step.contains("AUTOMATIC") || !step.contains("USING"))
}

/// Views that analysts narrow to a patient or a code.
const VIEWS: [(&str, &str); 16] = [
    ("coverage of a patient", "SELECT * FROM coverage WHERE patient_id = ?"),
    ("what changed about a patient", "SELECT * FROM document_changes WHERE patient_id = ?"),
    ("problems of a patient", "SELECT * FROM current_problems WHERE patient_id = ?"),
    ("medications of a patient", "SELECT * FROM active_medications WHERE patient_id = ?"),
    ("immunizations of a patient", "SELECT * FROM immunization_history WHERE patient_id = ?"),
    ("procedures of a patient", "SELECT * FROM procedure_history WHERE patient_id = ?"),
    ("encounters of a patient", "SELECT * FROM encounter_history WHERE patient_id = ?"),
    ("results of a patient", "SELECT * FROM latest_results WHERE patient_id = ?"),
    ("summary of a patient", "SELECT * FROM patient_summary WHERE patient_id = ?"),
    ("plan of a patient", "SELECT * FROM planned_care WHERE patient_id = ?"),
    ("for whom it is planned", "SELECT patient_id FROM planned_care WHERE code = ?"),
    ("social history of a patient", "SELECT * FROM latest_social_history WHERE patient_id = ?"),
    ("smoking status of a patient", "SELECT * FROM smoking_status WHERE patient_id = ?"),
    ("notes about a patient", "SELECT * FROM clinical_notes WHERE patient_id = ?"),
    ("whose problem it is", "SELECT patient_id FROM current_problems WHERE code = ?"),
    ("who smokes so", "SELECT patient_id FROM smoking_status WHERE value_code = ?"),
];
const PARTIAL: [&str; 6] = ["fetches_to_do", "fetches_due", "fetches_leased", "fetches_failing", "fetches_waiting", "documents_undecided"];
const ALIASES: [(&str, &str); 5] = [("f", "fetches"), ("n", "fetches"), ("d", "documents"), ("w", "documents"), ("o", "documents")];

#[tokio::test]
async fn no_question_reads_through_what_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = DatabaseFile::at(folder.path().join("export.sqlite"));
    let mut session = Session::open(file, "a test").await.unwrap();
    for (name, sql) in standing::STATEMENTS
        .into_iter()
        .chain(history::STATEMENTS)
        .chain(backfills::STATEMENTS)
        .chain(fetches::statements())
        .chain(bodies::STATEMENTS)
        .chain(documents::statements())
        .chain(VIEWS)
    {
        let plan = plan(&mut session, sql).await;
        assert!(!plan.is_empty(), "{name}");
        let bad: Vec<_> = plan.iter().filter(|step| reads_through(step)).collect();
        assert!(bad.is_empty(), "{name} reads through a table: {bad:?}\n{plan:#?}");
        let is_a_view = VIEWS.iter().any(|(view, _)| *view == name);
        assert!(!is_a_view || !plan.iter().any(|step| step.starts_with("SCAN p")), "{name} reads through the whole roster\n{plan:#?}");
    }
    for scan in
        ["SELECT count(*) FROM fetches f WHERE f.reason = 'denied'", "SELECT max(d.fetched_at) FROM documents d WHERE d.status = 'shrunk'"]
    {
        let plan = plan(&mut session, scan).await;
        assert!(plan.iter().any(|step| reads_through(step)), "the test cannot see a scan: {plan:?}");
    }
    session.close().await.unwrap();
}

/// The trigger that marks who is named like somebody else, of whom there may be as many as patients.
#[tokio::test]
async fn whom_others_are_named_like_is_marked_without_a_look_at_those_who_are_marked() {
    let folder = tempfile::tempdir().unwrap();
    let file = DatabaseFile::at(folder.path().join("export.sqlite"));
    let mut session = Session::open(file, "a test").await.unwrap();
    let trigger: String = sqlx::query_scalar("SELECT sql FROM sqlite_schema WHERE name = 'identities_may_be_shared'")
        .fetch_one(&mut session.connection)
        .await
        .unwrap();
    let (_, marks) = trigger.split_once("BEGIN").unwrap();
    let plan = plan(&mut session, &marks.split(';').next().unwrap().replace("new.digest", "?")).await;
    assert!(plan.iter().any(|step| step.contains("(digest=? AND shared=?)")), "{plan:?}");
    session.close().await.unwrap();
}

/// Every view, asked as an analyst begins: one patient, and the first rows.
#[tokio::test]
async fn every_view_answers_for_one_patient_and_gives_its_first_rows_without_reading_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = DatabaseFile::at(folder.path().join("export.sqlite"));
    let mut session = Session::open(file, "a test").await.unwrap();
    let views: Vec<(String, bool)> = sqlx::query_as(
        "SELECT name, EXISTS (SELECT 1 FROM pragma_table_info(s.name) c WHERE c.name = 'patient_id') FROM sqlite_schema s WHERE type = 'view'",
    )
    .fetch_all(&mut session.connection)
    .await
    .unwrap();
    assert!(views.len() > 30);
    let mut bad = Vec::new();
    for (view, has_patient) in views {
        // A sort of its own, or an index made for the question, wants all rows before it gives one.
        let first = plan(&mut session, &format!("SELECT * FROM {view} LIMIT 100")).await;
        let all_first = |step: &&String| step.contains("AUTOMATIC") || step.starts_with("MATERIALIZE");
        bad.extend(first.iter().filter(all_first).map(|step| format!("{view}, its first rows: {step}")));
        if has_patient {
            let one = plan(&mut session, &format!("SELECT * FROM {view} WHERE patient_id = ?")).await;
            let all = |step: &&String| reads_through(step) || ["SCAN p", "SCAN n", "SCAN i"].iter().any(|scan| step.starts_with(scan));
            bad.extend(one.iter().filter(all).map(|step| format!("{view}, a patient: {step}")));
        }
    }
    assert_eq!(bad, Vec::<String>::new());
    session.close().await.unwrap();
}

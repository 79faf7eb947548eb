//! What was done and when patients were seen: the views over procedures and encounters.

use crate::{
    crash::other_program,
    harness::{Sandbox, call},
};

fn small() -> Sandbox {
    Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "12", "--seed", "3"])
}

#[tokio::test]
async fn procedures_and_encounters_are_listed_once_however_often_charts_are_fetched() {
    let sandbox = small();
    for _ in 0..2 {
        assert_eq!(sandbox.run(&["--again"]).code(), 0);
    }
    for (view, table) in [("procedure_history", "procedures"), ("encounter_history", "encounters")] {
        let listed = sandbox.count(&format!("SELECT count(*) FROM {view}")).await;
        assert_eq!(listed, sandbox.count(&format!("SELECT count(*) FROM {table} WHERE context = 'section'")).await, "{view}");
        assert_eq!(2 * listed, sandbox.count(&format!("SELECT count(*) FROM {view}_all")).await, "{view}");
        assert!(listed > 10, "{listed} in {view}");
        let unnamed = format!("SELECT count(*) FROM {view} WHERE code IS NULL OR display IS NULL OR snomed <> code");
        assert_eq!(sandbox.count(&unnamed).await, 0, "{view}");
        let row = sandbox.ask(&format!("SELECT id, code FROM {table} LIMIT 1")).await.remove(0);
        let job = sandbox.job();
        let shown = call(["cat".as_ref(), "--at".as_ref(), format!("{table}:{}", row[0]).as_ref(), "--job".as_ref(), job.as_os_str()]);
        assert!(shown.stdout.starts_with(&format!("<{}", &table[..table.len() - 1])) && shown.stdout.contains(&row[1]), "{shown:#?}");
    }
}

#[tokio::test]
async fn an_encounter_leads_to_the_problems_that_it_was_about() {
    let sandbox = small();
    assert_eq!(sandbox.run(&[]).code(), 0);
    let about = "FROM encounter_history e JOIN problems p ON p.document_id = e.content_document_id AND p.parent_seq = e.seq";
    let differing = format!("SELECT e.diagnoses, p.display {about} WHERE p.context <> 'encounter_diagnosis' OR e.diagnoses <> p.display");
    assert_eq!(sandbox.ask(&differing).await, Vec::<Vec<String>>::new());
    let joined = sandbox.count(&format!("SELECT count(*) {about}")).await;
    assert_eq!(joined, sandbox.count("SELECT count(*) FROM encounter_history WHERE diagnoses IS NOT NULL").await);
    assert!(joined > 5, "{joined} diagnoses");
    let ambulatory =
        "SELECT count(*) FROM encounter_history WHERE encounter_class = 'AMB' AND performer_npi IS NOT NULL AND start < \"end\"";
    assert_eq!(sandbox.count(ambulatory).await, sandbox.count("SELECT count(*) FROM encounter_history").await);
}

#[tokio::test]
async fn what_was_not_done_called_off_or_only_planned_is_no_history() {
    let sandbox = small();
    assert_eq!(sandbox.run(&[]).code(), 0);
    let mut connection = other_program(&sandbox.path("export.sqlite")).await;
    for (view, table) in [("procedure_history", "procedures"), ("encounter_history", "encounters")] {
        let mut left = sandbox.count(&format!("SELECT count(*) FROM {view}")).await;
        for change in
            ["assertion = 'absent'", "status = 'cancelled'", "status = 'nullified'", "mood = 'INT'", "context = 'plan_of_treatment'"]
        {
            let row = sandbox.ask(&format!("SELECT content_document_id, seq FROM {view} LIMIT 1")).await.remove(0);
            let sql = format!("UPDATE {table} SET {change} WHERE document_id = {} AND seq = {}", row[0], row[1]);
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            left -= 1;
            assert_eq!(sandbox.count(&format!("SELECT count(*) FROM {view}")).await, left, "{view}: {change}");
        }
    }
}

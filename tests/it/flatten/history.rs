//! What was done: the view over procedures.

use crate::{
    crash::other_program,
    harness::{Sandbox, call},
};

fn small() -> Sandbox {
    Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "12", "--seed", "3"])
}

#[tokio::test]
async fn procedures_are_listed_once_however_often_charts_are_fetched() {
    let sandbox = small();
    for _ in 0..2 {
        assert_eq!(sandbox.run(&["--again"]).code(), 0);
    }
    for (view, table) in [("procedure_history", "procedures")] {
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
async fn what_was_not_done_called_off_or_only_planned_is_no_history() {
    let sandbox = small();
    assert_eq!(sandbox.run(&[]).code(), 0);
    let mut connection = other_program(&sandbox.path("export.sqlite")).await;
    for (view, table) in [("procedure_history", "procedures")] {
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

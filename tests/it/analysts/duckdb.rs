//! DuckDB, by the sqlite extension that comes as a package, so that nothing is fetched while it runs.

use super::{Tonight, assert_sees_what_is_committed, exported, python_with, readme_python, run_python, sql};
use crate::{harness::ask_file, schema::sample};

const EXTENSION: &str = "duckdb_extension_sqlite_scanner";

/// README's block, and what follows it.
fn script(rest: &str) -> String {
    format!("{}\n{rest}", readme_python(EXTENSION))
}

#[test]
fn the_answers_of_readme_are_those_of_sqlite() {
    let Some(python) = python_with(EXTENSION) else { return };
    let sandbox = exported(&["--patients", "60", "--seed", "1"]);
    let rest = r#"
import json
refused = []
for statement in ["DELETE FROM export.documents", "SELECT * FROM sqlite_query('export', 'DELETE FROM documents RETURNING id')"]:
    try:
        db.execute(statement).fetchall()
    except duckdb.Error as error:
        refused.append(str(error))
answers = {
    "measured": measured,
    "risks": risks,
    "found": db.sql("SELECT count(*) AS sections FROM export.sections WHERE text ILIKE '%metformin%'"),
    "fetched": db.sql("SELECT strftime(max(epoch_ms(fetched_at)), '%Y-%m-%d %H:%M:%S') AS fetched FROM export.documents"),
    "listed": db.sql("SELECT * FROM sqlite_query('export', 'SELECT name, type FROM sqlite_schema') WHERE name = 'patient_summary'"),
}
rows = {name: [dict(zip(answer.columns, row)) for row in answer.fetchall()] for name, answer in answers.items()}
print(json.dumps({**rows, "refused": refused}))
"#;
    let mut answers = run_python(python, sandbox.dir.path(), &script(rest));
    // SQLite has no median.
    answers["measured"].as_array_mut().unwrap().iter_mut().for_each(|row| _ = row.as_object_mut().unwrap().remove("median"));
    for (name, question) in [
        ("measured", "SELECT code, unit, count(*) AS results FROM results GROUP BY code, unit ORDER BY code, unit"),
        (
            "risks",
            "SELECT tenant, count(*) AS patients, sum(bmi >= 30) AS obese, max(systolic) AS highest FROM patient_summary GROUP BY tenant ORDER BY tenant",
        ),
        ("found", "SELECT count(*) AS sections FROM sections_text WHERE sections_text MATCH 'metformin'"),
        ("fetched", "SELECT datetime(max(fetched_at) / 1000, 'unixepoch') AS fetched FROM documents"),
        ("listed", "SELECT name, type FROM sqlite_schema WHERE name = 'patient_summary'"),
    ] {
        assert_eq!(answers[name], sql(&sandbox, question), "{name}");
    }
    assert!(answers["risks"].as_array().unwrap().len() == 3 && answers["measured"].as_array().unwrap().len() > 3, "{answers}");
    let refused = answers["refused"].as_array().unwrap();
    assert!(refused.len() == 2 && refused.iter().all(|error| error.as_str().unwrap().contains("read")), "{refused:?}");
}

/// The database of the schema's examples, in which most columns have a value and something was discarded.
#[tokio::test]
async fn every_table_and_view_is_read_as_sqlite_reads_it() {
    let Some(python) = python_with(EXTENSION) else { return };
    let sample = sample::database().await;
    let database = sample.database();
    let rows = run_python(python, database.parent().unwrap(), &script(include_str!("every_table.py")));
    let names =
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB 'sections_text*' AND name NOT GLOB '_sqlx*'";
    let names = ask_file(&database, names).await;
    assert_eq!(rows.as_object().unwrap().len(), names.len());
    let empty: Vec<_> = rows.as_object().unwrap().iter().filter(|(_, rows)| **rows == 0).map(|(name, _)| name).collect();
    assert!(empty.len() * 5 < names.len(), "too little is compared: nothing is in {empty:?}");
}

#[tokio::test]
async fn a_connection_sees_what_a_run_commits_and_one_state_within_a_transaction() {
    let Some(tables) = python_with(EXTENSION) else { return };
    let Some(views) = python_with(EXTENSION) else { return };
    let tonight = Tonight::start().await;
    let growth = include_str!("growth.py");
    let of_table = r#"look(lambda sql: db.execute(sql.replace("documents", "export.documents")).fetchone()[0], db.execute)"#;
    let of_view = r#"look(lambda sql: int(db.execute(f"SELECT * FROM sqlite_query('export', '{sql}')").fetchone()[0]), db.execute)"#;
    for (python, look) in [(tables, of_table), (views, of_view)] {
        assert_sees_what_is_committed(&run_python(python, tonight.sandbox.dir.path(), &script(&format!("{growth}\n{look}"))));
    }
    tonight.end();
}

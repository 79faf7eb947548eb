//! pandas, over Python's own `sqlite3`.

use serde_json::{Value, json};

use super::{Tonight, assert_sees_what_is_committed, exported, python_with, readme_python, run_python, sql};

/// The statement that a variable of README's block is read by.
fn statement(variable: &str) -> &'static str {
    let start = format!("{variable} = pd.read_sql(\"");
    readme_python("pandas").split(&start).nth(1).and_then(|rest| rest.split('"').next()).unwrap()
}

#[test]
fn frames_have_the_rows_of_the_file_and_types_to_reckon_with() {
    let Some(python) = python_with("pandas") else { return };
    let sandbox = exported(&["--patients", "24"]);
    let script = readme_python("pandas").to_owned()
        + r#"
import json
types = {frame: {name: str(dtype) for name, dtype in columns.dtypes.items()} for frame, columns in dict(problems=problems, documents=documents).items()}
gaps = pd.read_sql("SELECT nullif(id, 1) AS id, hex(bytes) AS bytes FROM bodies LIMIT 2", export, dtype_backend="numpy_nullable")
try:
    export.execute("DELETE FROM documents")
except sqlite3.OperationalError as refused:
    print(json.dumps(dict(
        problems=json.loads(problems.drop(columns="start").to_json(orient="records")), since=int(problems.start.notna().sum()),
        documents=json.loads(documents.drop(columns="fetched_at").to_json(orient="records")),
        fetched=[int(instant.timestamp() * 1000) for instant in documents.fetched_at], types=types, gaps=str(gaps["id"].dtype), refused=str(refused))))
"#;
    let frames = run_python(python, sandbox.dir.path(), &script);
    let text = "string";
    assert_eq!(
        frames["types"]["problems"],
        json!({"tenant": text, "patient_id": "Int64", "icd10": text, "display": text, "start": frames["types"]["problems"]["start"], "end": text})
    );
    for (frame, column) in [("problems", "start"), ("documents", "fetched_at")] {
        let instants = frames["types"][frame][column].as_str().unwrap();
        assert!(instants.starts_with("datetime64[") && instants.ends_with(", UTC]"), "{instants}");
    }
    assert_eq!((frames["types"]["documents"]["id"].as_str(), frames["gaps"].as_str()), (Some("Int64"), Some("Int64")));
    assert!(frames["refused"].as_str().unwrap().contains("readonly database"));

    let mut problems = sql(&sandbox, statement("problems"));
    let since = problems.as_array().unwrap().iter().filter(|row| !row["start"].is_null()).count();
    problems.as_array_mut().unwrap().iter_mut().for_each(|row| _ = row.as_object_mut().unwrap().remove("start"));
    assert!(since > 10 && frames["since"] == since && frames["problems"] == problems, "{frames}\n{problems}");
    let documents = sql(&sandbox, statement("documents"));
    let documents = documents.as_array().unwrap();
    assert_eq!(frames["fetched"], documents.iter().map(|row| row["fetched_at"].clone()).collect::<Value>());
    for (made, row) in frames["documents"].as_array().unwrap().iter().zip(documents) {
        assert_eq!([&made["id"], &made["patient_id"], &made["body_id"]], [&row["id"], &row["patient_id"], &row["body_id"]]);
    }
}

/// A chart of somebody who was born then, as far as it says.
fn chart(birth_time: &str) -> String {
    format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\" extension=\"{birth_time}\"/><recordTarget><patientRole>\
         <id root=\"1.2.4\" extension=\"{birth_time}\"/><patient><name><given>A</given><family>B{birth_time}</family></name>\
         <birthTime value=\"{birth_time}\"/></patient></patientRole></recordTarget></ClinicalDocument>"
    )
}

#[test]
fn times_of_every_precision_are_read() {
    let Some(python) = python_with("pandas") else { return };
    let times = [
        ("1950", "1950-01-01T00:00:00+00:00"),
        ("195005", "1950-05-01T00:00:00+00:00"),
        ("19500509", "1950-05-09T00:00:00+00:00"),
        ("19500509-0500", "1950-05-09T00:00:00+00:00"),
        ("1950050910", "1950-05-09T10:00:00+00:00"),
        ("195005091030", "1950-05-09T10:30:00+00:00"),
        ("195005091030-0500", "1950-05-09T15:30:00+00:00"),
        ("19500509103059+0530", "1950-05-09T05:00:59+00:00"),
        ("19500509103059.25+0000", "1950-05-09T10:30:59.250000+00:00"),
        ("15820101", "1582-01-01T00:00:00+00:00"),
        ("00010101", "NaT"),
    ];
    let files = tempfile::tempdir().unwrap();
    times.iter().for_each(|(time, _)| std::fs::write(files.path().join(format!("{time}.xml")), chart(time)).unwrap());
    let sandbox = exported(&["--documents", files.path().to_str().unwrap()]);
    let script = r#"
import json, sqlite3
import pandas as pd
export = sqlite3.connect("file:export.sqlite?mode=ro", uri=True)
births = pd.read_sql("SELECT birth_time_raw, birth_time FROM document_patients", export, dtype_backend="numpy_nullable")
births["birth_time"] = pd.to_datetime(births["birth_time"], format="ISO8601", utc=True)
print(json.dumps({raw: "NaT" if pd.isna(time) else time.isoformat() for raw, time in births.itertuples(index=False)}))
"#;
    assert!(readme_python("pandas").contains(r#"pd.to_datetime(problems["start"], format="ISO8601", utc=True)"#));
    let read = run_python(python, sandbox.dir.path(), script);
    assert_eq!(read, times.iter().copied().collect::<Value>());
}

#[tokio::test]
async fn a_connection_sees_what_a_run_commits_and_one_state_within_a_transaction() {
    let Some(python) = python_with("pandas") else { return };
    let tonight = Tonight::start().await;
    let look = "look(lambda sql: int(pd.read_sql(sql, export).iloc[0, 0]), export.execute)";
    let script = [readme_python("pandas"), include_str!("growth.py"), look].join("\n");
    assert_sees_what_is_committed(&run_python(python, tonight.sandbox.dir.path(), &script));
    tonight.end();
}

//! Datasette: its server, and its answers at the prompt.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use super::{Tonight, exported, readme_lines, run_line, sql, tool};
use crate::harness::until;

/// Datasette as README starts it, but on a free port.
struct Server {
    process: Child,
    url: String,
    client: reqwest::Client,
}

impl Server {
    fn start(folder: &Path, more: &[&str]) -> Option<Self> {
        let mut datasette = tool("datasette")?;
        let line = readme_lines("datasette export.sqlite").into_iter().find(|line| !line.contains("--get")).unwrap();
        datasette.args(line.split(' ').skip(1)).args(["--port", "0"]).args(more).current_dir(folder);
        let mut process = datasette.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("http://127.0.0.1:")).expect("it says where it serves");
        let url = line[line.find("http").unwrap()..].split(' ').next().unwrap().to_owned();
        // What else it says is read, lest it wait for that.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { process, url, client: reqwest::Client::builder().no_proxy().build().unwrap() })
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    async fn documents(&self) -> u64 {
        self.json("/export.json?_shape=array&sql=SELECT+count(*)+AS+documents+FROM+documents").await[0]["documents"].as_u64().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_lines_of_readme_answer_as_sqlite_does() {
    if tool("datasette").is_none() {
        return;
    }
    let sandbox = exported(&["--patients", "60", "--seed", "1"]);
    let answer = |mark: &str| -> Value {
        let lines = readme_lines("datasette export.sqlite --get");
        let line = lines.iter().find(|line| line.contains(mark)).unwrap_or_else(|| panic!("README asks for no {mark}: {lines:?}"));
        let ended = run_line(line, sandbox.dir.path());
        assert_eq!(ended.code(), 0, "{ended:#?}");
        ended.json()
    };
    let patients = answer("/patient_summary.json");
    assert!(patients.as_array().unwrap().len() > 10);
    assert_eq!(patients, sql(&sandbox, "SELECT * FROM patient_summary WHERE tenant = 'TENANT_AA'"));
    let found = |table: &str, id: &str| {
        let question = format!(
            "SELECT {id} AS id FROM {table} WHERE {id} IN (SELECT rowid FROM sections_text WHERE sections_text MATCH 'metformin') ORDER BY {id}"
        );
        sql(&sandbox, &question).as_array().unwrap().iter().map(|row| row["id"].clone()).collect::<Vec<_>>()
    };
    for (mark, table, id) in [("/sections.json", "sections", "id"), ("/latest_sections.json", "latest_sections", "section_id")] {
        let (rows, found) = (answer(mark), found(table, id));
        let all = sql(&sandbox, &format!("SELECT count(*) AS rows FROM {table}"))[0]["rows"].as_u64().unwrap() as usize;
        assert!(!found.is_empty() && found.len() < all.min(100), "nothing is shown by {} of {all}", found.len());
        let mut ids: Vec<_> = rows.as_array().unwrap().iter().map(|row| row[id].clone()).collect();
        ids.sort_by_key(Value::as_u64);
        assert_eq!(ids, found, "{table}");
    }
}

#[tokio::test]
async fn every_table_and_view_has_its_page_and_a_search_box_where_words_are() {
    let sandbox = exported(&["--patients", "24"]);
    let limits = ["--setting", "max_returned_rows", "100000", "--setting", "sql_time_limit_ms", "60000"];
    let Some(server) = Server::start(sandbox.dir.path(), &limits) else { return };
    let section = crate::readme::section("### In other tools");
    assert!(section.contains(&limits.join(" ")), "README has other settings");
    let names = sql(&sandbox, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB 'sections_text_*'");
    for row in names.as_array().unwrap() {
        let name = row["name"].as_str().unwrap();
        let page = server.get(&format!("/export/{name}")).await;
        assert_eq!(page.status(), 200, "{name}");
        let has_box = page.text().await.unwrap().contains("name=\"_search\"");
        assert_eq!(has_box, ["sections", "sections_text"].contains(&name), "{name}");
    }
    let codes = "SELECT document_id, seq, code FROM codes ORDER BY document_id, seq, role, rank";
    let rows = server.json(&format!("/export.json?_shape=array&sql={}", codes.replace(' ', "+"))).await;
    assert!(rows.as_array().unwrap().len() > 1000);
    assert_eq!(rows, sql(&sandbox, codes));
}

#[tokio::test]
async fn the_server_sees_what_a_run_commits() {
    if tool("datasette").is_none() {
        return;
    }
    let tonight = Tonight::start().await;
    let Some(server) = Server::start(tonight.sandbox.dir.path(), &[]) else { return };
    let first = server.documents().await;
    until(async || server.documents().await > first).await;
    let newest = server.json("/export/latest_documents.json?_shape=array&_sort_desc=fetched_at&_size=1").await;
    assert_eq!(newest[0]["tenant"], json!("TENANT_AA"));
    drop(server);
    tonight.end();
}

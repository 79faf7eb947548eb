//! A sandbox as its clients see it: the roster that it wrote, and the two endpoints. Knows nothing of what the server keeps inside.

use std::{collections::HashMap, fs};

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::super::{Sandbox, SandboxOptions};

/// A sandbox with the roster that it wrote, as a client sees it.
pub struct Visit {
    pub sandbox: Sandbox,
    client: Client,
    pub folder: tempfile::TempDir,
}

/// A patient's line of the roster.
pub struct Line {
    pub tenant: String,
    pub account: String,
    pub token: String,
    pub own: String,
}

impl Visit {
    pub async fn new(options: SandboxOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(options).await.unwrap();
        sandbox.write_roster(folder.path()).unwrap();
        Self { sandbox, client: Client::builder().no_proxy().build().unwrap(), folder }
    }

    pub fn read(&self, name: &str) -> toml::Table {
        fs::read_to_string(self.folder.path().join(name)).unwrap().parse().unwrap()
    }

    pub fn patients(&self) -> Vec<Line> {
        let mut reader = csv::Reader::from_path(self.folder.path().join("patients.csv")).unwrap();
        let line = |record: csv::StringRecord| {
            let field = |at: usize| record[at].to_owned();
            Line { tenant: field(0), account: field(1), token: field(2), own: field(3) }
        };
        reader.records().map(|record| line(record.unwrap())).collect()
    }

    /// The form that logs this account in.
    pub fn form(&self, account: &str) -> HashMap<&'static str, String> {
        let roster = self.read("roster.toml");
        let text = |table: &toml::Value, key: &str| table[key].as_str().unwrap().to_owned();
        for tenant in roster["tenants"].as_array().unwrap() {
            let found = tenant["accounts"].as_array().unwrap().iter().find(|one| text(one, "account") == account);
            if let Some(one) = found {
                return HashMap::from([
                    ("client_id", text(tenant, "client_id")),
                    ("client_secret", text(tenant, "client_secret")),
                    ("username", text(one, "username")),
                    ("password", text(one, "password")),
                ]);
            }
        }
        panic!("no account {account}");
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.sandbox.address()))
    }

    pub async fn log_in_with(&self, form: &HashMap<&'static str, String>) -> (StatusCode, Value) {
        let response = self.ask(Method::POST, "/ccda/ccda/generate-token").form(form).send().await.unwrap();
        (response.status(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    pub async fn log_in(&self, account: &str) -> String {
        let (status, answer) = self.log_in_with(&self.form(account)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer["token"]["access_token"].as_str().unwrap().to_owned()
    }

    /// Status and body of a document request with these parameters.
    pub async fn document(&self, bearer: &str, parameters: &[(&str, &str)]) -> (StatusCode, String) {
        let request = self.ask(Method::GET, "/ccda/ccda/patient_data").bearer_auth(bearer).query(parameters);
        let response = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    pub async fn journal(&self) -> Value {
        let response = self.ask(Method::GET, "/sandbox/requests").send().await.unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }
}

//! The figures, for people and for machines.

use std::fmt::Write;

use serde_json::json;

use crate::{arguments::Arguments, process::Ended};

#[derive(Default)]
pub struct Figures(Vec<(String, Ended)>);

impl Figures {
    pub fn add(&mut self, name: &str, ended: Ended) {
        self.0.push((name.to_owned(), ended));
    }

    pub fn table(&self) -> String {
        let widest = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        self.0.iter().fold(format!("{:widest$}        ms    peak MB  exit code\n", ""), |mut table, (name, ended)| {
            let code = ended.exit_code.map_or("stopped".to_owned(), |code| code.to_string());
            let (time, peak) = (ended.time.as_secs_f64() * 1e3, ended.peak as f64 / 1024.0);
            // Writing to a String cannot fail.
            let _ = writeln!(table, "{name:widest$}{time:10.0} {peak:10.1}  {code:>9}");
            table
        })
    }

    pub fn json(&self, of: &Arguments) -> String {
        let figures: Vec<_> = self
            .0
            .iter()
            .map(|(name, ended)| json!({"name": name, "ms": ended.time.as_secs_f64() * 1e3, "peak_kb": ended.peak, "exit_code": ended.exit_code}))
            .collect();
        json!({"patients": of.patients, "accounts": of.accounts, "nights": of.nights, "figures": figures}).to_string()
    }
}

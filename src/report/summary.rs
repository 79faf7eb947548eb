//! The summary of a run: as JSON for machines, versioned and only ever extended, and as a table with its warnings for people.

use std::{fmt::Write, str::FromStr};

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::{
    clock::Millis,
    domain::{FetchState, Reason},
};

use super::{Counts, ExitCode, Finding, Receipt, advice, instant};

/// The JSON schema of [`Summary::json`].
pub const JSON_SCHEMA: &str = include_str!("summary.schema.json");

/// What is told of a run at its end.
#[derive(Debug, Clone)]
pub struct Summary {
    pub job: String,
    pub run: i64,
    pub database: String,
    pub occurrence_at: Millis,
    pub started_at: Millis,
    pub ended_at: Millis,
    pub exit_code: ExitCode,
    pub receipt: Receipt,
}

#[derive(Serialize)]
struct Json<'a> {
    schema_version: u32,
    job: &'a str,
    run: i64,
    database: &'a str,
    occurrence_at: String,
    started_at: String,
    ended_at: String,
    exit_code: u8,
    #[serde(flatten)]
    receipt: &'a Receipt,
}

impl Summary {
    /// One JSON object, on one line.
    pub fn json(&self) -> String {
        let json = Json {
            schema_version: 1,
            job: &self.job,
            run: self.run,
            database: &self.database,
            occurrence_at: instant::millis(self.occurrence_at),
            started_at: instant::millis(self.started_at),
            ended_at: instant::millis(self.ended_at),
            exit_code: self.exit_code as u8,
            receipt: &self.receipt,
        };
        serde_json::to_string(&json).expect("numbers and strings always serialize")
    }
}

/// The summary for people: what needs attention by cause, then the table, then what it means.
pub fn text(summary: &Summary) -> String {
    let mut text = String::new();
    for finding in &summary.receipt.findings {
        if let Some(line) = warning(finding) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "warning: {line}");
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "{}", table(&summary.receipt));
    if summary.receipt.total.unchanged > 0 {
        let _ = writeln!(text, "{} of the done are unchanged: their chart says what the one before did", summary.receipt.total.unchanged);
    }
    if summary.receipt.total.held > 0 {
        let _ = writeln!(
            text,
            "{} of the done are held: their chart holds much less than the one before, which stays the latest until the next occurrence \
             confirms it or `documents accept` does",
            summary.receipt.total.held
        );
    }
    if summary.receipt.forgotten > 0 {
        let _ = writeln!(text, "{} patients of the roster were forgotten by `forget` and are not asked for", summary.receipt.forgotten);
    }
    let effort = &summary.receipt.effort;
    let seconds = (summary.ended_at - summary.started_at) as f64 / 1000.0;
    let _ = writeln!(
        text,
        "run {} of {}{}: {} documents ({:.1} MB) by {} requests and {} logins in {seconds:.1} s, in {}",
        summary.run,
        summary.job,
        summary.receipt.backfill.map_or_else(String::new, |id| format!(", backfill {id}")),
        effort.documents,
        effort.bytes as f64 / 1e6,
        effort.document_requests,
        effort.token_requests,
        summary.database
    );
    let _ = write!(text, "exit code {}: {}", summary.exit_code as u8, summary.exit_code.meaning());
    text
}

/// One line for a group of fetches that needs attention.
fn warning(finding: &Finding) -> Option<String> {
    let state = FetchState::from_str(&finding.state).ok()?;
    if state == FetchState::Absent && finding.reason.as_deref() == Some("vanished") {
        return Some(format!(
            "{}: {} absent, vanished: the server no longer knows them although they have documents: check the roster with the vendor",
            whose(finding),
            finding.fetches
        ));
    }
    let cause = match state {
        FetchState::Pending => finding.blocked_by.as_ref(),
        FetchState::Waiting => finding.blocked_by.as_ref().or(finding.reason.as_ref()),
        FetchState::Dead | FetchState::Quarantined => finding.reason.as_ref(),
        FetchState::Leased | FetchState::Done | FetchState::Absent | FetchState::Superseded => None,
    };
    let word = if state == FetchState::Pending { "not tried" } else { state.as_str() };
    let (whose, fetches) = (whose(finding), finding.fetches);
    Some(match cause.and_then(|cause| Reason::from_str(cause).ok()) {
        Some(reason) => format!("{whose}: {fetches} {word}, {reason}: {}", advice(reason)),
        None if state.is_unfinished() => {
            format!("{whose}: {fetches} {word}: the run, or the tenant's permitted hours, ended before; the next one goes on")
        }
        None => return None,
    })
}

/// The tenant, with the account where it is one alone.
fn whose(finding: &Finding) -> String {
    let Finding { tenant, accounts, account, .. } = finding;
    match (accounts, account) {
        (1, Some(account)) => format!("{tenant} {account}"),
        (2.., Some(account)) => format!("{tenant}, {accounts} accounts such as {account}"),
        _ => tenant.clone(),
    }
}

fn table(receipt: &Receipt) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["tenant", "roster", "due", "resting", "done", "absent", "waiting", "dead", "quarantined", "not tried"]);
    for line in &receipt.tenants {
        table.add_row(row(&line.tenant, &line.counts));
    }
    if receipt.tenants.len() != 1 {
        table.add_row(row("all", &receipt.total));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(name: &str, counts: &Counts) -> Vec<String> {
    let Counts { roster, due, resting, done, absent, waiting, dead, quarantined, not_tried, .. } = counts;
    let numbers = [roster, due, resting, done, absent, waiting, dead, quarantined, not_tried];
    std::iter::once(name.to_owned()).chain(numbers.into_iter().map(ToString::to_string)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{report::Effort, store::receipts::Count};

    fn summary() -> Summary {
        let count = |tenant: &str, state: &str, reason: Option<&str>, blocked_by: Option<&str>, fetches| Count {
            tenant: tenant.into(),
            state: state.into(),
            reason: reason.map(Into::into),
            blocked_by: blocked_by.map(Into::into),
            fetches,
            accounts: if state == "dead" { 2 } else { 1 },
            account: Some("front-desk".into()),
            held: if state == "done" { 3 } else { 0 },
            unchanged: if state == "done" { 12 } else { 0 },
        };
        let counts = vec![
            count("TENANT_AA", "done", None, None, 117),
            count("TENANT_AA", "dead", Some("not_cda"), None, 2),
            count("TENANT_AA", "waiting", Some("timeout"), None, 1),
            count("TENANT_BB", "pending", None, Some("rejected_login"), 40),
        ];
        let patients = [("TENANT_AA".to_owned(), 121), ("TENANT_BB".to_owned(), 40)];
        let effort = Effort { documents: 117, document_requests: 125, token_requests: 3, bytes: 3_861_000 };
        let receipt = Receipt::new(counts, &patients, &[("TENANT_AA".to_owned(), 1)], effort);
        Summary {
            job: "nightly".into(),
            run: 7,
            database: "export.sqlite".into(),
            occurrence_at: 1_764_036_900_000,
            started_at: 1_764_036_901_000,
            ended_at: 1_764_036_931_500,
            exit_code: ExitCode::of_run(&receipt, false),
            receipt,
        }
    }

    #[test]
    fn a_person_reads_causes_counts_and_what_to_do() {
        insta::assert_snapshot!(text(&summary()));
    }

    #[test]
    fn the_json_fits_its_schema() {
        let schema = serde_json::from_str(JSON_SCHEMA).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let json: serde_json::Value = serde_json::from_str(&summary().json()).unwrap();
        let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert!(!validator.is_valid(&serde_json::json!({"schema_version": 1})));
    }
}

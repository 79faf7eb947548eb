//! What is known of a night when it is over, and what is remembered of those before.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use ccda_export::{export::RunEnd, sandbox::Request};
use chrono::{DateTime, Utc};

use super::people::Patient;
use crate::harness::ask_file;

/// A night that is over.
pub struct Evening<'a> {
    /// How its runs ended; `None` for those that were killed.
    pub ends: Vec<Option<RunEnd>>,
    /// What the vendor was asked since the books were last balanced.
    pub requests: Vec<Request>,
    pub people: &'a [Patient],
    /// Nothing was wrong.
    pub calm: bool,
    /// Whether retention was on.
    pub prunes: bool,
    /// The time for which its runs must have been; `None` where the clock was wrong.
    pub occurrence: Option<DateTime<Utc>>,
}

/// The database, and what was true of it the night before.
pub struct Books {
    pub database: PathBuf,
    /// Up to where attempts and requests have been compared.
    pub last_attempt: i64,
    last_request: u64,
    /// Up to which request was told of.
    pub told: u64,
    /// Whether retention was on since then.
    pub pruned: bool,
    /// Fetches that were done, and with which document.
    pub done: BTreeMap<i64, i64>,
    /// Rejected logins in a row of each account, and when the last was.
    pub rejected: HashMap<String, (u32, u64)>,
}

impl Books {
    pub fn new(database: PathBuf) -> Self {
        Self { database, last_attempt: 0, last_request: 0, told: 0, pruned: false, done: BTreeMap::new(), rejected: HashMap::new() }
    }

    pub fn last_request(&self) -> u64 {
        self.last_request
    }

    /// Everything is compared once more.
    pub fn open_again(&mut self) {
        (self.last_attempt, self.last_request) = (0, 0);
        self.rejected.clear();
    }

    pub async fn ask(&self, sql: &str) -> Vec<Vec<String>> {
        ask_file(&self.database, sql).await
    }

    /// The rows that should not be, as one complaint.
    pub async fn none(&self, what: &str, sql: &str) -> Result<(), String> {
        let rows = self.ask(sql).await;
        if rows.is_empty() { Ok(()) } else { Err(format!("{what}: {:?}", &rows[..rows.len().min(5)])) }
    }

    pub async fn number(&self, sql: &str) -> i64 {
        self.ask(sql).await[0][0].parse().unwrap_or(0)
    }

    /// What has been compared need not be compared again.
    pub async fn balance(&mut self, evening: &Evening<'_>) {
        self.pruned = false;
        self.last_attempt = self.number("SELECT coalesce(max(id), 0) FROM attempts").await;
        self.last_request = evening.requests.last().map_or(self.last_request, |request| request.sequence);
        let recent = "SELECT id, document_id FROM fetches WHERE state = 'done' AND id > (SELECT max(id) FROM fetches) - 500";
        self.done = self.ask(recent).await.iter().map(|row| (row[0].parse().unwrap(), row[1].parse().unwrap())).collect();
    }
}

impl Evening<'_> {
    /// How the last run ended; `None` where it was killed.
    pub fn last(&self) -> Option<&RunEnd> {
        self.ends.last()?.as_ref()
    }

    /// The patients whom the roster names.
    pub fn listed(&self) -> impl Iterator<Item = &Patient> {
        self.people.iter().filter(|patient| patient.listed)
    }
}

//! How long requests take at the configured rates, and how much room their documents need: what is told before anything is asked for.

use std::{collections::BTreeMap, path::Path, time::Duration};

use bytesize::ByteSize;

use crate::{edvak::Rate, export::Roster, store::free_bytes};

use super::display::format_duration;

/// What a document takes on disk where nothing better is known: the vendor's own have 14 to 33 KB.
pub(super) const USUAL_DOCUMENT: u64 = 33_000;
/// Life of a token: an account that is asked for longer needs another one.
const TOKEN_LIFE: f64 = 900.0;

/// The time for so many documents of each tenant through all its accounts, in words.
pub(super) fn time(roster: &Roster, host: Rate, documents: &[u64]) -> String {
    let mut accounts = vec![0u64; roster.tenants.len()];
    for account in &roster.accounts {
        accounts[account.tenant as usize] += 1;
    }
    let seconds = longest(roster, host, documents, &accounts);
    // In so long a time tokens die, each account's at most once a document.
    let lives = (seconds / TOKEN_LIFE).ceil().max(1.0);
    let renewed = |(documents, accounts): (&u64, &u64)| ((*accounts as f64 * lives) as u64).min((*documents).max(*accounts));
    let tokens: Vec<_> = documents.iter().zip(&accounts).map(renewed).collect();
    let seconds = longest(roster, host, documents, &tokens);
    format!("at the configured rates that takes {} at best", format_duration(Duration::from_secs_f64(seconds.ceil())))
}

/// The room for so many documents of this size, in words.
pub(super) fn disk(database: &Path, documents: u64, document: u64) -> String {
    let free = free_bytes(database).map_or_else(|_| "an unknown amount".to_owned(), |free| ByteSize(free).to_string());
    let needed = ByteSize(documents.saturating_mul(document));
    format!("the documents need about {needed} of disk at {}, where {free} are free", database.display())
}

/// A number with its noun.
pub(super) fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The slowest of the limits that the requests must pass: each tenant's two, and each host's.
fn longest(roster: &Roster, host: Rate, documents: &[u64], tokens: &[u64]) -> f64 {
    let time = |requests: u64, rate: Rate| requests.saturating_sub(u64::from(rate.burst)) as f64 / rate.per_second;
    let mut hosts: BTreeMap<String, u64> = BTreeMap::new();
    let mut longest: f64 = 0.0;
    for ((tenant, documents), tokens) in roster.tenants.iter().zip(documents).zip(tokens) {
        let limits = tenant.endpoint.limits;
        longest = longest.max(time(*documents, limits.documents)).max(time(*tokens, limits.tokens));
        *hosts.entry(tenant.endpoint.base_url.host_str().unwrap_or_default().to_owned()).or_default() += documents + tokens;
    }
    hosts.values().map(|requests| time(*requests, host)).fold(longest, f64::max)
}

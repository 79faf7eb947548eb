//! The story of a patient or a fetch in plain words: what was tried, what came back, what happens next, what a person can do.
//!
//! Names nobody: the patient is a row id, and what the server sent is told by its reason alone.

mod exchange;
mod next;

use crate::{
    clock::Millis,
    store::history::{Attempt, Fetch, History, Patient},
};

use super::{instant::seconds, paragraph::wrap};

/// Of who asks `why`, what the database does not know.
#[derive(Debug, Clone, Default)]
pub struct Asker {
    pub now: Millis,
    /// Whether somebody holds the database.
    pub held: bool,
    /// When the job is due next, where its file was named and has a schedule.
    pub next_occurrence: Option<Millis>,
    /// The job's name and setting, where its file was named.
    pub job: Option<(String, u32)>,
}

/// The story, newest fetch first; fits 100 columns.
pub fn why(history: &History, asker: &Asker) -> String {
    let mut parts = vec![person(&history.patient)];
    for (fetch, attempts) in &history.fetches {
        parts.push(one_fetch(history, fetch, attempts, asker));
    }
    if history.fetches.is_empty() {
        parts.push("no fetch has been planned for this patient yet: the next run of a job that names it does".to_owned());
    }
    if history.more {
        parts.push("older fetches are in the table `fetches`".to_owned());
    }
    parts.extend(logins(history));
    parts.join("\n\n")
}

fn person(patient: &Patient) -> String {
    let mut text = format!(
        "patient {} of {}, asked for as {}, in the roster since {}",
        patient.id,
        patient.tenant,
        patient.account,
        seconds(patient.first_seen_at)
    );
    if let Some(at) = patient.removed_at {
        text += &format!(", no longer since {}", seconds(at));
    }
    let document = match patient.document_at {
        Some(at) => format!("newest whole document: of {}", seconds(at)),
        None => "newest whole document: none".to_owned(),
    };
    wrap(&text, 0) + "\n" + &document
}

fn one_fetch(history: &History, fetch: &Fetch, attempts: &[Attempt], asker: &Asker) -> String {
    let what = match (&fetch.window_start, &fetch.window_end) {
        (Some(start), Some(end)) => format!("{start} to {end}"),
        _ => "the whole chart".to_owned(),
    };
    let reason = fetch.reason.as_ref().map_or_else(String::new, |reason| format!(", {reason}"));
    let counted = if fetch.attempts == 1 { "1 attempt counts".to_owned() } else { format!("{} attempts count", fetch.attempts) };
    let plan = match fetch.backfill_id {
        Some(backfill) => format!("backfill {backfill}"),
        None => format!("the occurrence {}", seconds(fetch.occurrence_at)),
    };
    let head = format!(
        "fetch:{}, {what}, for {plan} of {}: {}{reason}, since {}; {counted}",
        fetch.id,
        fetch.job,
        fetch.state,
        seconds(fetch.changed_at)
    );
    let mut lines = vec![wrap(&head, 0)];
    lines.extend(attempts.iter().map(exchange::line));
    if attempts.is_empty() {
        lines.push("  nothing has been asked for".to_owned());
    }
    lines.extend(next::lines(&history.patient, fetch, asker));
    lines.join("\n")
}

/// Told where they are the reason why nothing is asked for.
fn logins(history: &History) -> Option<String> {
    let stopped = history.patient.account_state != "active" || history.patient.tenant_state != "active";
    let lines: Vec<_> = history.logins.iter().map(exchange::line).collect();
    (stopped && !lines.is_empty()).then(|| format!("newest logins of {}\n{}", history.patient.account, lines.join("\n")))
}

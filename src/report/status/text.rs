//! The status for people: first whether it is healthy, then who works, what is left, why, and how old the documents are.

use std::{fmt::Write, str::FromStr};

use comfy_table::{CellAlignment, Table, presets};

use crate::{
    clock::Millis,
    domain::{FetchState, Reason},
    store::runs::RunKind,
    store::standing::{Freshness, Group, Held, Pace, Run, Stopped, ToDo, Unfinished, Vanished},
};

use super::{
    super::{
        advice,
        instant::{seconds, to_seconds},
        paragraph::wrap,
    },
    Status,
};

/// Accounts and tenants that are named one by one; `--output json` names all.
const MOST_STOPPED: usize = 20;

pub(super) fn text(status: &Status) -> String {
    let standing = &status.standing;
    let sections = [
        Some(headline(status)),
        Some(section("last runs", &[runs(&standing.newest_runs)])),
        (!standing.to_do.is_empty()).then(|| section("to do", &[to_do(&standing.to_do, &standing.groups)])),
        (!standing.groups.is_empty()).then(|| {
            section(
                "not through; asked again at the next occurrence, or where a time of the next try is given",
                &standing.groups.iter().map(group).collect::<Vec<_>>(),
            )
        }),
        (!standing.stopped.is_empty()).then(|| section("left alone", &stopped(&standing.stopped))),
        (!standing.paces.is_empty()).then(|| section(paces_of(status), &[paces(&standing.paces)])),
        (!standing.backfills.is_empty()).then(|| section("backfills", &standing.backfills.iter().map(backfill).collect::<Vec<_>>())),
        (!standing.held.is_empty()).then(|| section("held", &standing.held.iter().map(held).collect::<Vec<_>>())),
        (!standing.vanished.is_empty()).then(|| section("vanished", &standing.vanished.iter().map(vanished).collect::<Vec<_>>())),
        (!standing.freshness.is_empty()).then(|| section("documents", &[freshness(&standing.freshness)])),
        next(status),
    ];
    sections.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn section(name: &str, lines: &[String]) -> String {
    format!("{name}\n{}", lines.join("\n"))
}

fn headline(status: &Status) -> String {
    let problems = status.problems();
    let verdict = if problems.is_empty() { "is healthy" } else { "needs attention" };
    let mut text = wrap(&format!("{} {verdict}, as of {}", status.database, seconds(status.at)), 0);
    for problem in problems {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{}", wrap(&problem.text, 2).replacen("  ", "- ", 1));
    }
    let held = status.holder.as_deref().map_or_else(|| "nobody holds the database".to_owned(), |holder| format!("held by {holder}"));
    text + "\n" + &wrap(&held, 0)
}

fn runs(runs: &[Run]) -> String {
    if runs.is_empty() {
        return "  none".to_owned();
    }
    let mut table = table(&["run", "job", "started", "took", "exit code", "due", "done", "absent", "remaining", "failed"], 4);
    for run in runs {
        let took = run.ended_at.map_or_else(|| "goes on".to_owned(), |ended| duration(ended - run.started_at));
        let code =
            run.exit_code.map_or_else(|| if run.ended_at.is_some() { "died".to_owned() } else { String::new() }, |code| code.to_string());
        let counts =
            [run.due, run.done, run.absent, run.remaining, run.failed].map(|count| count.map_or_else(String::new, |n| n.to_string()));
        let job = if run.kind == RunKind::Nightly.as_str() { run.job.clone() } else { format!("{}, {}", run.job, run.kind) };
        table.add_row([run.id.to_string(), job, seconds(run.started_at), took, code].into_iter().chain(counts));
    }
    trimmed(&table)
}

/// What is due and cannot be asked for, because who asks is left alone, is counted apart.
fn to_do(tenants: &[ToDo], groups: &[Group]) -> String {
    let mut table = table(&["tenant", "next due", "due now", "blocked", "waiting", "in flight"], 2);
    for ToDo { tenant, due, waiting, in_flight, next_due_at } in tenants {
        let next = next_due_at.map_or_else(String::new, seconds);
        let is_blocked = |group: &&Group| group.tenant == *tenant && group.state == FetchState::Pending.as_str();
        let blocked: i64 = groups.iter().filter(is_blocked).map(|group| group.fetches).sum();
        let now = (due - blocked).max(0);
        table.add_row([tenant.clone(), next, now.to_string(), blocked.to_string(), waiting.to_string(), in_flight.to_string()]);
    }
    trimmed(&table)
}

fn group(group: &Group) -> String {
    let Group { tenant, state, reason, fetches, since, next_try_at, example } = group;
    let word = if state == FetchState::Pending.as_str() { "not tried" } else { state };
    let reason = reason.as_deref();
    let why = reason.map_or_else(String::new, |reason| format!(", {reason}"));
    let next = next_try_at.as_ref().map_or_else(String::new, |at| format!(", next try {}", to_seconds(at)));
    let text = format!("{tenant}: {fetches} {word}{why}, such as fetch:{example}{next}, since {}", to_seconds(since));
    with_advice(&text, reason)
}

fn backfill(backfill: &Unfinished) -> String {
    let Unfinished { backfill_id, job, from_date, to_date, every, tenants, tenants_through, window_start, resting, blocked, .. } = backfill;
    let what = match (from_date, every) {
        (Some(from), Some(every)) => format!("{from} to {} by {every}", to_date.as_deref().unwrap_or("yesterday")),
        _ => "whole charts".to_owned(),
    };
    let mut text = format!("backfill {backfill_id} of {job}, {what}: {tenants_through} of {tenants} tenants have come to the end");
    if let Some(date) = window_start {
        text += &format!(", the last of the others is at the window of {date}");
    }
    if resting + blocked > 0 {
        text += &format!("; passed by for now: {resting} windows of patients who rest, {blocked} of accounts that are left alone");
    }
    wrap(&text, 2)
}

fn stopped(all: &[Stopped]) -> Vec<String> {
    let mut lines: Vec<_> = all.iter().take(MOST_STOPPED).map(one_stopped).collect();
    if all.len() > MOST_STOPPED {
        lines.push(format!("  and {} more, see --output json", all.len() - MOST_STOPPED));
    }
    lines
}

fn one_stopped(stopped: &Stopped) -> String {
    let Stopped { tenant, account, state, reason, since, next_try_at } = stopped;
    let who = account.as_ref().map_or_else(|| tenant.clone(), |account| format!("{tenant} {account}"));
    let since = since.map_or_else(String::new, |at| format!(" since {}", seconds(at)));
    let why = reason.as_ref().map_or_else(String::new, |reason| format!(", {reason}"));
    let next = next_try_at.map_or_else(|| "by the next run".to_owned(), seconds);
    wrap(&format!("{who}: {state}{since}{why}, next try {next}"), 2)
}

/// Rates and breakers live as long as their run.
fn paces_of(status: &Status) -> &'static str {
    let goes_on = status.holder.is_some() && status.standing.newest_runs.first().is_some_and(|run| run.ended_at.is_none());
    if goes_on { "pace, where it is not as configured" } else { "pace at the end of the newest run; the next begins as configured" }
}

fn paces(paces: &[Pace]) -> String {
    let mut table = table(&["tenant or host", "breaker", "since", "documents/s", "tokens/s"], 3);
    for Pace { tenant, host, documents_per_second, tokens_per_second, breaker, changed_at } in paces {
        let who = tenant.as_ref().or(host.as_ref()).cloned().unwrap_or_default();
        let rate = |rate: f64| format!("{}", (rate * 100.0).round() / 100.0);
        let tokens = tokens_per_second.map_or_else(String::new, rate);
        table.add_row([who, breaker.clone(), seconds(*changed_at), rate(*documents_per_second), tokens]);
    }
    trimmed(&table)
}

fn held(held: &Held) -> String {
    let Held { tenant, documents, since, example } = held;
    let text = format!("{tenant}: {documents} held, such as document {example}, since {}", to_seconds(since));
    let what = "a chart that holds much less than the one before is held, and that one stays the latest, until the next occurrence confirms it or \
                `ccda-export documents accept` does";
    wrap(&text, 2) + "\n" + &wrap(what, 4)
}

fn vanished(vanished: &Vanished) -> String {
    let Vanished { tenant, patients, since, example } = vanished;
    let text = format!("{tenant}: {patients} with documents, such as fetch:{example}, since {}", to_seconds(since));
    wrap(&text, 2) + "\n" + &wrap("the server knows them no more (404): ask the practice; the view `vanished` lists them", 4)
}

fn freshness(tenants: &[Freshness]) -> String {
    let mut table = table(&["tenant", "oldest", "newest", "patients", "with document", "without"], 3);
    for tenant in tenants {
        let at = |at: &Option<String>| at.as_deref().map_or_else(|| "none".to_owned(), to_seconds);
        let counts = [tenant.patients, tenant.with_document, tenant.without_document].map(|count| count.to_string());
        let who = [tenant.tenant.clone(), at(&tenant.oldest_document_at), at(&tenant.newest_document_at)];
        table.add_row(who.into_iter().chain(counts));
    }
    trimmed(&table)
}

fn next(status: &Status) -> Option<String> {
    let job = status.job.as_ref()?;
    Some(job.next.map_or_else(
        || format!("{} has no schedule: it is due once a day", job.name),
        |next| format!("{} is due next at {}", job.name, seconds(next)),
    ))
}

fn with_advice(text: &str, reason: Option<&str>) -> String {
    let first = wrap(text, 2);
    match reason.and_then(|reason| Reason::from_str(reason).ok()) {
        Some(reason) => first + "\n" + &wrap(advice(reason), 4),
        None => first,
    }
}

/// A table whose columns from `numbers` on are numbers.
fn table(header: &[&str], numbers: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header.iter().copied());
    for column in table.column_iter_mut().skip(numbers) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn trimmed(table: &Table) -> String {
    table.lines().map(|line| format!(" {}", line.trim_end())).collect::<Vec<_>>().join("\n")
}

/// To the second, and below ten seconds to the tenth.
fn duration(milliseconds: Millis) -> String {
    let milliseconds = u64::try_from(milliseconds).unwrap_or(0);
    if milliseconds < 10_000 {
        return format!("{:.1}s", milliseconds as f64 / 1000.0);
    }
    humantime::format_duration(std::time::Duration::from_secs(milliseconds / 1000)).to_string()
}

//! The tables of a job that set waiting, sizes and retries. What is missing keeps its default.

use reqwest::Url;

use super::{toml_reader::Table, values};
use crate::{
    edvak::{HttpSettings, Rate, Timeouts},
    export::{Retention, RetryPolicy, RunSettings, ShrinkPolicy},
    store::Sharing,
};

const COMPRESS: &[(&str, bool)] = &[("none", false), ("zstd", true)];

/// What the job says about talking to any server.
pub(super) fn http(job: &Table<'_>, host: Rate) -> HttpSettings {
    let defaults = HttpSettings::default();
    let (body_limit, memory_limit) = sizes(job, defaults.body_limit, defaults.memory_limit);
    let contact = job.take("contact", |value| values::text(value).and_then(header_text));
    let proxy = job.take("proxy", |value| values::text(value).and_then(|text| proxy(&text)));
    HttpSettings { timeouts: timeouts(job), host, body_limit, memory_limit, contact, proxy }
}

/// How long the job may take and how often it tries again; what it keeps is for [`retention`].
pub(super) fn run(job: &Table<'_>) -> RunSettings {
    let defaults = RunSettings::default();
    RunSettings {
        retry: retry(job),
        deadline: job.take("deadline", values::duration).unwrap_or(defaults.deadline),
        patience: job.take("patience", values::duration).unwrap_or(defaults.patience),
        grace: job.take("grace", values::duration).unwrap_or(defaults.grace),
        shrink: shrink(job),
        flatten: job.take("flatten", values::flag).unwrap_or(defaults.flatten),
        compress: job.take("compress", values::word(COMPRESS)).unwrap_or(defaults.compress),
        ..defaults
    }
}

/// When a chart is held because it holds less than the one before.
fn shrink(job: &Table<'_>) -> ShrinkPolicy {
    let defaults = ShrinkPolicy::default();
    let Some(table) = job.table("shrunk") else { return defaults };
    let policy = ShrinkPolicy {
        hold: table.take("hold", values::flag).unwrap_or(defaults.hold),
        entries: table.take("entries", values::share).unwrap_or(defaults.entries),
    };
    table.finish();
    policy
}

/// What of the past is kept; without the keys, everything.
pub(super) fn retention(job: &Table<'_>) -> Retention {
    Retention {
        keep_versions: job.take("keep_versions", values::whole(1, u32::MAX)),
        keep_days: job.take("keep_days", values::whole(1, 36_500)),
    }
}

/// How the job gets on with other programs at its database.
pub(super) fn sharing(job: &Table<'_>) -> Sharing {
    let defaults = Sharing::default();
    Sharing {
        lock_wait: job.take("lock_wait", values::duration).unwrap_or(defaults.lock_wait),
        wal_notice: job.take("wal_notice", values::size).unwrap_or(defaults.wal_notice),
    }
}

fn timeouts(job: &Table<'_>) -> Timeouts {
    let defaults = Timeouts::default();
    let Some(table) = job.table("timeouts") else { return defaults };
    let timeouts = Timeouts {
        connect: table.take("connect", values::duration).unwrap_or(defaults.connect),
        idle: table.take("idle", values::duration).unwrap_or(defaults.idle),
        total: table.take("total", values::duration).unwrap_or(defaults.total),
        token: table.take("token", values::duration).unwrap_or(defaults.token),
    };
    table.finish();
    timeouts
}

/// The largest body, and what all bodies in memory may take together.
fn sizes(job: &Table<'_>, body: u64, memory: u64) -> (u64, u64) {
    let Some(table) = job.table("sizes") else { return (body, memory) };
    let body = table.take("body", values::size).unwrap_or(body);
    let memory = table.take("memory", values::size).unwrap_or(memory);
    if body > memory {
        let key = if table.has("memory") { "memory" } else { "body" };
        table.mistake(key, format!("the largest body ({body} bytes) does not fit into the memory for bodies ({memory} bytes)"));
    }
    table.finish();
    (body, memory)
}

fn retry(job: &Table<'_>) -> RetryPolicy {
    let defaults = RetryPolicy::default();
    let Some(table) = job.table("retry") else { return defaults };
    let policy = RetryPolicy {
        first_wait: table.take("first_wait", values::duration).unwrap_or(defaults.first_wait),
        longest_wait: table.take("longest_wait", values::duration).unwrap_or(defaults.longest_wait),
        longest_retry_after: table.take("longest_retry_after", values::duration).unwrap_or(defaults.longest_retry_after),
        attempts: table.take("attempts", values::whole(1, 20)).unwrap_or(defaults.attempts),
        denied_days: table.take("denied_days", values::whole(0, 3650)).unwrap_or(defaults.denied_days),
    };
    if policy.first_wait > policy.longest_wait {
        let key = if table.has("longest_wait") { "longest_wait" } else { "first_wait" };
        table.mistake(key, "the first wait is longer than the longest");
    }
    table.finish();
    policy
}

/// Text that a header can carry.
fn header_text(text: String) -> Result<String, String> {
    if text.is_ascii() { Ok(text) } else { Err("becomes a part of the User-Agent header, which is ASCII only".to_owned()) }
}

fn proxy(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is no URL ({error}); expected one such as \"http://proxy.example.com:3128\""))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password; secrets do not stand in a job file".to_owned());
    }
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        // Not shown: in "user:password@proxy" it is the user name.
        Err("begins with another scheme; expected http:// or https://".to_owned())
    }
}

//! The `[window]` table of a job: which dates are asked for. Without the table it is everything.

use super::{toml_reader::Table, values};
use crate::domain::{WindowPolicy, WindowUnit};

const UNITS: &[(&str, WindowUnit)] =
    &[("day", WindowUnit::Day), ("week", WindowUnit::Week), ("month", WindowUnit::Month), ("year", WindowUnit::Year)];

/// The policy of the job; `Everything` too where the table is wrong, which is noted.
pub(super) fn read(job: &Table<'_>) -> WindowPolicy {
    let Some(table) = job.table("window") else { return WindowPolicy::Everything };
    let last_days = table.take("last_days", values::whole(1, 36_500)).map(WindowPolicy::LastDays);
    let policy = if table.has("from") || table.has("to") || table.has("every") {
        if table.has("last_days") {
            table.mistake("last_days", "stands beside from, to or every; choose one");
        }
        range(&table)
    } else {
        if !table.has("last_days") {
            job.mistake("window", "names no dates; expected last_days, or from and to; leave the table out for everything");
        }
        last_days
    };
    table.finish();
    policy.unwrap_or(WindowPolicy::Everything)
}

fn range(table: &Table<'_>) -> Option<WindowPolicy> {
    let every = table.take("every", values::word(UNITS));
    let from = table.require("from", values::date);
    let to = table.require("to", values::date);
    let (from, to) = (from?, to?);
    if from > to {
        table.mistake("from", format!("is {from}, after to ({to})"));
    }
    Some(WindowPolicy::Range { from, to, every })
}

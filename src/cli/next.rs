//! `ccda-export next JOB`: the coming occurrences, in local time and in UTC. Reads the job file alone.

use std::path::PathBuf;

use chrono::{DateTime, Offset, SecondsFormat, TimeDelta, Utc};
use chrono_tz::Tz;
use clap::Args;
use comfy_table::{Table, presets};
use serde_json::json;

use crate::{clock::Clock, config::JobOutline, report::ExitCode, schedule::upcoming_days};

use super::{
    args::{Format, OutputArgs},
    display::format_duration,
    load, terminal,
};

#[derive(Debug, Args)]
pub struct NextArgs {
    /// The job's file; neither its roster nor its secrets are read
    pub job: PathBuf,
    /// How many
    #[arg(long, short = 'n', value_name = "N", default_value = "5", value_parser = clap::value_parser!(u16).range(1..))]
    pub count: u16,
    /// How they are printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

pub fn run(args: NextArgs, output: &OutputArgs) -> ExitCode {
    let job = match load::outline(&args.job) {
        Ok(job) => job,
        Err(code) => return code,
    };
    if job.schedule.is_none() && !output.quiet {
        terminal::note(&format!("{} has no schedule: it is due once a calendar day in {}, from these times on", job.name, job.zone));
    }
    let now = Clock::system().now();
    let coming = coming(&job, now, usize::from(args.count));
    match args.output {
        Format::Json => terminal::line(&json(&coming, job.zone)),
        Format::Text => terminal::line(&text(&coming, now, job.zone)),
    }
    ExitCode::Done
}

fn coming(job: &JobOutline, now: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
    match &job.schedule {
        Some(schedule) => schedule.upcoming(now).take(count).collect(),
        None => upcoming_days(now, job.zone).take(count).collect(),
    }
}

/// An instant as clocks of the zone show it, with which of their times it is.
pub(super) fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// The same instant for those who are elsewhere.
pub(super) fn in_utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn text(coming: &[DateTime<Utc>], now: DateTime<Utc>, zone: Tz) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let offset = |at: DateTime<Utc>| at.with_timezone(&zone).offset().fix().local_minus_utc();
    let mut before = now;
    for at in coming {
        let change = TimeDelta::seconds((offset(*at) - offset(before)).into());
        let said = if change.is_zero() { String::new() } else { clocks(change) };
        table.add_row([local(*at, zone), at.with_timezone(&zone).format("%:z").to_string(), in_utc(*at), said]);
        before = *at;
    }
    // The table pads and indents what stands in it; neither is for whoever cuts columns.
    table.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>().join("\n")
}

/// What clocks did since the line above.
fn clocks(change: TimeDelta) -> String {
    let way = if change > TimeDelta::zero() { "forward" } else { "back" };
    format!("clocks went {way} by {}", format_duration(change.abs().to_std().unwrap_or_default()))
}

fn json(coming: &[DateTime<Utc>], zone: Tz) -> String {
    let object = |at: &DateTime<Utc>| {
        let local = at.with_timezone(&zone);
        json!({
            "local": local.to_rfc3339_opts(SecondsFormat::Secs, false),
            "zone": zone.name(),
            "abbreviation": local.format("%Z").to_string(),
            "utc": in_utc(*at),
        })
    };
    serde_json::Value::Array(coming.iter().map(object).collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Schedule;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn told(expression: Option<&str>, zone: Tz, now: &str) -> Vec<String> {
        let schedule = expression.map(|expression| Schedule::parse(expression, zone).unwrap());
        let job = JobOutline {
            name: "nightly".into(),
            database: PathBuf::new(),
            schedule,
            random_delay: Default::default(),
            zone,
            denied_days: 7,
        };
        text(&coming(&job, utc(now), 3), utc(now), zone).lines().map(str::to_owned).collect()
    }

    #[test]
    fn both_nights_in_which_clocks_change_are_told_with_the_change() {
        assert_eq!(
            told(Some("30 2 * * *"), Tz::America__New_York, "2026-03-07T07:00:00Z"),
            [
                "2026-03-07 02:30:00 EST  -05:00  2026-03-07T07:30:00Z",
                "2026-03-08 03:00:00 EDT  -04:00  2026-03-08T07:00:00Z  clocks went forward by 1h",
                "2026-03-09 02:30:00 EDT  -04:00  2026-03-09T06:30:00Z",
            ]
        );
        assert_eq!(
            told(Some("@hourly"), Tz::Europe__Berlin, "2026-10-25T00:00:00Z"),
            [
                "2026-10-25 02:00:00 CET  +01:00  2026-10-25T01:00:00Z  clocks went back by 1h",
                "2026-10-25 03:00:00 CET  +01:00  2026-10-25T02:00:00Z",
                "2026-10-25 04:00:00 CET  +01:00  2026-10-25T03:00:00Z",
            ]
        );
    }

    #[test]
    fn a_job_without_a_schedule_is_due_at_the_start_of_each_day() {
        assert_eq!(told(None, Tz::UTC, "2026-12-30T12:00:00Z")[1], "2027-01-01 00:00:00 UTC  +00:00  2027-01-01T00:00:00Z");
    }

    #[test]
    fn machines_get_both_times_in_full() {
        assert_eq!(
            json(&[utc("2026-03-08T07:00:00Z")], Tz::America__New_York),
            r#"[{"abbreviation":"EDT","local":"2026-03-08T03:00:00-04:00","utc":"2026-03-08T07:00:00Z","zone":"America/New_York"}]"#
        );
    }
}

//! The job file: which roster, which database, which windows, when, how fast and how long.

use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use super::{
    bad_lines::BadLinePolicy,
    database::{self, JobDatabase},
    job_file, limits,
    mistake::{Findings, Mistakes, Place},
    roster::{self, RosterOptions},
    settings,
    tenant::Defaults,
    toml_reader::Table,
    values, window,
};
use crate::{
    domain::WindowPolicy,
    edvak::{HttpSettings, TenantLimits},
    export::{Roster, RunSettings},
    schedule::Schedule,
    store::Sharing,
};

const BAD_LINES: &[(&str, BadLinePolicy)] = &[("refuse", BadLinePolicy::Refuse), ("skip", BadLinePolicy::Skip)];

/// A job, checked: everything that it names exists and can be read, every secret is at hand.
#[derive(Debug)]
pub struct Job {
    /// Its `name` key, else the file's stem.
    pub name: String,
    /// The job file.
    pub path: PathBuf,
    pub roster: Roster,
    /// May not exist yet, nor its folder.
    pub database: PathBuf,
    /// The Unix group that may read the database; it exists.
    pub readers: Option<String>,
    /// `None` for a job that is due once a calendar day.
    pub schedule: Option<Schedule>,
    /// Zone of the schedule and of the calendar day.
    pub zone: Tz,
    pub windows: WindowPolicy,
    pub http: HttpSettings,
    pub run: RunSettings,
    /// The database may lie on a network file system.
    pub allow_network_file_system: bool,
    pub sharing: Sharing,
    /// What the operator should know and what stops nothing.
    pub warnings: Vec<String>,
}

/// Reads a job and everything that it names. All mistakes of all files are returned together, and nothing but these files was touched.
///
/// Blocks: it reads files and waits for the programs that print secrets.
pub fn load(job_file: &Path) -> Result<Job, Mistakes> {
    let (job, warnings) = job_file::read(job_file, read)?;
    Ok(Job { warnings, ..job })
}

fn read(table: Table<'_>) -> Option<Job> {
    let (source, findings) = (table.source, table.source.findings);
    let zone = table.take("time_zone", values::zone).unwrap_or(Tz::UTC);
    let schedule = schedule(&table, zone);
    let (tenant_limits, host) = limits::of_job(&table, TenantLimits::default(), HttpSettings::default().host);
    let database = database::read(&table);
    let (windows, http, run) = (window::read(&table), settings::http(&table, host), settings::run(&table));
    let options = roster_options(&table, Defaults { zone, limits: tenant_limits });
    let roster = table.require("roster", values::text).map(|roster| (source.resolve(roster), table.place("roster")));
    table.finish();
    let roster = roster.and_then(|(roster, named_at)| roster::read(&roster, named_at, &options, findings));
    let (roster, database) = (roster?, database?);
    let path = source.path.to_owned();
    if schedule.is_none() {
        warn_of_split_evenings(&path, zone, &roster, findings);
    }
    let JobDatabase { name, database, readers, allow_network_file_system, sharing, retention } = database;
    let run = RunSettings { retention, ..run };
    let warnings = Vec::new();
    Some(Job { name, path, roster, database, readers, schedule, zone, windows, http, run, allow_network_file_system, sharing, warnings })
}

/// A day that changes in a practice's evening makes two occurrences of one night's work.
fn warn_of_split_evenings(path: &Path, zone: Tz, roster: &Roster, findings: &Findings) {
    if let Some(tenant) = roster.tenants.iter().find(|tenant| tenant.zone != zone) {
        let text = format!(
            "the job has no schedule, so it is due once a day, and its day changes at midnight in {zone}: that may fall into an evening of {} ({}); \
             set time_zone, or a schedule",
            tenant.name, tenant.zone
        );
        findings.warn(|| (Place::file(path).key("time_zone"), text));
    }
}

pub(super) fn name(table: &Table<'_>) -> String {
    let stem = || table.source.path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    table.take("name", values::text).unwrap_or_else(stem)
}

fn roster_options(table: &Table<'_>, defaults: Defaults) -> RosterOptions {
    RosterOptions {
        defaults,
        bad_lines: table.take("bad_lines", values::word(BAD_LINES)).unwrap_or(BadLinePolicy::Refuse),
        allow_shared_client_user: table.take("allow_shared_client_user", values::flag).unwrap_or(false),
    }
}

pub(super) fn schedule(table: &Table<'_>, zone: Tz) -> Option<Schedule> {
    table.take("schedule", |value| {
        let expression = values::string(value, "five crontab fields such as \"15 2 * * *\"")?;
        Schedule::parse(expression, zone).map_err(|error| error.to_string())
    })
}

//! The job file: which roster, which database, which windows, when, how fast and how long.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use chrono_tz::Tz;

use super::{
    bad_lines::BadLinePolicy,
    database::{self, JobDatabase},
    health_check, job_file, limits,
    mistake::{Findings, Mistakes, Place},
    named::NamedFiles,
    places::Places,
    roster::{self, RosterOptions},
    secret::Secrets,
    settings,
    tenant::Defaults,
    toml_reader::Table,
    values, window,
};
use crate::{
    domain::WindowPolicy,
    edvak::{HttpSettings, TenantLimits},
    export::{Roster, RunSettings},
    report::HealthCheck,
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
    /// A scheduler starts each occurrence after a random part of it.
    pub random_delay: Duration,
    /// Zone of the schedule and of the calendar day.
    pub zone: Tz,
    pub windows: WindowPolicy,
    pub http: HttpSettings,
    pub run: RunSettings,
    /// Who is told of the job's runs.
    pub health_check: Option<HealthCheck>,
    /// The database may lie on a network file system.
    pub allow_network_file_system: bool,
    pub sharing: Sharing,
    /// What the operator should know and what stops nothing.
    pub warnings: Vec<String>,
}

/// Reads a job and everything that it names; a path is the job's, with the rest as it says. All mistakes of all files are returned together, and
/// nothing but these files was touched.
///
/// Blocks: it reads files and waits for the programs that print secrets.
pub fn load(files: impl Into<NamedFiles>) -> Result<Job, Mistakes> {
    let files = files.into();
    let (job, warnings) = job_file::read(&files.job, |table, places| read(table, places, &files))?;
    Ok(Job { warnings, ..job })
}

fn read(table: Table<'_>, places: &Places, files: &NamedFiles) -> Option<Job> {
    let (source, findings) = (table.source, table.source.findings);
    let zone = table.take("time_zone", values::zone).unwrap_or(Tz::UTC);
    let (schedule, random_delay) = (schedule(&table, zone), random_delay(&table));
    let (tenant_limits, host) = limits::of_job(&table, TenantLimits::default(), HttpSettings::default().host);
    let database = database::read(&table, places, files.database.as_deref());
    let (windows, http, run) = (window::read(&table), settings::http(&table, host), settings::run(&table));
    let options = roster_options(&table, Defaults { zone, limits: tenant_limits });
    let roster = roster_file(&table, places, files.roster.as_deref());
    let secrets = Secrets::default();
    let health_check = health_check::read(&table, &secrets);
    table.finish();
    let roster = roster.and_then(|(roster, named_at)| roster::read(&roster, named_at, &options, &secrets, findings));
    let health_check = health_check.and_then(|named| named.resolve(&secrets, findings));
    let (roster, database) = (roster?, database?);
    let path = source.path.to_owned();
    if schedule.is_none() {
        warn_of_split_evenings(&path, zone, &roster, findings);
    }
    let JobDatabase { name, database, readers, allow_network_file_system, sharing, retention } = database;
    let run = RunSettings { retention, ..run };
    let warnings = Vec::new();
    Some(Job {
        name,
        path,
        roster,
        database,
        readers,
        schedule,
        random_delay,
        zone,
        windows,
        http,
        run,
        health_check,
        allow_network_file_system,
        sharing,
        warnings,
    })
}

/// The roster's path, and the place that names it where one in the job does: the command line's, else the job's, else where rosters are.
fn roster_file(table: &Table<'_>, places: &Places, named: Option<&Path>) -> Option<(PathBuf, Option<Place>)> {
    let place = || Some(table.place("roster"));
    if table.has("roster") {
        let of_job = table.take("roster", values::text).map(|path| table.source.resolve(path))?;
        return Some(named.map_or_else(|| (of_job, place()), |named| (named.to_owned(), None)));
    }
    if let Some(named) = named {
        return Some((named.to_owned(), None));
    }
    let found = places.roster(table.source.path, job_file::is_file).map_err(|tried| {
        let tried: Vec<_> = tried.iter().map(|path| path.display().to_string()).collect();
        table.mistake("roster", format!("is missing, and so is {}; set the key, or give --roster", tried.join(" and ")));
    });
    found.ok().map(|found| (found, place()))
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

pub(super) fn random_delay(table: &Table<'_>) -> Duration {
    table.take("random_delay", values::duration_or_none).unwrap_or_default()
}

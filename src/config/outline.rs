//! Of a job file, what is needed to look at its database: neither roster nor secret is read, so that `status` works when those are wrong.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use chrono_tz::Tz;

use super::{database, job, job_file, mistake::Mistakes, places::Places, settings, toml_reader::Table, values};
use crate::schedule::Schedule;

/// Where a job's documents are, and when it is due.
#[derive(Debug, Clone)]
pub struct JobOutline {
    /// The job's `name` key, else the file's stem.
    pub name: String,
    /// May not exist yet.
    pub database: PathBuf,
    /// `None` for a job that is due once a calendar day.
    pub schedule: Option<Schedule>,
    /// A scheduler starts each occurrence after a random part of it.
    pub random_delay: Duration,
    /// Zone of the schedule and of the calendar day.
    pub zone: Tz,
    /// Days until a patient who was denied is asked for again.
    pub denied_days: u32,
}

/// Reads these keys of a job file. Mistakes in them are returned together; what is wrong elsewhere in the file is left to [`load`](super::load).
pub fn outline(job_file: &Path) -> Result<JobOutline, Mistakes> {
    Ok(job_file::read(job_file, |table, places| read(&table, places))?.0)
}

fn read(table: &Table<'_>, places: &Places) -> Option<JobOutline> {
    let zone = table.take("time_zone", values::zone).unwrap_or(Tz::UTC);
    let (schedule, random_delay) = (job::schedule(table, zone), job::random_delay(table));
    let name = job::name(table);
    let denied_days = settings::run(table).retry.denied_days;
    let database = database::path(table, &name, places, None)?;
    Some(JobOutline { name, database, schedule, random_delay, zone, denied_days })
}

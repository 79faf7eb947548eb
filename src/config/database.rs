//! Of a job file, what an act on its database needs: neither roster nor secret is read, so that `backup` works when those are wrong.

use std::path::{Path, PathBuf};

use nix::unistd::Group;

use super::{job_file, mistake::Mistakes, places::Places, settings, toml_reader::Table, values};
use crate::{export::Retention, store::Sharing};

/// Where a job's documents are, and what of them is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobDatabase {
    /// The job's `name` key, else the file's stem.
    pub name: String,
    /// May not exist yet, nor its folder.
    pub database: PathBuf,
    /// The Unix group that may read the database; it exists.
    pub readers: Option<String>,
    /// The database may lie on a network file system.
    pub allow_network_file_system: bool,
    /// How the writer gets on with other programs at the same file.
    pub sharing: Sharing,
    pub retention: Retention,
}

/// Reads these keys of a job file. Mistakes among them are returned together; what is wrong elsewhere in the file is left to [`load`](super::load).
pub fn database(job_file: &Path) -> Result<JobDatabase, Mistakes> {
    Ok(job_file::read(job_file, |table, places| read(&table, places, None))?.0)
}

/// `named` is the database that the command line names.
pub(super) fn read(job: &Table<'_>, places: &Places, named: Option<&Path>) -> Option<JobDatabase> {
    let name = super::job::name(job);
    let database = path(job, &name, places, named);
    let readers = job.take("readers", |value| values::text(value).and_then(group));
    let allow_network_file_system = job.take("allow_network_file_system", values::flag).unwrap_or(false);
    let (sharing, retention) = (settings::sharing(job), settings::retention(job));
    Some(JobDatabase { name, database: database?, readers, allow_network_file_system, sharing, retention })
}

/// Where the database lies: where the command line says, else the job, else in the folder for state.
pub(super) fn path(job: &Table<'_>, name: &str, places: &Places, named: Option<&Path>) -> Option<PathBuf> {
    if job.has("database") {
        let of_job = job.take("database", values::text).map(|path| job.source.resolve(path))?;
        return Some(named.map_or(of_job, Path::to_owned));
    }
    match named {
        Some(named) => Some(named.to_owned()),
        None => places.database(name).map_err(|text| job.mistake("database", text)).ok(),
    }
}

fn group(name: String) -> Result<String, String> {
    match Group::from_name(&name) {
        Ok(Some(_)) => Ok(name),
        Ok(None) => Err(format!("there is no group {name:?} on this machine")),
        Err(error) => Err(format!("cannot look up the group {name:?}: {error}")),
    }
}

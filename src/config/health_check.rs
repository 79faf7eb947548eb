//! The job's `health_check`: an address, or a reference to one, because whoever knows it can speak for the job.

use std::time::Duration;

use secrecy::ExposeSecret;

use super::{
    mistake::{Findings, Place},
    secret::{Literal, Secrets, Unresolved},
    toml_reader::Table,
    values,
};
use crate::report::HealthCheck;

/// The key as it stands in the job; resolved when it is known which variables hold secrets, for a program may be what knows the address.
pub(super) struct Named {
    place: Place,
    address: Unresolved,
    timeout: Duration,
}

pub(super) fn read(job: &Table<'_>, secrets: &Secrets) -> Option<Named> {
    let timeout = job.take("health_check_timeout", values::duration).unwrap_or(HealthCheck::TIMEOUT);
    let address = secrets.read(job, "health_check", Literal::Allowed)?;
    Some(Named { place: job.place("health_check"), address, timeout })
}

impl Named {
    pub fn resolve(self, secrets: &Secrets, findings: &Findings) -> Option<HealthCheck> {
        let address = secrets.resolve(self.address);
        let check = address.and_then(|address| HealthCheck::parse(address.expose_secret(), self.timeout));
        check.map_err(|text| findings.configuration(self.place, text)).ok()
    }
}

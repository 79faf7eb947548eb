//! Whom a run is about: tenants and accounts in memory, patients as a stream, because there may be a million.

use std::{fmt, io};

use chrono_tz::Tz;

use crate::{
    domain::{AccountName, PatientToken, TenantName},
    edvak::{Credentials, Endpoint},
    schedule::DailyHours,
};

/// A tenant of the roster.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub name: TenantName,
    pub endpoint: Endpoint,
    /// Zone of the dates that its documents are asked for.
    pub zone: Tz,
    /// Hours of its local day in which it may be asked; `None` for always.
    pub permitted_hours: Option<DailyHours>,
}

/// An account of the roster.
#[derive(Debug, Clone)]
pub struct Account {
    /// Index of its tenant in [`Roster::tenants`].
    pub tenant: u32,
    pub name: AccountName,
    pub credentials: Credentials,
}

/// One patient's line of the roster.
#[derive(Debug, Clone, PartialEq)]
pub struct RosterPatient {
    /// Index of its account in [`Roster::accounts`].
    pub account: u32,
    pub token: PatientToken,
    /// The operator's own columns as a JSON object with its keys in the file's order; `{}` where there are none.
    pub extra: String,
}

/// The patients in the order of the files.
pub type PatientStream = Box<dyn Iterator<Item = io::Result<RosterPatient>> + Send>;

/// Opens the stream of patients anew.
pub type OpenPatients = Box<dyn Fn() -> io::Result<PatientStream> + Send + Sync>;

/// Everybody whom a job names, checked: names are unique, indices are in range, no patient token stands twice in a tenant.
pub struct Roster {
    pub tenants: Vec<Tenant>,
    pub accounts: Vec<Account>,
    /// How many patients the stream gives.
    pub patient_count: u64,
    /// SHA-256 over all that the patients' lines say; equal digests mean that nobody came, went or changed.
    pub digest: [u8; 32],
    /// Lines that were bad and left out (`bad_lines = "skip"`): nobody is taken for removed while there are any.
    pub skipped_lines: u64,
    pub patients: OpenPatients,
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roster")
            .field("tenants", &self.tenants.len())
            .field("accounts", &self.accounts.len())
            .field("patient_count", &self.patient_count)
            .finish_non_exhaustive()
    }
}

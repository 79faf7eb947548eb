//! One run of the library against a scripted server, and what was left in the database.

use std::{path::PathBuf, time::Duration};

use ccda_export::{
    clock::Clock,
    domain::{AccountName, PatientToken, TenantName, WindowPolicy},
    edvak::{Credentials, Endpoint, HttpSettings, TenantLimits},
    export::{Account, Progress, Roster, RosterPatient, RunEnd, RunRequest, RunSettings, Stop, Tenant, Work, run},
    store::{Sharing, runs::Narrowing},
};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tempfile::TempDir;

use super::server::{Asked, Reply, Server};
use crate::{
    clockwork::Clockwork,
    harness::{ask_file, session},
};

/// A run that is to be made.
pub struct Night {
    pub tenants: Vec<(&'static str, u32)>,
    pub limits: TenantLimits,
    pub http: HttpSettings,
    pub settings: RunSettings,
    /// Where the tenants are, if not at the scripted server.
    pub url: Option<String>,
}

/// A run that was made.
pub struct Past {
    pub end: RunEnd,
    pub server: Server,
    /// Seconds on the manual clock.
    pub took: f64,
    database: PathBuf,
    _dir: TempDir,
}

impl Night {
    /// These tenants with so many patients each, all of one account, and the defaults for all else.
    pub fn of(tenants: &[(&'static str, u32)]) -> Self {
        Self {
            tenants: tenants.to_vec(),
            limits: TenantLimits::default(),
            http: HttpSettings::default(),
            settings: RunSettings::default(),
            url: None,
        }
    }

    /// Makes the run.
    pub async fn pass(self, script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Past {
        let clock = Clock::manual("2026-03-01T02:00:00Z".parse::<DateTime<Utc>>().unwrap());
        let server = Server::start(&clock, script).await;
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("export.sqlite");
        let session = session(&database, Sharing::default()).await;
        let request = self.request(&clock, &server);
        let progress = Progress::new(request.roster.tenants.iter().map(|tenant| tenant.name.clone()));
        let stop = Stop::default();
        let end = Clockwork::new(&clock, || server.is_busy()).drive(run(session, request, &clock, &stop, &progress)).await.unwrap();
        Past { end, server, took: clock.elapsed().as_secs_f64(), database, _dir: dir }
    }

    fn request(self, clock: &Clock, server: &Server) -> RunRequest {
        let url = self.url.clone().unwrap_or_else(|| server.url.clone());
        let patients: Vec<_> =
            (0u32..).zip(&self.tenants).flat_map(|(account, (_, count))| (0..*count).map(move |p| (account, p))).collect();
        let roster = Roster {
            tenants: self.tenants.iter().map(|(name, _)| tenant(name, &url, self.limits)).collect(),
            accounts: (0u32..).zip(&self.tenants).map(|(index, _)| account(index)).collect(),
            patient_count: patients.len() as u64,
            digest: [1; 32],
            skipped_lines: 0,
            patients: Box::new(move || Ok(Box::new(patients.clone().into_iter().map(|(account, p)| Ok(patient(account, p)))))),
        };
        RunRequest {
            job: "nightly".into(),
            roster,
            work: Work::Nightly(WindowPolicy::Everything),
            zone: chrono_tz::UTC,
            occurrence: clock.now(),
            http: self.http,
            settings: self.settings,
            narrowing: Narrowing::default(),
            process: "a test".into(),
            seed: 7,
        }
    }
}

fn tenant(name: &str, url: &str, limits: TenantLimits) -> Tenant {
    Tenant {
        name: TenantName(name.into()),
        endpoint: Endpoint {
            tenant: TenantName(name.into()),
            base_url: url.parse().unwrap(),
            client_id: name.into(),
            client_secret: SecretString::from("secret"),
            certificates: Vec::new(),
            limits,
        },
        zone: chrono_tz::UTC,
        permitted_hours: None,
    }
}

fn account(index: u32) -> Account {
    let credentials = Credentials { username: SecretString::from(format!("user{index}")), password: SecretString::from("password") };
    Account { tenant: index, name: AccountName(format!("account{index}")), credentials }
}

fn patient(account: u32, number: u32) -> RosterPatient {
    RosterPatient { account, token: PatientToken::new(format!("P{account}x{number}")), extra: "{}".into() }
}

impl Past {
    pub fn code(&self) -> u8 {
        self.end.exit_code as u8
    }

    pub async fn ask(&self, sql: &str) -> Vec<Vec<String>> {
        ask_file(&self.database, sql).await
    }

    pub async fn count(&self, sql: &str) -> u64 {
        self.ask(sql).await[0][0].parse().unwrap()
    }

    /// When documents were asked for, in seconds.
    pub fn times(&self) -> Vec<f64> {
        self.server.documents().iter().map(|asked| asked.at).collect()
    }

    /// How many documents were asked for in a span of seconds.
    pub fn between(&self, from: f64, to: f64) -> usize {
        self.times().iter().filter(|at| (from..to).contains(at)).count()
    }
}

/// Settings whose real timeouts are short, for servers that say nothing.
pub fn impatient(timeout: Duration) -> HttpSettings {
    let mut http = HttpSettings::default();
    http.timeouts.total = timeout;
    http.timeouts.idle = timeout;
    http.timeouts.token = timeout;
    http
}

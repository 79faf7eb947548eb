//! The world in which nights pass: the vendor, the operator's site, the clock, and what is remembered from one night to the next.

mod run;

use std::{net::SocketAddr, path::Path, time::Duration};

use ccda_export::{
    clock::Clock,
    export::RunEnd,
    sandbox::{Asked, Kind, Sandbox, SandboxOptions},
    schedule::Schedule,
};
use chrono::{DateTime, Utc};
use chrono_tz::America::New_York;
use fastrand::Rng;
use tempfile::TempDir;
use tokio::{net::TcpSocket, runtime::Runtime};

use super::{
    books::{Books, Evening},
    invariants,
    people::{self, Patient},
    plan::{Night, Run, Trouble, Whom},
    site::Site,
};

const PATIENTS: usize = 24;

/// What happened in all, to be told.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    pub nights: usize,
    pub runs: usize,
    pub kills: usize,
    pub requests: usize,
    /// Charts that were quarantined or are held.
    pub kept_apart: i64,
    /// Requests that brought no chart and no token.
    pub failed_requests: usize,
}

pub struct World {
    seed: u64,
    nights: usize,
    rng: Rng,
    clock: Clock,
    occurrences: Vec<DateTime<Utc>>,
    sandbox: Sandbox,
    charts: TempDir,
    pub site: Site,
    people: Vec<Patient>,
    nowhere: TcpSocket,
    pub books: Books,
    tally: Tally,
}

/// A runtime of one thread, as long as a process lives.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A folder in memory where there is such a place: what a disk survives is shown elsewhere, and a year commits very often.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

impl World {
    pub fn new(seed: u64, first: DateTime<Utc>, schedule: &str, nights: usize) -> Self {
        let (dir, charts) = (folder(), folder());
        let mut rng = Rng::with_seed(seed);
        people::write_charts(charts.path(), PATIENTS, 0, &mut rng);
        let clock = Clock::manual(first);
        let options = SandboxOptions {
            documents: Some(charts.path().to_owned()),
            tenants: Some(3),
            accounts: Some(5),
            seed: Some(seed),
            clock: clock.clone(),
            ..SandboxOptions::default()
        };
        let sandbox = runtime().block_on(Sandbox::start(options)).unwrap();
        sandbox.write_roster(dir.path()).unwrap();
        let people = read_people(&dir.path().join("patients.csv"));
        let site = Site::new(dir, schedule);
        let occurrences = Schedule::parse(schedule, New_York).unwrap().upcoming(first).take(nights).collect();
        // Bound and never listened at: who connects is refused.
        let nowhere = TcpSocket::new_v4().unwrap();
        nowhere.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let books = Books::new(site.database());
        let tally = Tally::default();
        Self { seed, nights, rng, clock, occurrences, sandbox, charts, site, people, nowhere, books, tally }
    }

    pub fn tally(&self) -> Tally {
        let kept_apart = "SELECT count(*) FROM documents WHERE reason IS NOT NULL OR status = 'shrunk'";
        Tally { kept_apart: runtime().block_on(self.books.number(kept_apart)), ..self.tally.clone() }
    }

    /// One night, after which everything must hold.
    pub fn pass(&mut self, night: usize) {
        let (plan, ends) = self.live(night);
        if let Err(broken) = self.judge(&plan, night, ends) {
            let (seed, when) = (self.seed, self.occurrences[night].with_timezone(&New_York));
            panic!(
                "night {night} ({when}) of seed {seed}: {broken}\n\
                 to run it again: CCDA_NIGHTS_SEED={seed} cargo test --test it nights -- --nocapture (of a year: --ignored too)\n{plan:#?}"
            );
        }
    }

    /// What changes, and the runs of the night.
    pub fn live(&mut self, night: usize) -> (Night, Vec<Option<RunEnd>>) {
        let mut plan = if self.is_calm(night) { Night::calm() } else { Night::of(self.seed, night, PATIENTS) };
        // What a clock that is days ahead found stands for those days, the dead too: it would not be a calm night.
        if (1..3).any(|ahead| self.is_calm(night + ahead)) {
            plan.wrong_by = 0;
        }
        self.vendor_changes(&plan, night);
        self.operator_acts(&plan, night);
        self.site.write(&plan, &self.people, self.sandbox.address(), self.nowhere());
        let occurrence = self.occurrences[night];
        self.clock.advance((occurrence - self.clock.now()).to_std().unwrap_or_default());
        self.sandbox.set_latency(plan.latency);
        self.misbehave(&plan.troubles);
        self.clock.jump(plan.wrong_by);
        let mut ends = Vec::new();
        for run in &plan.runs {
            self.clock.advance(run.after);
            let end = self.run(run, night);
            ends.push(end);
        }
        self.clock.jump(-plan.wrong_by);
        self.tally.nights += 1;
        (plan, ends)
    }

    fn is_calm(&self, night: usize) -> bool {
        night + 1 == self.nights || (night + 1).is_multiple_of(30)
    }

    /// What is broken after a night, if anything.
    pub fn judge(&mut self, plan: &Night, night: usize, ends: Vec<Option<RunEnd>>) -> Result<(), String> {
        let requests = self.sandbox.requests_after(self.books.last_request());
        let evening = Evening {
            ends,
            requests,
            people: &self.people,
            calm: plan.calm,
            prunes: !plan.retention.is_empty(),
            occurrence: (plan.wrong_by == 0).then(|| self.occurrences[night]),
        };
        let fresh = evening.requests.iter().filter(|request| request.sequence > self.books.told);
        let (all, failed) = fresh.fold((0, 0), |(all, failed), request| (all + 1, failed + usize::from(request.status != Some(200))));
        self.tally.requests += all;
        self.tally.failed_requests += failed;
        self.books.told = evening.requests.last().map_or(self.books.told, |request| request.sequence);
        runtime().block_on(invariants::check(&mut self.books, &evening))
    }

    fn nowhere(&self) -> SocketAddr {
        self.nowhere.local_addr().unwrap()
    }

    /// Charts are written on, access is taken and given, patients change hands.
    fn vendor_changes(&mut self, plan: &Night, night: usize) {
        people::write_charts(self.charts.path(), PATIENTS, night, &mut self.rng);
        if plan.mixed_up {
            let known = self.known();
            people::mix_up(self.charts.path(), &known, night, &mut self.rng);
        }
        if plan.calm {
            people::set_right(self.charts.path(), PATIENTS, night);
            self.people.iter_mut().for_each(|patient| patient.denied_until = 0);
            return;
        }
        if self.rng.u32(0..4) == 0 {
            let days = self.rng.usize(1..20);
            self.rng.choice(&mut self.people).unwrap().denied_until = night + days;
        }
        if self.rng.u32(0..3) == 0 {
            let place = self.rng.usize(0..PATIENTS);
            let colleagues: Vec<_> = self.accounts_of(&self.people[place].tenant.clone());
            let account = self.rng.choice(&colleagues).unwrap().clone();
            assert!(self.sandbox.hand_over(&self.people[place].token, &account));
            self.people[place].account = account;
        }
    }

    /// Of whom a wrong chart can be told from a right one.
    fn known(&self) -> Vec<bool> {
        let had = "SELECT patient_token FROM latest_documents_all";
        let had = if self.books.database.exists() { runtime().block_on(self.books.ask(had)) } else { Vec::new() };
        let has = |patient: &Patient| had.iter().any(|row| row[0] == patient.token);
        self.people.iter().enumerate().map(|(place, patient)| people::is_stated(place) || has(patient)).collect()
    }

    /// The roster follows, later than it should; passwords are mistyped and mended; patients come and go.
    fn operator_acts(&mut self, plan: &Night, night: usize) {
        let accounts = self.site.names("account");
        let tenants = self.site.names("tenant");
        for patient in &mut self.people {
            if plan.calm || self.rng.u32(0..3) == 0 {
                patient.listed_account.clone_from(&patient.account);
            }
            // Had anew at once, because the line changed.
            patient.note = if plan.calm { night as u32 } else { patient.note };
        }
        if plan.calm {
            self.site.wrong_passwords.clear();
            self.site.wrong_clients.clear();
            return;
        }
        match self.rng.u32(0..8) {
            0 => drop(self.site.wrong_passwords.insert(self.rng.choice(&accounts).unwrap().clone())),
            1 => drop(self.site.wrong_clients.insert(self.rng.choice(&tenants).unwrap().clone())),
            2 | 3 => self.site.wrong_passwords.clear(),
            4 | 5 => self.site.wrong_clients.clear(),
            _ => {}
        }
        // Never more than a fifth of them at once, which would be refused.
        for _ in 0..self.rng.usize(0..3) {
            let patient = self.rng.choice(&mut self.people).unwrap();
            // Who is gone comes back sooner than others go.
            patient.listed = !patient.listed || self.rng.u32(0..3) > 0;
        }
    }

    fn accounts_of(&self, tenant: &str) -> Vec<String> {
        self.people.iter().filter(|patient| patient.tenant == tenant).map(|patient| patient.account.clone()).collect()
    }

    /// Tells the vendor what goes wrong from now on.
    fn misbehave(&self, troubles: &[Trouble]) {
        let (began, troubles) = (self.clock.elapsed(), troubles.to_vec());
        let denied: Vec<_> = self.people.iter().map(|patient| patient.denied_until > self.tally.nights).collect();
        // Counts that the sandbox keeps go on from night to night: these begin anew.
        let befallen = std::sync::Mutex::new(std::collections::HashMap::new());
        self.sandbox.misbehave(move |asked| {
            if asked.kind == Kind::Document && denied[asked.index] {
                return Some(ccda_export::sandbox::Fault::Document403);
            }
            let (at, trouble) = troubles.iter().enumerate().find(|(_, trouble)| befalls(trouble, asked, began))?;
            let mut befallen = befallen.lock().unwrap();
            let times: &mut u64 = befallen.entry((at, asked.index)).or_default();
            *times += 1;
            (*times <= trouble.times).then_some(trouble.fault)
        });
    }
}

fn befalls(trouble: &Trouble, asked: &Asked<'_>, began: Duration) -> bool {
    let seconds = asked.at.saturating_sub(began).as_secs();
    let whom = match &trouble.whom {
        Whom::EveryToken => asked.kind == Kind::Token,
        Whom::EveryDocument => asked.kind == Kind::Document,
        Whom::Patients(places) => asked.kind == Kind::Document && places.contains(&asked.index),
    };
    whom && (trouble.span.0..trouble.span.1).contains(&seconds)
}

fn read_people(csv: &Path) -> Vec<Patient> {
    let text = std::fs::read_to_string(csv).unwrap();
    let patient = |line: &str| {
        let fields: Vec<_> = line.split(',').map(str::to_owned).collect();
        let [tenant, account, token, _] = fields.try_into().unwrap();
        let listed_account = account.clone();
        Patient { tenant, account, listed_account, token, listed: true, denied_until: 0, note: 0 }
    };
    text.lines().skip(1).map(patient).collect()
}

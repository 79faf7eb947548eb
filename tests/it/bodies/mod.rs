//! What a night costs on disk: the newest body of a chart as it came, older ones as deltas against it; that each can be had, and what is told of one
//! that cannot.

use std::{fs, path::Path};

use ccda_export::{clock::Clock, store::Sharing};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::harness::{Ended, Sandbox, call, run_here, session};

mod compressed;
mod damage;
mod growth;
mod history;
mod let_go;

const HEX: &str = "0123456789abcdef";

/// Charts at the vendor, and the database that nights of them have filled.
struct Practice {
    charts: TempDir,
    sandbox: Sandbox,
    clock: Clock,
    /// What was served, a list for each night.
    nights: Vec<Vec<String>>,
}

impl Practice {
    /// So many patients, and keys for the job's file.
    fn new(patients: usize, keys: &str) -> Self {
        let charts = tempfile::tempdir().unwrap();
        for patient in 0..patients {
            fs::write(charts.path().join(file(patient)), "").unwrap();
        }
        let sandbox = Sandbox::start(&["--documents", charts.path().to_str().unwrap(), "--tenants", "1", "--accounts", "1"]);
        sandbox.edit("job.toml", "database = ", &format!("{keys}database = "));
        Self { charts, sandbox, clock: Clock::manual("2026-03-01T02:00:00Z".parse().unwrap()), nights: Vec::new() }
    }

    /// A night in which these patients' charts say something new, and those of all others the same under new ids.
    async fn pass(&mut self, patients: usize, changed: impl Fn(usize) -> bool) {
        let night = self.nights.len();
        let before = self.nights.last();
        let charts: Vec<_> = (0..patients)
            .map(|patient| {
                let version = before.map_or(0, |charts: &Vec<String>| version(&charts[patient])) + usize::from(changed(patient));
                chart(patient, night, version)
            })
            .collect();
        for (patient, chart) in charts.iter().enumerate() {
            fs::write(self.charts.path().join(file(patient)), chart).unwrap();
        }
        let end = run_here(&self.sandbox.job(), &self.clock, 7).await.unwrap();
        assert_eq!(end.exit_code as u8, 0, "night {night}");
        self.nights.push(charts);
        self.clock.advance(std::time::Duration::from_secs(86_400));
    }

    fn act(&self, name: &str, args: &[&str]) -> Ended {
        let job = self.sandbox.job();
        call([name.as_ref(), job.as_os_str()].into_iter().chain(args.iter().map(|arg| arg.as_ref())))
    }

    /// The bytes of a document, or what is told in their place.
    fn cat(&self, document: i64) -> Ended {
        call(["cat", "--job", self.sandbox.job().to_str().unwrap(), &document.to_string()])
    }

    async fn change(&self, sql: &'static str) {
        let mut session = session(&self.database(), Sharing::default()).await;
        for sql in ["PRAGMA foreign_keys = OFF", sql] {
            sqlx::query(sql).execute(&mut session.connection).await.unwrap();
        }
        session.close().await.unwrap();
    }

    fn database(&self) -> std::path::PathBuf {
        self.sandbox.path("export.sqlite")
    }

    /// That each file of an unpacked folder is what was served, and that none is missing; tells how many there are.
    fn assert_unpacked(&self, dir: &Path) -> usize {
        let mut served: Vec<String> = self.nights.iter().flatten().map(|chart| digest(chart.as_bytes())).collect();
        let folder = dir.join("TENANT_AA");
        let mut found: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| digest(&fs::read(entry.unwrap().path()).unwrap())).collect();
        served.sort();
        found.sort();
        assert!(served == found, "{} were served and {} found, or others", served.len(), found.len());
        found.len()
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(HEX.as_bytes()[usize::from(digit)]))
        .collect()
}

/// Files in the order of patients.
fn file(patient: usize) -> String {
    format!("{patient:04}.xml")
}

/// The version that a chart says it is.
fn version(chart: &str) -> usize {
    let (_, rest) = chart.split_once("version ").unwrap();
    rest.split_once('<').unwrap().0.parse().unwrap()
}

/// About 16 kB, as the vendor makes it anew each night: another id and time, and the same content until there is a new version.
fn chart(patient: usize, night: usize, version: usize) -> String {
    let mut rng = fastrand::Rng::with_seed(patient as u64);
    let mut words =
        |count: usize| (0..count).map(|_| (0..rng.usize(3..9)).map(|_| rng.lowercase()).collect::<String>()).collect::<Vec<_>>().join(" ");
    let entries: String = (0..40 + version)
        .map(|entry| {
            format!(
                "<entry><act classCode=\"ACT\" moodCode=\"EVN\"><id root=\"1.2.5\" extension=\"{entry}\"/><text>{}</text></act></entry>\n",
                words(40)
            )
        })
        .collect();
    let id = digest(format!("{patient} {night}").as_bytes());
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"{}-{}-{}-{}-{}\"/>\
         <code code=\"34133-9\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>Continuity of Care Document</title>\
         <effectiveTime value=\"20260301{:06}+0000\"/>\
         <recordTarget><patientRole><id root=\"2.16.840.1.113883.19.5\" extension=\"{patient:08}\"/><patient><name><given>P{patient}</given>\
         <family>Abbot</family></name><birthTime value=\"19700101\"/></patient></patientRole></recordTarget><component><structuredBody>\
         <component><section><code code=\"51848-0\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>Assessment</title>\
         <text>version {version}</text>{entries}</section></component></structuredBody></component></ClinicalDocument>\n",
        &id[..8],
        &id[8..12],
        &id[12..16],
        &id[16..20],
        &id[20..32],
        night,
    )
}

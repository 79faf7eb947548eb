//! Whose chart it is, and whether it is whole: through the real binary, with a server whose documents change between two nights.

mod decisions;
mod mixed_up;
mod persons;
mod shrunk;
mod stood_for;
mod unchanged;

use std::fs;

use ccda_export::store::Sharing;
use tempfile::TempDir;

use crate::harness::{Ended, Sandbox, call, session};

/// A chart that names one person: record number, family name, given name, birth date, and what else it holds.
fn chart(mrn: &str, family: &str, birth_date: &str, content: &str) -> String {
    format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\" extension=\"{}\"/><recordTarget><patientRole>\
         <id root=\"1.2.4\" extension=\"{mrn}\"/><id nullFlavor=\"UNK\"/><id root=\"2.16.840.1.113883.4.1\" extension=\"***-**-0007\"/>\
         <patient><name><given>Ann</given><family>{family}</family></name><birthTime value=\"{birth_date}\"/></patient>\
         </patientRole></recordTarget>{content}</ClinicalDocument>",
        fastrand::u64(..)
    )
}

/// A section with so many entries.
fn section(code: &str, entries: usize) -> String {
    format!("<component><section><code code=\"{code}\"/>{}</section></component>", "<entry><act/></entry>".repeat(entries))
}

/// A server that has one file a patient, and its export.
struct Practice {
    files: TempDir,
    sandbox: Sandbox,
}

impl Practice {
    fn of(charts: &[String]) -> Self {
        let files = tempfile::tempdir().unwrap();
        for (number, chart) in charts.iter().enumerate() {
            fs::write(files.path().join(format!("{number:02}.xml")), chart).unwrap();
        }
        let sandbox = Sandbox::start(&["--documents", files.path().to_str().unwrap()]);
        // One after the other, so that documents come in the order of the patients.
        sandbox.edit("job.toml", "concurrent = 32", "concurrent = 1");
        Self { files, sandbox }
    }

    /// What the server has of a patient from now on.
    fn serve(&self, patient: usize, chart: impl AsRef<[u8]>) {
        fs::write(self.files.path().join(format!("{patient:02}.xml")), chart).unwrap();
    }

    /// The next night.
    fn night(&self) -> Ended {
        self.sandbox.run(&["--again", "--output", "json"])
    }

    /// A command that takes the job first.
    fn act(&self, args: &[&str]) -> Ended {
        let job = self.sandbox.job();
        call(args[..1].iter().map(std::ffi::OsStr::new).chain([job.as_os_str()]).chain(args[1..].iter().map(std::ffi::OsStr::new)))
    }

    /// Changes the database behind the program's back.
    async fn change(&self, sql: &'static str) {
        let mut session = session(&self.sandbox.path("export.sqlite"), Sharing::default()).await;
        sqlx::query(sql).execute(&mut session.connection).await.unwrap();
        session.close().await.unwrap();
    }

    /// A command about the job's documents.
    fn call(&self, args: &[&str]) -> Ended {
        let job = self.sandbox.job();
        let args: Vec<_> = args.iter().map(std::ffi::OsStr::new).chain(["--job".as_ref(), job.as_os_str()]).collect();
        call(args)
    }

    /// Rows as lines, their columns parted by spaces.
    async fn lines(&self, sql: &str) -> Vec<String> {
        self.sandbox.ask(sql).await.into_iter().map(|row| row.join(" ")).collect()
    }

    /// Status and reason of each document in the order of their coming.
    async fn documents(&self) -> Vec<String> {
        self.lines("SELECT status, coalesce(reason, '-') FROM documents ORDER BY id").await
    }

    /// State and reason of each patient's newest fetch.
    async fn fetches(&self) -> Vec<String> {
        self.lines(
            "SELECT state, coalesce(reason, '-') FROM fetches f
             WHERE id = (SELECT max(id) FROM fetches n WHERE n.patient_id = f.patient_id AND n.state <> 'superseded') ORDER BY patient_id",
        )
        .await
    }

    /// The latest document of each patient.
    async fn latest(&self) -> Vec<String> {
        self.lines("SELECT document_id FROM latest_documents ORDER BY patient_id").await
    }

    /// Nothing in the database contradicts itself.
    fn is_sound(&self) {
        let job = self.sandbox.job();
        let ended = call(["verify".as_ref(), job.as_os_str()]);
        assert_eq!(ended.code(), 0, "{ended:#?}");
    }
}

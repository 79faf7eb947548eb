//! Bodies against a naive model that keeps all of them as they came: whatever is stored, discarded, let go and forgotten in whatever order, each that
//! a document has can be had byte for byte, and the latest is plain.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sha2::{Digest, Sha256};
use sqlx::Connection;

use crate::{
    domain::{DocumentId, DocumentStatus, Identity, IdentityId, PatientId, Reason, RunId, Window},
    store::{
        Act, DatabaseFile, Session, bodies,
        documents::{self, Decision, Filed, New, NewDocument},
        forget::Whom,
        retention,
        verify::{Verification, Verified},
    },
};

/// A patient's document: whether it is of a window, which of a few texts it is, where it is filed, and whether it is compressed.
#[derive(Debug, Clone, Copy)]
struct Came {
    patient: i64,
    windowed: bool,
    text: u8,
    status: DocumentStatus,
    compressed: bool,
}

#[derive(Debug, Clone)]
enum Step {
    /// Together, of each patient the first.
    Store(Vec<Came>),
    /// One of the documents so far, by its place among them.
    Discard(usize),
    Accept(usize),
    LetGo(usize),
    Forget(i64),
}

const PATIENTS: i64 = 3;
const TEXTS: u8 = 24;
/// The last of them are the same for everybody.
const SHARED: u8 = 6;

fn any_step() -> impl Strategy<Value = Step> {
    use DocumentStatus::*;
    let status = prop_oneof![6 => Just(Accepted), 1 => Just(Shrunk), 1 => Just(Quarantined), 1 => Just(Discarded)];
    let came = (1..=PATIENTS, any::<bool>(), 0..TEXTS, status, prop::bool::weighted(0.2))
        .prop_map(|(patient, windowed, text, status, compressed)| Came { patient, windowed, text, status, compressed });
    prop_oneof![
        20 => prop::collection::vec(came, 1..4).prop_map(Step::Store),
        2 => any::<usize>().prop_map(Step::Discard),
        1 => any::<usize>().prop_map(Step::Accept),
        5 => any::<usize>().prop_map(Step::LetGo),
        1 => (1..=PATIENTS).prop_map(Step::Forget),
    ]
}

/// About 4 kB of which a few bytes differ from text to text, and from patient to patient nearly all.
fn text(patient: i64, number: u8) -> Vec<u8> {
    let of = if number < TEXTS - SHARED { patient } else { 0 };
    let mut rng = fastrand::Rng::with_seed(u64::try_from(of).unwrap());
    let mut text: Vec<u8> = std::iter::repeat_with(|| rng.u8(b' '..=b'~')).take(4_000 + usize::from(number % 3)).collect();
    text[2_000] = number;
    text
}

struct Store {
    session: Session,
    _folder: tempfile::TempDir,
    /// Patient and bytes of the documents that have a body.
    model: BTreeMap<i64, (i64, Vec<u8>)>,
    stored: i64,
}

impl Store {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.sqlite");
        let file = DatabaseFile::at(path);
        let mut session = Session::open(file, "a test").await.unwrap();
        for sql in [
            "INSERT INTO tenants (tenant) VALUES ('T')",
            "INSERT INTO accounts (tenant_id, account) VALUES (1, 'a')",
            "INSERT INTO runs (job, kind, occurrence_at, started_at, process, version) VALUES ('nightly', 'nightly', 0, 0, 'a test', '0')",
        ] {
            sqlx::query(sql).execute(&mut session.connection).await.unwrap();
        }
        let mut this = Self { session, _folder: folder, model: BTreeMap::new(), stored: 0 };
        for patient in 1..=PATIENTS {
            this.list(patient).await;
        }
        this
    }

    async fn list(&mut self, patient: i64) {
        let listed = sqlx::query(
            "INSERT INTO patients (id, tenant_id, account_id, patient_token, first_seen_at, changed_at) VALUES (?1, 1, 1, 'P' || ?1, 0, 0)",
        );
        listed.bind(patient).execute(&mut self.session.connection).await.unwrap();
    }

    fn place(&self, place: usize) -> Option<i64> {
        self.model.keys().nth(place.checked_rem(self.model.len())?).copied()
    }

    fn document(&mut self, came: Came) -> New {
        let Came { patient, windowed, text: number, status, compressed } = came;
        let day = "2026-01-01".parse().unwrap();
        let bytes = text(patient, number);
        let document = NewDocument {
            sha256: Sha256::digest(&bytes).into(),
            zstd: compressed.then(|| bodies::compressed(&bytes)).flatten(),
            bytes,
            warnings: "[]".into(),
            identity: Identity::default(),
            ..NewDocument::default()
        };
        let reason = (status == DocumentStatus::Quarantined).then_some(Reason::IdentityMismatch);
        let filed = Filed { status, reason, identity: IdentityId(1), content: None };
        self.stored += 1;
        let window = windowed.then_some(Window { start: day, end: day });
        New { patient: PatientId(patient), window, run: RunId(1), fetched_at: self.stored, document, filed }
    }

    async fn take(&mut self, step: Step) {
        let act = Act { at: 0, who: "a test".into(), what: "test", target: String::new() };
        match step {
            Step::Store(mut came) => {
                let mut patients = BTreeSet::new();
                came.retain(|came| patients.insert(came.patient));
                let new = came.iter().map(|came| self.document(*came)).collect();
                let mut transaction = self.session.connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
                let stored = documents::insert(&mut transaction, new).await.unwrap();
                transaction.commit().await.unwrap();
                for (stored, Came { patient, text: number, .. }) in stored.iter().zip(came) {
                    self.model.insert(stored.id.0, (patient, text(patient, number)));
                }
            }
            Step::Discard(place) | Step::Accept(place) => {
                let decision = if matches!(step, Step::Accept(_)) { Decision::Accept } else { Decision::Discard };
                if let Some(document) = self.place(place) {
                    let ids = [DocumentId(document)];
                    self.session.act(&act, async |c| documents::decide(c, decision, &ids, 0).await).await.unwrap();
                }
            }
            Step::LetGo(place) => {
                if let Some(document) = self.place(place).filter(|document| !self.is_latest(*document)) {
                    retention::end_bodies(&mut self.session.connection, &[DocumentId(document)]).await.unwrap();
                    self.model.remove(&document);
                }
            }
            Step::Forget(patient) => {
                self.session.forget(&Whom::Patients(vec![PatientId(patient)]), &act).await.unwrap().unwrap();
                self.model.retain(|_, (whose, _)| *whose != patient);
                self.list(patient).await;
            }
        }
    }

    /// As retention has it: the newest of a patient is never let go.
    fn is_latest(&self, document: i64) -> bool {
        let whose = self.model[&document].0;
        self.model.iter().filter(|(_, (patient, _))| *patient == whose).rev().take(4).any(|(id, _)| *id == document)
    }

    async fn check(&mut self) {
        let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT id, body_id FROM documents WHERE body_id IS NOT NULL ORDER BY id")
            .fetch_all(&mut self.session.connection)
            .await
            .unwrap();
        assert!(rows.iter().map(|(id, _)| id).eq(self.model.keys()));
        for (document, body) in rows {
            let bytes = bodies::read(&mut self.session.connection, body).await.unwrap();
            assert!(bytes == self.model[&document].1, "document {document} has other bytes");
        }
        let mut found = Vec::new();
        let mut verification = Verification::begin(&self.session.file.path).await.unwrap();
        let Verified { bodies, .. } = verification.bodies(&mut |damage| found.push(damage)).await.unwrap();
        // There are no fetches here, of which it would tell too.
        verification.states(&mut |damage| found.extend(Some(damage).filter(|damage| damage.starts_with("body")))).await.unwrap();
        assert_eq!(found, Vec::<String>::new());
        let different: std::collections::BTreeSet<_> = self.model.values().map(|(_, bytes)| bytes).collect();
        assert_eq!(bodies, different.len() as u64);
    }
}

#[test]
fn every_body_can_be_had_byte_for_byte_whatever_was_done() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let deltas = std::cell::Cell::new(0);
    runner
        .run(&prop::collection::vec(any_step(), 30..90), |steps| {
            runtime.block_on(async {
                let mut store = Store::open().await;
                for (count, step) in steps.into_iter().enumerate() {
                    store.take(step).await;
                    if count % 8 == 7 {
                        store.check().await;
                    }
                }
                store.check().await;
                let made: i64 = sqlx::query_scalar("SELECT count(*) FROM bodies WHERE base_id IS NOT NULL")
                    .fetch_one(&mut store.session.connection)
                    .await
                    .unwrap();
                deltas.set(deltas.get() + made);
            });
            Ok(())
        })
        .unwrap();
    // Else it was about nothing.
    assert!(deltas.get() > 100, "only {} deltas", deltas.get());
}

#[tokio::test]
async fn the_same_bytes_that_come_for_two_at_once_end_the_longer_of_their_chains() {
    let mut store = Store::open().await;
    let came = |patient, text| Came { patient, windowed: false, text, status: DocumentStatus::Accepted, compressed: false };
    for step in [vec![came(1, 18), came(2, 19)], vec![came(2, 20)], vec![came(1, 21), came(2, 21)]] {
        store.take(Step::Store(step)).await;
        store.check().await;
    }
}

//! The books of one patient against a model of them, whatever is written in whatever order: by the run that holds the database, and by one that
//! was ousted and does not know it yet.

use std::{cell::RefCell, time::Duration};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sqlx::{Connection, SqliteConnection};

use super::*;
use crate::{
    clock::Millis,
    domain::{
        AccountId, AccountName, AttemptKind, DocumentStatus, FetchId,
        FetchState::{self, *},
        IdentityId, Outcome, PatientId, PatientToken, Reason, RunId, TenantId, TenantName,
    },
    store::{
        DatabaseFile, Session, accounts,
        attempts::{Attempt, Ended},
        jobs, patients,
        retry::{Given, revive},
        runs,
        runs::{NewRun, RunKind},
        tenants,
    },
};

const JOB: &str = "nightly";
const DAY: Millis = 86_400_000;

/// Who asks for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    /// The run that took the lock last.
    Holder,
    /// The one before it, whose lock file was taken away.
    Ousted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Claim(Asker),
    Unclaim(Asker),
    /// A denial is noted and the replay about to be sent.
    Replay(Asker),
    /// The replay was not sent.
    Release(Asker),
    Settle(Asker, FetchState),
    /// The verdict turned out to be about the account.
    GiveBack,
    Retry,
    /// The process died, and another opens the database: in the same occurrence, or in the next.
    Die {
        next_occurrence: bool,
    },
}

fn any_event() -> impl Strategy<Value = Event> {
    let asker = || prop_oneof![4 => Just(Asker::Holder), 1 => Just(Asker::Ousted)];
    let settled = prop::sample::select(vec![Done, Absent, Dead, Quarantined, Waiting]);
    prop_oneof![
        6 => asker().prop_map(Event::Claim),
        1 => asker().prop_map(Event::Unclaim),
        1 => asker().prop_map(Event::Replay),
        1 => asker().prop_map(Event::Release),
        6 => (asker(), settled).prop_map(|(asker, state)| Event::Settle(asker, state)),
        1 => Just(Event::GiveBack),
        1 => Just(Event::Retry),
        2 => any::<bool>().prop_map(|next_occurrence| Event::Die { next_occurrence }),
    ]
}

/// The patient's newest fetch, and how much stands in the books beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Books {
    state: FetchState,
    /// Whether it says when it is due.
    timed: bool,
    attempts: u32,
    losses: u32,
    /// Rows of attempts at any fetch of the patient.
    rows: u32,
    documents: u32,
}

const NEW: Books = Books { state: Pending, timed: false, attempts: 0, losses: 0, rows: 0, documents: 0 };

impl Books {
    /// What must stand in them after an event. An ousted run changes nothing at all, and a claim is settled once.
    fn after(self, event: Event) -> Self {
        match (event, self.state) {
            (Event::Claim(Asker::Holder), Pending | Waiting) => Self { state: Leased, ..self },
            (Event::Unclaim(Asker::Holder), Leased) => Self { state: if self.timed { Waiting } else { Pending }, ..self },
            (Event::Replay(Asker::Holder), Leased) => Self { rows: self.rows + 1, ..self },
            (Event::Release(Asker::Holder), Leased) => self.waiting(),
            (Event::Settle(Asker::Holder, state), Leased) => Self {
                state,
                timed: state == Waiting,
                attempts: self.attempts + 1,
                rows: self.rows + 1,
                documents: self.documents + u32::from(state == Done),
                ..self
            },
            (Event::GiveBack, Dead | Absent | Waiting | Quarantined) => {
                Self { attempts: self.attempts.saturating_sub(1), ..self.waiting() }
            }
            (Event::Retry, Dead | Quarantined) => Self { rows: self.rows, documents: self.documents, ..NEW },
            (Event::Die { next_occurrence }, _) => {
                let left = if self.state == Leased { self.lost() } else { self };
                if next_occurrence { left.planned_anew() } else { left }
            }
            _ => self,
        }
    }

    fn waiting(self) -> Self {
        Self { state: Waiting, timed: true, ..self }
    }

    fn lost(self) -> Self {
        let lost = Self { losses: self.losses + 1, rows: self.rows + 1, ..self.waiting() };
        if lost.losses == 5 { Self { state: Dead, timed: false, ..lost } } else { lost }
    }

    fn planned_anew(self) -> Self {
        let losses = match self.state {
            Pending | Waiting => self.losses,
            Dead if self.losses == 5 => 2,
            _ => 0,
        };
        Self { losses, rows: self.rows, documents: self.documents, ..NEW }
    }
}

/// Who writes the real books, about whom and when.
#[derive(Debug, Clone, Copy)]
struct Bookkeeper {
    tenant: TenantId,
    account: AccountId,
    patient: PatientId,
    holder: RunId,
    ousted: RunId,
    now: Millis,
    occurrence_at: Millis,
}

impl Bookkeeper {
    async fn open(connection: &mut SqliteConnection) -> sqlx::Result<Self> {
        let tenant = tenants::ensure(connection, &TenantName("NORTH".into())).await?;
        let name = AccountName("front-desk".into());
        let account = accounts::ensure(connection, tenant, &[&name]).await?[&name.0];
        let line = patients::Line { tenant, account, token: PatientToken::new("p-1"), extra: "{}".into() };
        let patient = patients::take_over(connection, vec![line], true, 0).await?[0];
        jobs::know(connection, JOB).await?;
        jobs::add_patients(connection, JOB, &[patient]).await?;
        let mut books = Self { tenant, account, patient, holder: RunId(0), ousted: RunId(0), now: DAY, occurrence_at: DAY };
        // Twice, so that there is one to be ousted.
        books.begin(connection).await?;
        books.begin(connection).await?;
        Ok(books)
    }

    /// Another process takes the lock.
    async fn begin(&mut self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let Self { tenant, now, occurrence_at, .. } = *self;
        close_lost(connection, now).await?;
        runs::close_dead(connection, now).await?;
        let run = NewRun { job: JOB, kind: RunKind::Nightly, backfill: None, occurrence_at, started_at: now, process: "a test" };
        let run = runs::begin(connection, &run).await?;
        (self.ousted, self.holder) = (self.holder, run);
        plan(connection, &Plan { run, narrowed: false, job: JOB.into(), tenant, occurrence_at, window: None, denied_after: 0, now })
            .await?;
        Ok(())
    }

    async fn happens(&mut self, connection: &mut SqliteConnection, event: Event) -> sqlx::Result<()> {
        self.now += 1_000;
        let Event::Die { next_occurrence } = event else { return self.write(connection, event).await };
        self.occurrence_at += if next_occurrence { DAY } else { 0 };
        self.now = self.now.max(self.occurrence_at);
        self.begin(connection).await
    }

    /// As the writer does it: what finds that its run lost the fetch undoes the whole batch.
    async fn write(self, connection: &mut SqliteConnection, event: Event) -> sqlx::Result<()> {
        let mut batch = connection.begin().await?;
        let fetch = self.newest(&mut batch).await?;
        let claim_by = |asker| Claim { fetch, run: self.run(asker), account: self.account, now: self.now };
        let kept = match event {
            Event::Claim(asker) => claim(&mut batch, self.run(asker), &[claim_by(asker)]).await?.is_some(),
            Event::Unclaim(asker) => unclaim(&mut batch, &[claim_by(asker)]).await?,
            Event::Replay(asker) => replay(&mut batch, fetch, &self.attempt(fetch, asker), self.now).await?,
            Event::Release(asker) => release(&mut batch, fetch, self.run(asker), Reason::Denied, self.now).await?,
            Event::Settle(asker, state) => {
                let attempts = read(&mut batch, fetch).await?.attempts + 1;
                settle(&mut batch, vec![self.settlement(fetch, asker, state, attempts)]).await?.is_some()
            }
            Event::GiveBack => give_back(&mut batch, &[(fetch, true)], Reason::Rejected, self.now).await.map(|()| true)?,
            Event::Retry => revive(&mut batch, JOB, &Given::default(), self.now).await.map(|_| true)?,
            Event::Die { .. } => true,
        };
        if kept { batch.commit().await } else { batch.rollback().await }
    }

    fn run(self, asker: Asker) -> RunId {
        if asker == Asker::Holder { self.holder } else { self.ousted }
    }

    fn attempt(self, fetch: FetchId, asker: Asker) -> Attempt {
        let (duration, outcome, reason) = (Duration::ZERO, Outcome::Passing, Some(Reason::Denied));
        let ended = Ended { duration, http_status: None, outcome, reason, detail: None, bytes: 0 };
        let (run, account) = (self.run(asker), self.account);
        Attempt { run, fetch: Some(fetch), account, kind: AttemptKind::Document, started_at: self.now, ended }
    }

    fn settlement(self, fetch: FetchId, asker: Asker, state: FetchState, attempts: u32) -> Settlement {
        let Self { patient, now, .. } = self;
        let filed = Filed { status: DocumentStatus::Accepted, reason: None, identity: IdentityId(1), content: None };
        let document = (state == Done).then(|| (NewDocument { bytes: vec![b'x'], warnings: "[]".into(), ..NewDocument::default() }, filed));
        let next = Next { state, reason: Some(Reason::Rejected), attempts, due_at: (state == Waiting).then_some(now) };
        Settlement { fetch, patient, window: None, attempt: self.attempt(fetch, asker), next, document, refused: None, now }
    }

    async fn newest(self, connection: &mut SqliteConnection) -> sqlx::Result<FetchId> {
        sqlx::query_scalar("SELECT max(id) FROM fetches WHERE patient_id = ? AND state <> 'superseded'")
            .bind(self.patient.0)
            .fetch_one(connection)
            .await
            .map(FetchId)
    }
}

async fn read(connection: &mut SqliteConnection, fetch: FetchId) -> sqlx::Result<Books> {
    let (state, timed, attempts, losses, rows, documents): (String, bool, u32, u32, u32, u32) = sqlx::query_as(
        "SELECT state, due_at IS NOT NULL, attempts, losses, (SELECT count(*) FROM attempts), (SELECT count(*) FROM documents)
         FROM fetches WHERE id = ?",
    )
    .bind(fetch.0)
    .fetch_one(connection)
    .await?;
    Ok(Books { state: state.parse().unwrap(), timed, attempts, losses, rows, documents })
}

/// Fetches beside the newest on which work remains.
async fn unfinished_beside(connection: &mut SqliteConnection, newest: FetchId) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT count(*) FROM fetches WHERE id <> ? AND state IN ('pending', 'leased', 'waiting')")
        .bind(newest.0)
        .fetch_one(connection)
        .await
}

/// Compares the books with their model after each event. Whatever happened, the next occurrence finds a fetch that can be claimed.
async fn live(connection: &mut SqliteConnection, events: &[Event]) -> sqlx::Result<()> {
    let mut books = Bookkeeper::open(connection).await?;
    let mut model = NEW;
    for event in events.iter().chain(&[Event::Die { next_occurrence: true }, Event::Claim(Asker::Holder)]) {
        books.happens(connection, *event).await?;
        model = model.after(*event);
        let newest = books.newest(connection).await?;
        assert_eq!(read(connection, newest).await?, model, "after {event:?}");
        assert_eq!(unfinished_beside(connection, newest).await?, 0, "after {event:?}");
    }
    assert_eq!(model.state, Leased);
    Ok(())
}

#[test]
fn a_claim_is_settled_once_by_the_run_that_holds_it_and_what_is_done_stays_done() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.sqlite");
    let file = DatabaseFile::at(path);
    let session = RefCell::new(runtime.block_on(Session::open(file, "a test")).unwrap());
    let config = Config { failure_persistence: None, ..Config::default() };
    let lives = TestRunner::new(config).run(&prop::collection::vec(any_event(), 1..40), |events| {
        let mut session = session.borrow_mut();
        runtime.block_on(async {
            // Never committed, so that each life begins in empty books.
            let mut transaction = session.connection.begin().await.unwrap();
            live(&mut transaction, &events).await.unwrap();
            transaction.rollback().await.unwrap();
        });
        Ok(())
    });
    lives.unwrap();
}

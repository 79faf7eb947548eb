//! One run of a job, from taking the roster over to the receipt.

use std::sync::{Arc, Mutex};

use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};
use tokio::task::JoinSet;

use crate::{
    clock::{Clock, Millis},
    domain::RunId,
    failpoint,
    report::{ExitCode, Receipt},
    store::{Session, StoreError, Writer, backfills, fetches, receipts, runs, runs::RunKind},
};

use super::{
    Progress, Pruned, RunError, RunRequest, Stop,
    desk::Desk,
    night::Night,
    opening::{self, Opened},
    paces::Shown,
    prune::prune,
    pulls::Pulls,
    tenant::{Shared, TenantRun},
    tenants::{self, Suspensions},
};

/// What a run came to.
#[derive(Debug, Clone)]
pub struct RunEnd {
    pub run: RunId,
    pub started_at: Millis,
    pub ended_at: Millis,
    pub occurrence_at: Millis,
    pub receipt: Receipt,
    pub exit_code: ExitCode,
    /// How large the database's WAL became, in bytes, where a reader who kept a snapshot made it grow past the notice.
    pub wal_grew_to: Option<u64>,
}

/// Does the run and closes the session. The receipt is in the database and in the result.
///
/// # Errors
/// Only what makes the whole run impossible; the run's row then has the exit code, where the database still takes it.
pub async fn run(mut session: Session, request: RunRequest, clock: &Clock, stop: &Stop, progress: &Progress) -> Result<RunEnd, RunError> {
    let opened = open(&mut session, &request, request.work.kind(), clock, progress).await;
    let opened = match opened {
        Ok(opened) => opened,
        Err((id, error)) => return Err(close_failed(session, id, clock, error).await),
    };
    tracing::info!(run = opened.id.0, job = request.job, due = progress.total().due, "run begins");
    let night = opened.night.clone();
    let (mut session, worked) = with_tenants(session, &request, &opened, clock, stop, progress, |tenants| work(tenants, night)).await;
    let outage = match worked {
        Ok(outage) => outage,
        Err(error) => return Err(close_failed(session, Some(opened.id), clock, error).await),
    };
    failpoint::pass("worked");
    let closed = close(&mut session, &request, &opened, clock, outage, progress).await;
    let (receipt, exit_code) = match closed {
        Ok(closed) => closed,
        Err(error) => return Err(close_failed(session, Some(opened.id), clock, error).await),
    };
    failpoint::pass("ended");
    let exit_code = ExitCode::worst([exit_code, retain(&mut session, &request, clock, stop).await]);
    let wal_grew_to = session.wal_grew_to();
    session.close().await?;
    tracing::info!(run = opened.id.0, job = request.job, exit_code = exit_code as u8, done = receipt.total.done, "run ended");
    let Opened { id, started_at, occurrence_at, .. } = opened;
    Ok(RunEnd { run: id, started_at, ended_at: clock.now_ms(), occurrence_at, receipt, exit_code, wal_grew_to })
}

/// Opens the run; with an error comes its row, if it has one already.
pub(super) async fn open(
    session: &mut Session,
    request: &RunRequest,
    kind: RunKind,
    clock: &Clock,
    progress: &Progress,
) -> Result<Opened, (Option<RunId>, RunError)> {
    let now = clock.now_ms();
    // The row first and for itself: also a run that is refused is one that an operator wants to see.
    let begun = async {
        let mut transaction = session.connection.begin_with("BEGIN IMMEDIATE").await?;
        let begun = opening::begin(&mut transaction, request, kind, now).await?;
        transaction.commit().await?;
        sqlx::Result::Ok(begun)
    };
    let begun = begun.await.map_err(|error: sqlx::Error| (None, error.into()))?;
    let id = begun.id;
    progress.begin(id);
    failpoint::pass("begun");
    let opened = async {
        let mut transaction = session.connection.begin_with("BEGIN IMMEDIATE").await?;
        let opened = opening::open(&mut transaction, request, begun, now, progress).await?;
        transaction.commit().await?;
        failpoint::pass("opened");
        let due = if opened.backfill.is_some() { 0 } else { progress.total().due };
        opening::refuse_little_space(session, due).await?;
        Ok(opened)
    };
    opened.await.map_err(|error| (Some(id), error))
}

/// Starts the writer, makes the tenants ready, and does `work` with them until it ends or the run has to.
pub(super) async fn with_tenants<T>(
    mut session: Session,
    request: &RunRequest,
    opened: &Opened,
    clock: &Clock,
    stop: &Stop,
    progress: &Progress,
    work: impl AsyncFnOnce(Vec<Arc<TenantRun>>) -> Result<T, RunError>,
) -> (Session, Result<T, RunError>) {
    let suspensions = match Suspensions::load(&mut session, request, opened).await {
        Ok(suspensions) => suspensions,
        Err(error) => return (session, Err(error.into())),
    };
    let readers = session.readers.clone();
    let writer = Writer::start(session);
    let shared = Arc::new(Shared {
        clock: clock.clone(),
        writer: writer.handle(),
        desk: Desk::open(writer.handle(), request.settings.shrink),
        readers,
        stop: stop.clone(),
        settings: request.settings,
        dice: Mutex::new(fastrand::Rng::with_seed(request.seed)),
        ends_at: clock.elapsed().saturating_add(request.settings.deadline),
        shown: Shown::default(),
    });
    let result = match tenants::prepare(request, opened, suspensions, &shared, progress) {
        Ok(tenants) => tokio::select! {
            result = work(tenants) => result,
            () = stop.watch(clock, request.settings.deadline, request.settings.grace) => unreachable!("watching never ends"),
        },
        Err(error) => Err(error),
    };
    // The writer ends when nobody is left who could ask it.
    drop(shared);
    let (session, written) = writer.finish().await;
    // What stopped the writer is the cause; that its askers heard of it follows from it.
    (session, written.map_err(RunError::from).and(result))
}

/// Works everything off, and plans what of the night is not planned yet; tells whether nothing but outages was heard.
async fn work(tenants: Vec<Arc<TenantRun>>, night: Option<Night>) -> Result<bool, RunError> {
    work_together(&tenants, night).await?;
    // Whatever was lost twice may be what kills this process: nobody else is in flight beside it.
    for tenant in &tenants {
        tenant.work_alone().await?;
    }
    let mut asked = tenants.iter().filter_map(|tenant| tenant.is_out()).peekable();
    Ok(asked.peek().is_some() && asked.all(|out| out))
}

async fn work_together(tenants: &[Arc<TenantRun>], night: Option<Night>) -> Result<(), RunError> {
    // All have their part of their hosts before the first of them takes a place.
    let pulls: Vec<_> = tenants.iter().map(|tenant| Pulls::of(tenant)).collect();
    let mut tasks: JoinSet<_> = tenants.iter().zip(pulls).map(|(tenant, pulls)| Arc::clone(tenant).work(pulls)).collect();
    if let Some(night) = night {
        tasks.spawn(night.go_on(tenants.to_vec()));
    }
    let mut result = Ok(());
    while let Some(ended) = tasks.join_next().await {
        let ended = ended.unwrap_or(Err(RunError::Panicked));
        if result.is_ok() && ended.is_err() {
            // A loop or a plan ends with an error only when nothing can be written any more: the others end in order.
            tenants.iter().for_each(|tenant| tenant.shared.stop.finish());
            result = ended;
        }
    }
    result
}

/// Applies the job's retention. The run is over and proven: what fails here changes its exit code, not its receipt.
async fn retain(session: &mut Session, request: &RunRequest, clock: &Clock, stop: &Stop) -> ExitCode {
    match prune(session, &request.job, request.settings.retention, clock.now_ms(), stop).await {
        Ok(Pruned { documents, bytes, fetches, attempts, .. }) => {
            if documents + fetches + attempts > 0 {
                tracing::info!(job = request.job, documents, bytes, fetches, attempts, "retention let go of what is old");
            }
            ExitCode::Done
        }
        Err(error) => {
            let error = RunError::from(error).sorted(session);
            tracing::error!(job = request.job, %error, "retention failed; the next run or `prune` goes on with it");
            error.exit_code()
        }
    }
}

/// Counts how everything stands, and closes the run with it.
async fn close(
    session: &mut Session,
    request: &RunRequest,
    opened: &Opened,
    clock: &Clock,
    outage: bool,
    progress: &Progress,
) -> Result<(Receipt, ExitCode), RunError> {
    let Opened { id, narrowed, occurrence_at, backfill, .. } = *opened;
    let mut transaction = session.connection.begin_with("BEGIN IMMEDIATE").await?;
    if !runs::is_open(&mut transaction, id).await? {
        return Err(StoreError::TakenOver.into());
    }
    if let Some(before) = nothing_happened(&mut transaction, request, opened, progress).await? {
        return end(transaction, opened, clock, outage, before).await;
    }
    let of = (id, narrowed);
    let mut counts = receipts::counts(&mut transaction, of, &request.job, backfill.map(|known| known.id), occurrence_at).await?;
    let patients = unsigned(receipts::patients(&mut transaction, of, &request.job).await?);
    let mut resting = Vec::new();
    if let Some(known) = backfill {
        for left in backfills::left(&mut transaction, &known, of, &request.job).await? {
            resting.push((left.tenant.clone(), left.resting));
            left.add_to(&mut counts);
        }
    }
    // Who rests in the nightly plan is no business of a backfill's.
    let nightly = request.roster.tenants.iter().zip(&opened.rows.tenants).filter(|_| backfill.is_none());
    for (tenant, row) in nightly {
        let since = (opened.denied_after, occurrence_at);
        let count = fetches::resting(&mut transaction, of, &request.job, *row, since).await?;
        if count > 0 {
            resting.push((tenant.name.to_string(), u64::try_from(count).unwrap_or(0)));
        }
    }
    let receipt = Receipt {
        forgotten: opened.forgotten,
        backfill: backfill.map(|known| known.id.0),
        ..Receipt::new(counts, &patients, &resting, progress.total().effort())
    };
    end(transaction, opened, clock, outage, receipt).await
}

/// The receipt of the run before, where that left nothing to do and this one found nothing: with a million patients, counting them again takes seconds.
async fn nothing_happened(
    connection: &mut SqliteConnection,
    request: &RunRequest,
    opened: &Opened,
    progress: &Progress,
) -> Result<Option<Receipt>, RunError> {
    if opened.narrowed || opened.backfill.is_some() || !opened.is_as_before || progress.total().due > 0 {
        return Ok(None);
    }
    let before = runs::standing_receipt(connection, opened.id, &request.job, opened.occurrence_at).await?;
    // One of another version may be written otherwise: then it is counted.
    let before = before.and_then(|receipt| serde_json::from_str::<Receipt>(&receipt).ok());
    // Who is left alone may have changed with the new run.
    let through = before.filter(|receipt| {
        receipt.adds_up()
            && receipt.total.waiting + receipt.total.not_tried == 0
            && receipt.findings.iter().all(|finding| finding.blocked_by.is_none())
    });
    Ok(through.map(|receipt| Receipt { forgotten: opened.forgotten, effort: progress.total().effort(), ..receipt }))
}

/// Closes the run with this receipt.
async fn end(
    mut transaction: Transaction<'_, Sqlite>,
    opened: &Opened,
    clock: &Clock,
    outage: bool,
    receipt: Receipt,
) -> Result<(Receipt, ExitCode), RunError> {
    let exit_code = ExitCode::of_run(&receipt, outage);
    let json = serde_json::to_string(&receipt).map_err(|error| sqlx::Error::Encode(error.into()))?;
    runs::end(&mut transaction, opened.id, clock.now_ms(), exit_code as u8, Some(&json)).await?;
    failpoint::pass("receipt_written");
    transaction.commit().await?;
    Ok((receipt, exit_code))
}

fn unsigned(counts: Vec<(String, i64)>) -> Vec<(String, u64)> {
    counts.into_iter().map(|(tenant, count)| (tenant, u64::try_from(count).unwrap_or(0))).collect()
}

/// Gives the run's row its exit code where the database still takes it, and tells the cause.
pub(super) async fn close_failed(mut session: Session, id: Option<RunId>, clock: &Clock, error: RunError) -> RunError {
    let error = error.sorted(&session);
    // Whoever holds the write lock is not waited for once more.
    let locked = matches!(error, RunError::Store(StoreError::Locked { .. }));
    if let Some(id) = id.filter(|_| !locked) {
        // The cause is told in any case: when this fails too, the next run finds the row open and closes it.
        let _ = runs::end(&mut session.connection, id, clock.now_ms(), error.exit_code() as u8, None).await;
    }
    let _ = session.close().await;
    error
}

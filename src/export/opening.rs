//! The beginning of a run: what dead runs left is closed, the roster taken over, the fetches planned unless they are very many, all of it or nothing.

use std::collections::HashMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{Backfill, RunId, WindowPolicy},
    edvak::HttpSettings,
    schedule::first_instant,
    store::{
        Session, StoreError, backfills,
        backfills::Known,
        bodies, fetches, free_bytes, jobs, paces, patients, runs,
        runs::{Narrowing, NewRun, RunKind},
        tenants,
    },
};

use super::{
    Progress, Roster, RunError, RunSettings, backlog,
    night::{self, Night, Planned},
    take_over::{self, Rows},
    tenant::later,
};

/// Below this much free space no run begins.
const LEAST_SPACE: u64 = 64 << 20;
/// What a document takes on disk until the database knows better: the vendor's have 14 to 33 KB.
const USUAL_DOCUMENT: u64 = 33_000;

/// What a run is to do.
#[derive(Debug)]
pub struct RunRequest {
    /// The job's name.
    pub job: String,
    pub roster: Roster,
    pub work: Work,
    /// The job's zone: that of its calendar days.
    pub zone: Tz,
    /// The newest time of the job's schedule that is not in the future; for a job without one, the day's start. Of a backfill: the present moment.
    pub occurrence: DateTime<Utc>,
    pub http: HttpSettings,
    pub settings: RunSettings,
    pub narrowing: Narrowing,
    /// Host and process id.
    pub process: String,
    /// For jitter alone.
    pub seed: u64,
}

/// Which fetches a run is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Those of the job's nights: each patient once in an occurrence, for these windows.
    Nightly(WindowPolicy),
    /// Those of a backfill.
    Backfill(Backfill),
}

impl Work {
    /// How many windows it asks of a patient for whom nothing has been asked yet, when today is `today`.
    pub(super) fn windows(&self, today: NaiveDate) -> u64 {
        match self {
            Self::Nightly(windows) => windows.windows(today).len() as u64,
            Self::Backfill(backfill) => backfill.all(backfill.up_to(today)).count() as u64,
        }
    }

    pub(super) fn kind(&self) -> RunKind {
        match self {
            Self::Nightly(_) => RunKind::Nightly,
            Self::Backfill(_) => RunKind::Backfill,
        }
    }
}

/// A run that has its row.
pub(super) struct Begun {
    pub id: RunId,
    pub occurrence_at: Millis,
    /// The backfill that it works on.
    pub backfill: Option<Known>,
    /// Whether a dead run left something behind, or a wrong clock did.
    pub was_mended: bool,
}

/// A run that has been opened in the database.
pub(super) struct Opened {
    pub id: RunId,
    pub started_at: Millis,
    pub occurrence_at: Millis,
    pub narrowed: bool,
    /// The backfill that it works on.
    pub backfill: Option<Known>,
    pub rows: Rows,
    /// Patients denied in an occurrence after this instant rest.
    pub denied_after: Millis,
    /// Patients whom the roster names although they were forgotten.
    pub forgotten: u64,
    /// What of the night is still to be planned, where the run is to go on with it.
    pub night: Option<Night>,
    /// Whether the roster was taken over and planned for before, and no dead run left anything behind.
    pub is_as_before: bool,
}

/// Closes what dead runs left behind, and gives this one its row, and a new job its own.
pub(super) async fn begin(connection: &mut SqliteConnection, request: &RunRequest, kind: RunKind, now: Millis) -> sqlx::Result<Begun> {
    let lost = fetches::close_lost(connection, now).await?;
    let dead = runs::close_dead(connection, now).await?;
    if dead > 0 {
        tracing::warn!(runs = dead, lost_fetches = lost, "an earlier run died; what it held is tried again");
    }
    let was_mended = mend_clock(connection, request, now).await? || dead + lost > 0;
    tenants::end_rests(connection).await?;
    paces::clear(connection).await?;
    let RunRequest { job, process, narrowing, .. } = request;
    jobs::know(connection, job).await?;
    let backfill = match request.work {
        Work::Backfill(backfill) if kind == RunKind::Backfill => Some(backfills::know(connection, job, backfill, narrowing, now).await?),
        _ => None,
    };
    let occurrence_at = backfill.map_or(request.occurrence.timestamp_millis(), |known| known.asked_at);
    let run = NewRun { job, kind, backfill: backfill.map(|known| known.id), occurrence_at, started_at: now, process };
    Ok(Begun { id: runs::begin(connection, &run).await?, occurrence_at, backfill, was_mended })
}

/// Nothing is due for ever because the wall clock was wrong in an earlier run. Suspensions are looked at where they are read.
async fn mend_clock(connection: &mut SqliteConnection, request: &RunRequest, now: Millis) -> sqlx::Result<bool> {
    let pulled_in = fetches::pull_in(connection, &request.job, later(now, request.settings.retry.furthest()), now).await?;
    // Whoever changed in the future did so in a run that was there too; without one nobody has to be looked for.
    let changes = if runs::newest_is_in_the_future(connection, now).await? { patients::pull_in_changes(connection, now).await? } else { 0 };
    if pulled_in + changes > 0 {
        tracing::warn!(
            fetches = pulled_in,
            patients = changes,
            "the clock was wrong in an earlier run: due dates too far ahead are pulled in"
        );
    }
    Ok(pulled_in + changes > 0)
}

/// Takes the roster over, narrows and plans, or finds that there is much to plan. The caller commits it, or undoes all of it.
pub(super) async fn open(
    connection: &mut SqliteConnection,
    request: &RunRequest,
    begun: Begun,
    now: Millis,
    progress: &Progress,
) -> Result<Opened, RunError> {
    let RunRequest { job, roster, narrowing, .. } = request;
    let Begun { id, occurrence_at, backfill, was_mended } = begun;
    let rows = take_over::tenants_and_accounts(connection, roster).await?;
    let forgotten = take_over::patients(connection, roster, &rows, job, now).await?;
    let narrowed = !narrowing.is_everybody();
    if narrowed {
        narrow(connection, id, job, narrowing).await?;
    }
    let denied_after = denied_after(request);
    let mut opened =
        Opened { id, started_at: now, occurrence_at, narrowed, backfill, rows, denied_after, forgotten, night: None, is_as_before: false };
    match (&request.work, backfill) {
        (_, Some(known)) => backlog::begin(connection, request, &opened, known).await?,
        (Work::Nightly(windows), None) => match night::plan(connection, request, windows, &opened).await? {
            Planned::Before => opened.is_as_before = !was_mended,
            Planned::Now => {}
            Planned::Later(night) => opened.night = Some(night),
        },
        // A check only logs in.
        (Work::Backfill(_), None) => {}
    }
    let due = due(connection, request, &opened).await?;
    for tenant in progress.tenants() {
        tenant.set_due(due.get(&tenant.tenant.0).copied().unwrap_or(0));
    }
    Ok(opened)
}

/// How much is to do, by tenant: what is planned, and what is to be planned or has not come up yet.
async fn due(connection: &mut SqliteConnection, request: &RunRequest, opened: &Opened) -> sqlx::Result<HashMap<String, u64>> {
    let Opened { id, narrowed, backfill, .. } = *opened;
    if let Some(night) = &opened.night {
        return night.due(connection, request, opened).await;
    }
    let planned = fetches::due_by_tenant(connection, (id, narrowed), &request.job, backfill.map(|known| known.id)).await?;
    let mut due: HashMap<_, _> = planned.into_iter().map(|(tenant, due)| (tenant, u64::try_from(due).unwrap_or(0))).collect();
    if let Some(known) = backfill {
        for left in backfills::left(connection, &known, (id, narrowed), &request.job).await? {
            *due.entry(left.tenant).or_default() += left.coming;
        }
    }
    Ok(due)
}

async fn narrow(connection: &mut SqliteConnection, id: RunId, job: &str, narrowing: &Narrowing) -> Result<(), RunError> {
    let (patients, tokens) = runs::unknown(connection, job, narrowing).await?;
    if !patients.is_empty() {
        return Err(RunError::UnknownPatients(patients));
    }
    if !tokens.is_empty() {
        return Err(RunError::UnknownTokens(tokens));
    }
    Ok(runs::narrow(connection, id, job, narrowing).await?)
}

/// The end of the day so many days before the occurrence: who was denied in an occurrence dated later rests.
fn denied_after(request: &RunRequest) -> Millis {
    let days = Days::new(u64::from(request.settings.retry.denied_days));
    let day = request.occurrence.with_timezone(&request.zone).date_naive();
    let first_resting = day.checked_sub_days(days).and_then(|day| day.succ_opt()).unwrap_or(day);
    first_instant(request.zone, first_resting.and_time(NaiveTime::MIN)).timestamp_millis() - 1
}

/// Refuses to begin where what is due would not fit on the disk. Of a backfill nobody knows how large its windows are: there only the least is asked for.
pub(super) async fn refuse_little_space(session: &mut Session, due: u64) -> Result<(), RunError> {
    let document = bodies::mean_length(&mut session.connection).await?.unwrap_or(USUAL_DOCUMENT);
    let wanted = LEAST_SPACE.max(due.saturating_mul(document));
    let path = session.file.path.clone();
    let free = free_bytes(&path).map_err(|source| StoreError::NotWritable { path: path.clone(), source })?;
    if free < wanted { Err(StoreError::TooLittleSpace { path, free, wanted }.into()) } else { Ok(()) }
}

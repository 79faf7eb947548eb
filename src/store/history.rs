//! The history of one patient or one fetch: the questions of `why`. Reads neither patient tokens nor anything of a document.

use sqlx::{FromRow, SqliteConnection, SqlitePool};

use crate::{
    clock::Millis,
    domain::{FetchId, PatientId, PatientToken},
};

/// The statements, by the names under which a test looks at their plans.
#[cfg(test)]
pub(super) const STATEMENTS: [(&str, &str); 5] =
    [("patient", PATIENT), ("fetches of a patient", FETCHES_OF_PATIENT), ("fetch", FETCH), ("attempts", ATTEMPTS), ("logins", LOGINS)];

const PATIENT: &str = "SELECT p.id, t.tenant, t.state AS tenant_state, t.state_reason AS tenant_reason, t.next_try_at AS tenant_next_try_at,
    p.account_id, a.account, a.state AS account_state, a.state_reason AS account_reason, a.next_try_at AS account_next_try_at,
    p.first_seen_at, p.removed_at,
    (SELECT max(d.fetched_at) FROM documents d WHERE d.patient_id = p.id AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged'))
        AS document_at
    FROM patients p JOIN tenants t ON t.id = p.tenant_id JOIN accounts a ON a.id = p.account_id WHERE p.id = ?";

macro_rules! fetches {
    ($which:literal) => {
        concat!(
            "SELECT f.id, f.job, f.backfill_id, f.occurrence_at, f.window_start, f.window_end, f.state, f.reason, f.attempts, f.due_at, f.changed_at,
             f.document_id, f.run_id, f.leased_at,
             NOT EXISTS (SELECT 1 FROM fetches n WHERE n.patient_id = f.patient_id AND n.job = f.job AND n.id > f.id AND n.state <> 'superseded'
                         AND n.window_start IS f.window_start AND n.window_end IS f.window_end) AS newest
             FROM fetches f WHERE ",
            $which
        )
    };
}

const FETCHES_OF_PATIENT: &str = fetches!("f.patient_id = ? ORDER BY f.id DESC LIMIT ?");
const FETCH: &str = fetches!("f.id = ?");

const ATTEMPTS: &str = "SELECT run_id, kind, started_at, duration_ms, http_status, outcome, reason, detail, bytes
    FROM attempts WHERE fetch_id = ? ORDER BY id";

const LOGINS: &str = "SELECT run_id, kind, started_at, duration_ms, http_status, outcome, reason, detail, bytes
    FROM attempts WHERE account_id = ? AND fetch_id IS NULL ORDER BY id DESC LIMIT 3";

/// Of whom the history is: never the token, the name or the numbers of a person.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Patient {
    pub id: i64,
    pub tenant: String,
    pub tenant_state: String,
    pub tenant_reason: Option<String>,
    pub tenant_next_try_at: Option<Millis>,
    pub account_id: i64,
    pub account: String,
    pub account_state: String,
    pub account_reason: Option<String>,
    pub account_next_try_at: Option<Millis>,
    pub first_seen_at: Millis,
    pub removed_at: Option<Millis>,
    /// When the latest whole document was asked for.
    pub document_at: Option<Millis>,
}

/// A fetch as it stands.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Fetch {
    pub id: i64,
    pub job: String,
    /// The backfill that planned it; `None`: a night.
    pub backfill_id: Option<i64>,
    pub occurrence_at: Millis,
    pub window_start: Option<String>,
    pub window_end: Option<String>,
    pub state: String,
    pub reason: Option<String>,
    /// Those that speak of the patient.
    pub attempts: u32,
    pub due_at: Option<Millis>,
    pub changed_at: Millis,
    pub document_id: Option<i64>,
    /// The run that claimed it last.
    pub run_id: Option<i64>,
    pub leased_at: Option<Millis>,
    /// Whether it is the patient's newest of its job and window, which alone says what happens next.
    pub newest: bool,
}

/// One exchange with the server.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Attempt {
    pub run_id: i64,
    pub kind: String,
    pub started_at: Millis,
    pub duration_ms: Option<i64>,
    pub http_status: Option<u16>,
    /// `None` while it is on its way.
    pub outcome: Option<String>,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub bytes: Option<i64>,
}

/// A patient's fetches, newest first, with their attempts in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    pub patient: Patient,
    pub fetches: Vec<(Fetch, Vec<Attempt>)>,
    /// Whether older fetches were left out.
    pub more: bool,
    /// The account's newest logins, newest first.
    pub logins: Vec<Attempt>,
}

/// The newest fetches of a patient, `most` of them; `None` where there is no such patient.
pub async fn of_patient(readers: &SqlitePool, patient: PatientId, most: u32) -> sqlx::Result<Option<History>> {
    let mut snapshot = readers.begin().await?;
    let Some(found) = sqlx::query_as(PATIENT).bind(patient.0).fetch_optional(&mut *snapshot).await? else { return Ok(None) };
    // One more than is wanted shows whether there are more.
    let mut fetches: Vec<Fetch> =
        sqlx::query_as(FETCHES_OF_PATIENT).bind(patient.0).bind(i64::from(most) + 1).fetch_all(&mut *snapshot).await?;
    let more = fetches.len() > most as usize;
    fetches.truncate(most as usize);
    history(&mut snapshot, found, fetches, more).await.map(Some)
}

/// One fetch and its patient; `None` where there is no such fetch.
pub async fn of_fetch(readers: &SqlitePool, fetch: FetchId) -> sqlx::Result<Option<History>> {
    let mut snapshot = readers.begin().await?;
    let patient: Option<i64> =
        sqlx::query_scalar("SELECT patient_id FROM fetches WHERE id = ?").bind(fetch.0).fetch_optional(&mut *snapshot).await?;
    let Some(patient) = patient else { return Ok(None) };
    let found = sqlx::query_as(PATIENT).bind(patient).fetch_one(&mut *snapshot).await?;
    let fetches = sqlx::query_as(FETCH).bind(fetch.0).fetch_all(&mut *snapshot).await?;
    history(&mut snapshot, found, fetches, false).await.map(Some)
}

async fn history(connection: &mut SqliteConnection, patient: Patient, fetches: Vec<Fetch>, more: bool) -> sqlx::Result<History> {
    let mut with_attempts = Vec::with_capacity(fetches.len());
    for fetch in fetches {
        let attempts = sqlx::query_as(ATTEMPTS).bind(fetch.id).fetch_all(&mut *connection).await?;
        with_attempts.push((fetch, attempts));
    }
    let logins = sqlx::query_as(LOGINS).bind(patient.account_id).fetch_all(connection).await?;
    Ok(History { patient, fetches: with_attempts, more, logins })
}

/// The patients with this token, one a tenant at most.
pub async fn patients_with_token(readers: &SqlitePool, token: &PatientToken) -> sqlx::Result<Vec<PatientId>> {
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT p.id FROM tenants t CROSS JOIN patients p ON p.tenant_id = t.id AND p.patient_token = ? ORDER BY p.id")
            .bind(token.expose())
            .fetch_all(readers)
            .await?;
    Ok(ids.into_iter().map(PatientId).collect())
}

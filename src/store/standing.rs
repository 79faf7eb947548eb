//! How things stand: the questions of `status`, answered from numbers that the database keeps while they change (migrations/0020_standing.sql), and
//! from indexes that hold only what is asked about.

use serde::Serialize;
use sqlx::{FromRow, SqliteConnection, SqlitePool};

use crate::clock::Millis;

/// The statements, by the names under which a test looks at their plans.
#[cfg(test)]
pub(super) const STATEMENTS: [(&str, &str); 10] = [
    ("newest runs", NEWEST_RUNS),
    ("last runs of jobs", LAST_OF_JOBS),
    ("to do", TO_DO),
    ("groups", GROUPS),
    ("stopped", STOPPED),
    ("paces", PACES),
    ("backfills", BACKFILLS),
    ("held", HELD),
    ("vanished", VANISHED),
    ("freshness", FRESHNESS),
];

const NEWEST_RUNS: &str = "SELECT id, job, kind, occurrence_at, started_at, ended_at, exit_code,
    receipt ->> '$.total.due' AS due, receipt ->> '$.total.done' AS done, receipt ->> '$.total.absent' AS absent,
    (receipt ->> '$.total.waiting') + (receipt ->> '$.total.not_tried') AS remaining,
    (receipt ->> '$.total.dead') + (receipt ->> '$.total.quarantined') AS failed
    FROM runs ORDER BY id DESC LIMIT 5";

/// The newest nightly run of each job: a backfill that waits for its next hour says nothing of the nights.
const LAST_OF_JOBS: &str = "SELECT r.id, r.job, r.kind, r.occurrence_at, r.started_at, r.ended_at, r.exit_code,
    receipt ->> '$.total.due' AS due, receipt ->> '$.total.done' AS done, receipt ->> '$.total.absent' AS absent,
    (receipt ->> '$.total.waiting') + (receipt ->> '$.total.not_tried') AS remaining,
    (receipt ->> '$.total.dead') + (receipt ->> '$.total.quarantined') AS failed
    FROM jobs j CROSS JOIN runs r ON r.id = (SELECT max(n.id) FROM runs n WHERE n.job = j.job AND n.kind = 'nightly') ORDER BY r.id DESC";

/// What is leased is at most what is in flight, and is counted one by one.
const TO_DO: &str = "WITH pending AS (SELECT tenant_id, sum(fetches) AS fetches FROM pending_counts GROUP BY tenant_id),
    waiting AS (SELECT tenant_id, sum(fetches) AS fetches FROM failing_counts WHERE state = 'waiting' GROUP BY tenant_id),
    leased AS (SELECT tenant_id, count(*) AS fetches FROM fetches WHERE state = 'leased' GROUP BY tenant_id),
    counts AS (
        SELECT t.id, t.tenant, coalesce(pending.fetches, 0) AS pending, coalesce(waiting.fetches, 0) AS waiting, coalesce(leased.fetches, 0) AS leased,
               (SELECT count(*) FROM fetches f WHERE f.tenant_id = t.id AND f.state = 'waiting' AND f.behind = 0 AND f.due_at > ?1) AS later
        FROM tenants t
        LEFT JOIN pending ON pending.tenant_id = t.id
        LEFT JOIN waiting ON waiting.tenant_id = t.id
        LEFT JOIN leased ON leased.tenant_id = t.id)
    SELECT tenant, pending + waiting - later AS due, later AS waiting, leased AS in_flight,
           (SELECT min(f.due_at) FROM fetches f WHERE f.tenant_id = c.id AND f.state = 'waiting' AND f.behind = 0 AND f.due_at > ?1) AS next_due_at
    FROM counts c WHERE pending + waiting + leased > 0 ORDER BY tenant";

/// Those of `failing` that were tried, and those that nobody may try: these are all that is pending of an account or tenant that is left alone.
const GROUPS: &str = "WITH stopped AS MATERIALIZED (
        SELECT a.tenant_id, a.id AS account_id, coalesce(a.state_reason, t.state_reason) AS reason, coalesce(a.state_since, t.state_since) AS since,
               coalesce(a.next_try_at, t.next_try_at) AS next_try_at, c.fetches
        FROM accounts a CROSS JOIN tenants t ON t.id = a.tenant_id
        CROSS JOIN pending_counts c ON c.tenant_id = a.tenant_id AND c.account_id = a.id
        WHERE a.state <> 'active' AND c.fetches > 0
        UNION ALL
        SELECT t.id, a.id, t.state_reason, t.state_since, t.next_try_at, c.fetches
        FROM tenants t CROSS JOIN pending_counts c ON c.tenant_id = t.id CROSS JOIN accounts a ON a.id = c.account_id
        WHERE t.state <> 'active' AND a.state = 'active' AND c.fetches > 0),
    -- Of the account that has most of them, because there one is found soonest.
    untried AS (
        SELECT tenant_id, reason, sum(fetches) AS fetches, min(since) AS since, min(next_try_at) AS next_try_at, max(fetches), account_id
        FROM stopped GROUP BY tenant_id, reason),
    tried AS (
        SELECT c.tenant_id, c.state, nullif(c.reason, '') AS reason, c.fetches,
               (SELECT f.id FROM fetches f
                WHERE f.tenant_id = c.tenant_id AND f.state = c.state AND f.reason IS nullif(c.reason, '') AND f.behind = 0
                  AND (f.state = 'waiting' OR f.state = 'dead' OR f.state = 'quarantined')
                ORDER BY f.changed_at, f.id LIMIT 1) AS example,
               CASE WHEN c.state = 'waiting' THEN coalesce(
                   (SELECT t.next_try_at FROM tenants t WHERE t.id = c.tenant_id),
                   -- Who may log in is tried when it is due; else all of them wait for their accounts.
                   (SELECT f.due_at FROM fetches f CROSS JOIN patients p ON p.id = f.patient_id CROSS JOIN accounts a ON a.id = p.account_id
                    WHERE f.tenant_id = c.tenant_id AND f.reason IS nullif(c.reason, '') AND f.state = 'waiting' AND f.behind = 0
                      AND a.next_try_at IS NULL ORDER BY f.due_at LIMIT 1),
                   (SELECT min(a.next_try_at) FROM accounts a WHERE a.tenant_id = c.tenant_id AND a.state <> 'active')) END AS next_try_at
        FROM failing_counts c WHERE c.fetches > 0),
    groups AS (
        SELECT tenant_id, state, reason, fetches, (SELECT f.changed_at FROM fetches f WHERE f.id = example) AS since, next_try_at, example FROM tried
        UNION ALL
        SELECT u.tenant_id, 'pending', u.reason, u.fetches, u.since, u.next_try_at,
               (SELECT f.id FROM patients p CROSS JOIN fetches f ON f.patient_id = p.id WHERE p.account_id = u.account_id AND f.state = 'pending' LIMIT 1)
        FROM untried u)
    SELECT t.tenant, g.state, g.reason, g.fetches, strftime('%Y-%m-%dT%H:%M:%fZ', g.since / 1000.0, 'unixepoch') AS since,
           strftime('%Y-%m-%dT%H:%M:%fZ', g.next_try_at / 1000.0, 'unixepoch') AS next_try_at, g.example
    FROM groups g JOIN tenants t ON t.id = g.tenant_id ORDER BY t.tenant, g.state, g.reason";

/// Tenants first, for each of them stops all its accounts.
const STOPPED: &str =
    "SELECT tenant, NULL AS account, state, state_reason AS reason, state_since AS since, next_try_at FROM tenants WHERE state <> 'active'
    UNION ALL
    SELECT t.tenant, a.account, a.state, a.state_reason, a.state_since, a.next_try_at
    FROM accounts a CROSS JOIN tenants t ON t.id = a.tenant_id WHERE a.state <> 'active'";

/// Tenants first, for a host's breaker stops all its tenants.
const PACES: &str = "SELECT t.tenant, p.host, p.documents_per_second, p.tokens_per_second, p.breaker, p.changed_at
    FROM paces p LEFT JOIN tenants t ON t.id = p.tenant_id ORDER BY p.host IS NOT NULL, t.tenant, p.host";

/// Those that are not through, or passed somebody by.
const BACKFILLS: &str =
    "SELECT backfill_id, job, from_date, to_date, every, asked_at, tenants, tenants_through, window_start, resting, blocked
    FROM backfill_progress WHERE tenants_through < tenants OR resting > 0 OR blocked > 0 ORDER BY backfill_id";

const HELD: &str =
    "SELECT tenant, count(*) AS documents, min(since) AS since, min(document_id) AS example FROM held GROUP BY tenant ORDER BY tenant";

const VANISHED: &str = "SELECT t.tenant, c.vanished AS patients, v.since, v.fetch_id AS example
    FROM patient_counts c CROSS JOIN tenants t ON t.id = c.tenant_id
    CROSS JOIN vanished v ON v.patient_id = (
        SELECT p.id FROM patients p
        WHERE p.tenant_id = t.id AND p.away = 'absent' AND p.removed_at IS NULL AND (p.document_at IS NOT NULL OR p.has_window = 1)
        ORDER BY p.away_since LIMIT 1)
    WHERE c.vanished > 0 ORDER BY t.tenant";

const FRESHNESS: &str =
    "SELECT tenant, patients, with_document, without_document, oldest_document_at, newest_document_at, without_document_since
    FROM tenant_freshness ORDER BY tenant";

/// All of it, as of one moment.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Newest first, the one that goes on included.
    pub newest_runs: Vec<Run>,
    /// The newest of each job.
    pub last_of_jobs: Vec<Run>,
    pub to_do: Vec<ToDo>,
    pub groups: Vec<Group>,
    pub stopped: Vec<Stopped>,
    /// Of the newest run, where it did not stay as configured.
    pub paces: Vec<Pace>,
    pub backfills: Vec<Unfinished>,
    pub held: Vec<Held>,
    pub vanished: Vec<Vanished>,
    pub freshness: Vec<Freshness>,
}

/// A run; the counts are those of its receipt, which one that goes on or died does not have.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Run {
    pub id: i64,
    pub job: String,
    pub kind: String,
    pub occurrence_at: Millis,
    pub started_at: Millis,
    pub ended_at: Option<Millis>,
    pub exit_code: Option<u8>,
    pub due: Option<i64>,
    pub done: Option<i64>,
    pub absent: Option<i64>,
    /// Waiting or not tried.
    pub remaining: Option<i64>,
    /// Dead or quarantined.
    pub failed: Option<i64>,
}

/// What of a tenant is unfinished.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ToDo {
    pub tenant: String,
    /// May be asked for now, unless who asks is stopped.
    pub due: i64,
    /// Waits for a time to come.
    pub waiting: i64,
    pub in_flight: i64,
    pub next_due_at: Option<Millis>,
}

/// So many fetches of a tenant are not through for the same reason. Instants as the views show them.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct Group {
    pub tenant: String,
    pub state: String,
    pub reason: Option<String>,
    pub fetches: i64,
    /// Since when the first of them stands so; where nobody may try them, since when the first account or the tenant is left alone.
    pub since: String,
    /// When the first of them is tried again; none where only the next occurrence does.
    pub next_try_at: Option<String>,
    /// Row id of one of them.
    pub example: i64,
}

/// A tenant, or one of its accounts, that is left alone.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Stopped {
    pub tenant: String,
    /// `None` for the tenant itself.
    pub account: Option<String>,
    /// `suspended` or `resting`.
    pub state: String,
    pub reason: Option<String>,
    pub since: Option<Millis>,
    pub next_try_at: Option<Millis>,
}

/// How fast a tenant or a host is asked, at present or at the newest run's end.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Pace {
    /// `None` for a host.
    pub tenant: Option<String>,
    /// Host and port, for all its tenants; `None` for a tenant.
    pub host: Option<String>,
    /// Of a host: requests of both kinds.
    pub documents_per_second: f64,
    pub tokens_per_second: Option<f64>,
    /// `open` or `closed`.
    pub breaker: String,
    pub changed_at: Millis,
}

/// A backfill of which not everything has come up.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct Unfinished {
    pub backfill_id: i64,
    pub job: String,
    /// `None` for whole charts.
    pub from_date: Option<String>,
    /// `None`: until yesterday.
    pub to_date: Option<String>,
    pub every: Option<String>,
    pub asked_at: String,
    pub tenants: i64,
    /// Of which everything has come up.
    pub tenants_through: i64,
    /// First date of the window that comes up at the tenant that is least far; `None` where all are through, and for whole charts.
    pub window_start: Option<String>,
    /// Windows that were passed by because the patient rests.
    pub resting: i64,
    /// Windows that were passed by because the account was left alone.
    pub blocked: i64,
}

/// Charts of a tenant that shrank and wait to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct Held {
    pub tenant: String,
    pub documents: i64,
    pub since: String,
    /// Row id of one of them.
    pub example: i64,
}

/// Patients of a tenant who have documents and whom the server knows no more.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct Vanished {
    pub tenant: String,
    pub patients: i64,
    pub since: String,
    pub example: i64,
}

/// How old the charts of those are who can be had.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct Freshness {
    pub tenant: String,
    pub patients: i64,
    pub with_document: i64,
    pub without_document: i64,
    pub oldest_document_at: Option<String>,
    pub newest_document_at: Option<String>,
    /// When the first of those without a document came into the roster.
    pub without_document_since: Option<String>,
}

/// Asks all of it in one snapshot, so that a run that is writing cannot make the answers contradict each other.
pub async fn standing(readers: &SqlitePool, now: Millis) -> sqlx::Result<Standing> {
    let mut snapshot = readers.begin().await?;
    let connection: &mut SqliteConnection = &mut snapshot;
    Ok(Standing {
        newest_runs: sqlx::query_as(NEWEST_RUNS).fetch_all(&mut *connection).await?,
        last_of_jobs: sqlx::query_as(LAST_OF_JOBS).fetch_all(&mut *connection).await?,
        to_do: sqlx::query_as(TO_DO).bind(now).fetch_all(&mut *connection).await?,
        groups: sqlx::query_as(GROUPS).fetch_all(&mut *connection).await?,
        stopped: sqlx::query_as(STOPPED).fetch_all(&mut *connection).await?,
        paces: sqlx::query_as(PACES).fetch_all(&mut *connection).await?,
        backfills: sqlx::query_as(BACKFILLS).fetch_all(&mut *connection).await?,
        held: sqlx::query_as(HELD).fetch_all(&mut *connection).await?,
        vanished: sqlx::query_as(VANISHED).fetch_all(&mut *connection).await?,
        freshness: sqlx::query_as(FRESHNESS).fetch_all(connection).await?,
    })
}

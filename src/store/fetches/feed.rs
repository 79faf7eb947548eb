//! The order of work: never fetched first, then by the age of the last success or verdict, tenant by tenant, a page at a time.
//!
//! A verdict counts like a success here: patients whom the server does not know would else head every night, and make it look as if it knew nobody.

use sqlx::{FromRow, SqlitePool};

use crate::{
    clock::Millis,
    domain::{AccountId, BackfillId, FetchId, PatientId, PatientToken, RunId, TenantId, Window, clinical::Digest},
};

/// What the feed of a tenant is about.
#[derive(Debug, Clone)]
pub struct Cursor {
    pub run: RunId,
    pub narrowed: bool,
    pub job: String,
    /// `None`: about the job's nights.
    pub backfill: Option<BackfillId>,
    pub tenant: TenantId,
    /// Only fetches with row ids above this.
    pub above: i64,
    /// Where the last page ended: `turn_at` and id. Begins before everything.
    pub after: (Millis, i64),
    /// Most requests that one run sends for a fetch.
    pub most_sends: u32,
    /// Whether it is about what was lost at least twice, or about all the rest.
    pub fragile: bool,
    /// Whether what the patients' charts say is compared.
    pub compares: bool,
}

/// So many times lost, a fetch may be what kills the process: it is tried after all others and alone.
const FRAGILE: u32 = 2;

/// A fetch that may be claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub fetch: FetchId,
    pub patient: PatientId,
    pub account: AccountId,
    pub token: PatientToken,
    pub window: Option<Window>,
    pub attempts: u32,
    /// Requests that this run has sent for it, replays apart.
    pub sent: u32,
    pub single_attempt: bool,
    /// Times that the exporter died while it held this fetch.
    pub losses: u32,
    /// Whether the body of its last answer was refused, and that counted.
    pub refused: bool,
    /// Whether its account has no other patient.
    pub alone: bool,
    /// Whether the patient has a whole chart.
    pub had_document: bool,
    /// What that chart says, where charts are compared and it was told. Another one may have come since; of windows it is not looked up.
    pub said: Option<Digest>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    patient_id: i64,
    account_id: i64,
    patient_token: String,
    window_start: Option<String>,
    window_end: Option<String>,
    attempts: u32,
    sent: u32,
    single_attempt: bool,
    losses: u32,
    refused: bool,
    alone: bool,
    had_document: bool,
    said: Option<Vec<u8>>,
    turn_at: Millis,
}

const PAGE: i64 = 256;

const CANDIDATES: &str = "SELECT f.id, f.patient_id, p.account_id, p.patient_token, f.window_start, f.window_end, f.attempts,
            CASE WHEN f.run_id IS ?6 THEN f.sends ELSE 0 END AS sent, f.single_attempt, f.losses,
            f.attempts > 0 AND coalesce(f.reason IN ('not_cda', 'malformed'), 0) AS refused,
            (SELECT count(*) FROM (SELECT 1 FROM patients o WHERE o.account_id = p.account_id LIMIT 2)) < 2 AS alone,
            p.document_at IS NOT NULL AS had_document,
            CASE WHEN ?13 AND p.document_at IS NOT NULL AND f.window_start IS NULL THEN (
                SELECT (SELECT c.content_digest FROM documents c WHERE c.id = d.content_document_id) FROM documents d
                WHERE d.patient_id = f.patient_id AND d.window_start IS NULL AND d.status IN ('accepted', 'unchanged')
                ORDER BY d.fetched_at DESC, d.id DESC LIMIT 1) END AS said,
            f.turn_at
     FROM fetches f JOIN patients p ON p.id = f.patient_id
     WHERE f.tenant_id = ?1 AND f.job = ?2 AND f.backfill_id IS ?12 AND f.state IN ('pending', 'waiting')
       AND (f.turn_at, f.id) > (?3, ?4) AND f.id > ?14
       AND (f.losses >= ?10) = ?11
       AND (f.due_at IS NULL OR f.due_at <= ?5)
       AND (f.run_id IS NOT ?6 OR f.sends < ?7)
       AND (NOT ?8 OR f.patient_id IN (SELECT patient_id FROM run_patients WHERE run_id = ?6))
       AND EXISTS (SELECT 1 FROM accounts a
                   WHERE a.id = p.account_id AND (a.state = 'active' OR (a.state = 'suspended' AND a.next_try_at <= ?5)))
     ORDER BY f.turn_at, f.id LIMIT ?9";

/// The statement, by the name under which a test looks at its plan.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: [(&str, &str); 1] = [("the next to fetch", CANDIDATES)];

/// The next page of what is due at `now`, moving the cursor on; empty at the end. Begin anew for what has become due since.
pub async fn candidates(readers: &SqlitePool, cursor: &mut Cursor, now: Millis) -> sqlx::Result<Vec<Candidate>> {
    let rows: Vec<Row> = sqlx::query_as(CANDIDATES)
        .bind(cursor.tenant.0)
        .bind(&cursor.job)
        .bind(cursor.after.0)
        .bind(cursor.after.1)
        .bind(now)
        .bind(cursor.run.0)
        .bind(cursor.most_sends)
        .bind(cursor.narrowed)
        .bind(PAGE)
        .bind(FRAGILE)
        .bind(cursor.fragile)
        .bind(cursor.backfill.map(|backfill| backfill.0))
        .bind(cursor.compares)
        .bind(cursor.above)
        .fetch_all(readers)
        .await?;
    if let Some(last) = rows.last() {
        cursor.after = (last.turn_at, last.id);
    }
    Ok(rows.into_iter().map(Candidate::from).collect())
}

/// When the next waiting fetch of the tenant that this run may still try is due.
pub async fn next_due(readers: &SqlitePool, cursor: &Cursor, now: Millis) -> sqlx::Result<Option<Millis>> {
    sqlx::query_scalar(
        "SELECT f.due_at FROM fetches f JOIN patients p ON p.id = f.patient_id
         WHERE f.tenant_id = ?1 AND f.job = ?2 AND f.backfill_id IS ?9 AND f.state = 'waiting' AND (f.run_id IS NOT ?3 OR f.sends < ?4)
           AND (f.losses >= ?7) = ?8
           AND (NOT ?5 OR f.patient_id IN (SELECT patient_id FROM run_patients WHERE run_id = ?3))
           AND EXISTS (SELECT 1 FROM accounts a
                       WHERE a.id = p.account_id AND (a.state = 'active' OR (a.state = 'suspended' AND a.next_try_at <= ?6)))
         ORDER BY f.due_at LIMIT 1",
    )
    .bind(cursor.tenant.0)
    .bind(&cursor.job)
    .bind(cursor.run.0)
    .bind(cursor.most_sends)
    .bind(cursor.narrowed)
    .bind(now)
    .bind(FRAGILE)
    .bind(cursor.fragile)
    .bind(cursor.backfill.map(|backfill| backfill.0))
    .fetch_optional(readers)
    .await
}

impl From<Row> for Candidate {
    fn from(row: Row) -> Self {
        // The table's CHECK keeps both or none, and only this program writes them.
        let date = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let window = date(row.window_start).zip(date(row.window_end)).map(|(start, end)| Window { start, end });
        Self {
            fetch: FetchId(row.id),
            patient: PatientId(row.patient_id),
            account: AccountId(row.account_id),
            token: PatientToken::new(row.patient_token),
            window,
            attempts: row.attempts,
            sent: row.sent,
            single_attempt: row.single_attempt,
            losses: row.losses,
            refused: row.refused,
            alone: row.alone,
            had_document: row.had_document,
            said: row.said.and_then(|digest| digest.try_into().ok()),
        }
    }
}

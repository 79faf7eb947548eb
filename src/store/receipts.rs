//! What a receipt counts, in SQL: the same statements that an auditor would type, for a range of rows at a time. Grouped in one go, a million fetches would
//! be sorted in memory.

use std::collections::{BTreeMap, HashSet};

use sqlx::{AssertSqlSafe, FromRow, SqliteConnection};

use crate::{
    clock::Millis,
    domain::{BackfillId, RunId},
    store::runs,
};

/// So many fetches of a tenant stand so.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Count {
    pub tenant: String,
    pub state: String,
    pub reason: Option<String>,
    /// Why the tenant or the account is not asked at present.
    pub blocked_by: Option<String>,
    pub fetches: i64,
    /// How many accounts these are asked through, and the first of them by name; nothing for what is done.
    pub accounts: i64,
    pub account: Option<String>,
    /// Of what is done: the chart shrank and is held.
    pub held: i64,
    /// Of what is done: the chart says what the one before did.
    pub unchanged: i64,
}

/// What is counted of a range.
#[derive(FromRow)]
struct Row {
    tenant: String,
    state: String,
    reason: Option<String>,
    blocked_by: Option<String>,
    fetches: i64,
    /// Row ids as a JSON array.
    accounts: String,
    account: Option<String>,
    held: i64,
    unchanged: i64,
}

/// The counts of all ranges so far, and the accounts of each.
#[derive(Default)]
struct Counted(BTreeMap<Key, (Count, HashSet<i64>)>);

/// Tenant, state, reason, and by what they are blocked.
type Key = (String, String, Option<String>, Option<String>);

/// Row ids of one range: their rows are sorted in some megabytes.
const RANGE: i64 = 50_000;

/// What is counted of fetches `f`, with patient `p`, tenant `t` and account `a`.
const COUNTS: &str = "SELECT t.tenant, f.state,
                CASE WHEN f.state = 'absent' AND EXISTS (SELECT 1 FROM vanished v WHERE v.patient_id = p.id AND v.fetch_id = f.id)
                     THEN 'vanished' ELSE f.reason END AS reason,
                coalesce(t.state_reason, a.state_reason) AS blocked_by, count(*) AS fetches,
                json_group_array(DISTINCT a.id) FILTER (WHERE f.state <> 'done') AS accounts,
                min(a.account) FILTER (WHERE f.state <> 'done') AS account,
                coalesce(sum(f.document_id IN (SELECT id FROM documents WHERE status IN ('quarantined', 'shrunk') AND status = 'shrunk')), 0) AS held,
                -- Looked up one by one: there is one a night of nearly every patient.
                coalesce(sum(EXISTS (SELECT 1 FROM documents d WHERE d.id = f.document_id AND d.status = 'unchanged')), 0) AS unchanged";

/// Fetches of a night's occurrence, of which none has a row id of `above` or below.
const OF_OCCURRENCE: &str =
    "SELECT id FROM fetches WHERE id BETWEEN ?5 AND ?6 AND job = ?1 AND backfill_id IS NULL AND occurrence_at >= ?4";

/// Older ones that are unfinished; `?5` is `above`.
const OF_BEFORE: &str = "SELECT f.id FROM tenants t CROSS JOIN fetches f ON f.tenant_id = t.id
             WHERE f.job = ?1 AND f.backfill_id IS NULL AND f.state IN ('pending', 'waiting') AND NOT (f.id > ?5 AND f.occurrence_at >= ?4)
             UNION ALL
             SELECT id FROM fetches
             WHERE state = 'leased' AND job = ?1 AND backfill_id IS NULL AND NOT (id > ?5 AND occurrence_at >= ?4)";

/// The fetches that the run answers for: those of its occurrence, and older ones that are unfinished; of each patient and window the newest. For a
/// backfill, all that have come up.
pub async fn counts(
    connection: &mut SqliteConnection,
    of: (RunId, bool),
    job: &str,
    backfill: Option<BackfillId>,
    occurrence_at: Millis,
) -> sqlx::Result<Vec<Count>> {
    match backfill {
        Some(backfill) => of_backfill(connection, of, job, backfill).await,
        None => of_night(connection, of, job, occurrence_at).await,
    }
}

async fn of_night(
    connection: &mut SqliteConnection,
    (run, narrowed): (RunId, bool),
    job: &str,
    occurrence_at: Millis,
) -> sqlx::Result<Vec<Count>> {
    let above = runs::fetches_above(connection, job, occurrence_at).await?;
    let highest = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM fetches").fetch_one(&mut *connection).await?;
    let mut counted = Counted::default();
    let before = counts_of_night(OF_BEFORE);
    let before = sqlx::query_as(AssertSqlSafe(before)).bind(job).bind(narrowed).bind(run.0).bind(occurrence_at).bind(above);
    counted.add(before.fetch_all(&mut *connection).await?)?;
    let of_occurrence = counts_of_night(OF_OCCURRENCE);
    for (first, last) in ranges(above, highest) {
        let range = sqlx::query_as(AssertSqlSafe(of_occurrence.clone())).bind(job).bind(narrowed).bind(run.0).bind(occurrence_at);
        counted.add(range.bind(first).bind(last).fetch_all(&mut *connection).await?)?;
    }
    Ok(counted.all())
}

fn counts_of_night(ids: &str) -> String {
    format!(
        "{COUNTS}
         FROM ({ids}) o
         CROSS JOIN fetches f ON f.id = o.id
         CROSS JOIN patients p ON p.id = f.patient_id
         CROSS JOIN tenants t ON t.id = p.tenant_id
         CROSS JOIN accounts a ON a.id = p.account_id
         WHERE f.state <> 'superseded'
           AND EXISTS (SELECT 1 FROM job_patients j WHERE j.job = ?1 AND j.tenant_id = p.tenant_id AND j.patient_id = p.id)
           AND (NOT ?2 OR p.id IN (SELECT patient_id FROM run_patients WHERE run_id = ?3))
           AND NOT EXISTS (
                SELECT 1 FROM fetches n
                WHERE n.patient_id = f.patient_id AND n.job = f.job AND n.backfill_id IS NULL AND n.id > f.id AND n.state <> 'superseded'
                  AND n.window_start IS f.window_start AND n.window_end IS f.window_end)
         GROUP BY 1, 2, 3, 4"
    )
}

/// A backfill asks for no window twice, so that nobody has to look among its many.
async fn of_backfill(
    connection: &mut SqliteConnection,
    (run, narrowed): (RunId, bool),
    job: &str,
    backfill: BackfillId,
) -> sqlx::Result<Vec<Count>> {
    let sql = format!(
        "{COUNTS}
         FROM patients p
         CROSS JOIN job_patients j ON j.job = ?1 AND j.tenant_id = p.tenant_id AND j.patient_id = p.id
         CROSS JOIN tenants t ON t.id = p.tenant_id
         CROSS JOIN accounts a ON a.id = p.account_id
         CROSS JOIN fetches f ON f.patient_id = p.id AND f.job = j.job
         WHERE p.id BETWEEN ?5 AND ?6 AND f.backfill_id = ?4 AND f.state <> 'superseded'
           AND (NOT ?2 OR p.id IN (SELECT patient_id FROM run_patients WHERE run_id = ?3))
         GROUP BY 1, 2, 3, 4"
    );
    let highest = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM patients").fetch_one(&mut *connection).await?;
    let mut counted = Counted::default();
    for (first, last) in ranges(0, highest) {
        let range = sqlx::query_as(AssertSqlSafe(sql.clone())).bind(job).bind(narrowed).bind(run.0).bind(backfill.0);
        counted.add(range.bind(first).bind(last).fetch_all(&mut *connection).await?)?;
    }
    Ok(counted.all())
}

/// The first and the last row id of each range between `above` and `highest`.
fn ranges(above: i64, highest: i64) -> impl Iterator<Item = (i64, i64)> {
    (above + 1..=highest).step_by(RANGE as usize).map(move |first| (first, (first + RANGE - 1).min(highest)))
}

impl Counted {
    fn add(&mut self, rows: Vec<Row>) -> sqlx::Result<()> {
        for Row { tenant, state, reason, blocked_by, fetches, accounts, account, held, unchanged } in rows {
            let accounts: Vec<i64> = serde_json::from_str(&accounts).map_err(|error| sqlx::Error::Decode(error.into()))?;
            let key = (tenant, state, reason, blocked_by);
            let (count, through) = self.0.entry(key).or_default();
            through.extend(accounts);
            count.fetches += fetches;
            count.held += held;
            count.unchanged += unchanged;
            count.account = [count.account.take(), account].into_iter().flatten().min();
        }
        Ok(())
    }

    /// By tenant, state and reason.
    fn all(self) -> Vec<Count> {
        let all = self.0.into_iter().map(|((tenant, state, reason, blocked_by), (count, through))| {
            let accounts = through.len() as i64;
            Count { tenant, state, reason, blocked_by, accounts, ..count }
        });
        all.collect()
    }
}

/// How many patients of each tenant the run is for.
pub async fn patients(connection: &mut SqliteConnection, (run, narrowed): (RunId, bool), job: &str) -> sqlx::Result<Vec<(String, i64)>> {
    sqlx::query_as(
        // In the order of the tenants' rows, which is that of the key: by their names, a million patients would be sorted in memory.
        "SELECT t.tenant, count(*) FROM tenants t CROSS JOIN job_patients j ON j.tenant_id = t.id
         WHERE j.job = ?1 AND (NOT ?2 OR j.patient_id IN (SELECT patient_id FROM run_patients WHERE run_id = ?3))
         GROUP BY t.id",
    )
    .bind(job)
    .bind(narrowed)
    .bind(run.0)
    .fetch_all(connection)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_every_row_id_once() {
        assert_eq!(ranges(10, 10).collect::<Vec<_>>(), []);
        let end = 10 + 2 * RANGE;
        assert_eq!(ranges(10, end + 1).collect::<Vec<_>>(), [(11, 10 + RANGE), (11 + RANGE, end), (end + 1, end + 1)]);
    }

    #[test]
    fn an_account_of_several_ranges_is_counted_once() {
        let row = |state: &str, fetches, accounts: &str, account: Option<&str>| Row {
            tenant: "T".into(),
            state: state.into(),
            reason: None,
            blocked_by: None,
            fetches,
            accounts: accounts.into(),
            account: account.map(str::to_owned),
            held: 1,
            unchanged: 2,
        };
        let mut counted = Counted::default();
        counted.add(vec![row("pending", 3, "[1,2]", Some("b")), row("done", 5, "[]", None)]).unwrap();
        counted.add(vec![row("pending", 4, "[2,3]", Some("a"))]).unwrap();
        let all = counted.all();
        assert_eq!(
            all.iter().map(|count| (&*count.state, count.fetches, count.accounts)).collect::<Vec<_>>(),
            [("done", 5, 0), ("pending", 7, 3)]
        );
        assert_eq!((all[0].account.as_deref(), all[1].account.as_deref()), (None, Some("a")));
        assert_eq!((all[1].held, all[1].unchanged), (2, 4));
    }
}

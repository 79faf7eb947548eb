//! `patients`: the roster's lines taken over, in batches, so that a million of them need no memory.

use std::collections::BTreeMap;

use serde_json::json;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::{
    clock::Millis,
    domain::{AccountId, PatientId, PatientToken, TenantId},
    store::{bulk, lines::places},
};

/// Lines in one statement, which keeps each page that it changes as it was until it ends. SQLite takes 32,766 parameters at most.
const AT_ONCE: usize = 1_024;

/// A line of the roster whose tenant and account have rows.
#[derive(Debug)]
pub struct Line {
    pub tenant: TenantId,
    pub account: AccountId,
    pub token: PatientToken,
    /// A JSON object.
    pub extra: String,
}

impl Line {
    /// What a row is found by.
    fn key(&self) -> (i64, &str) {
        (self.tenant.0, self.token.expose())
    }
}

/// Corrects lines that changed in the future, because the clock was ahead: a patient who was denied since would never rest.
pub async fn pull_in_changes(connection: &mut SqliteConnection, now: Millis) -> sqlx::Result<u64> {
    let result = sqlx::query("UPDATE patients SET changed_at = ?1 WHERE changed_at > ?1").bind(now).execute(connection).await?;
    Ok(result.rows_affected())
}

/// Whether there is none.
pub async fn are_none(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM patients)").fetch_one(connection).await
}

/// Makes or updates the rows of these lines, writing only what differs, and tells their ids in ascending order. New ones get theirs in the order of the lines.
///
/// With `all_are_new` nobody is looked up, which saves a tenth of the time; a line that has a row then violates the key.
pub async fn take_over(
    connection: &mut SqliteConnection,
    lines: Vec<Line>,
    all_are_new: bool,
    now: Millis,
) -> sqlx::Result<Vec<PatientId>> {
    let mut lines: Vec<_> = lines.into_iter().enumerate().collect();
    // In the order of the index on tokens: at random, each of a million would dirty another of its pages.
    lines.sort_unstable_by(|(at, a), (other, b)| (a.key(), at).cmp(&(b.key(), other)));
    // A file that changed since it was checked may name somebody twice: the first line counts.
    lines.dedup_by(|(_, a), (_, b)| a.key() == b.key());
    let highest: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM patients").fetch_one(&mut *connection).await?;
    let (mut ids, mut changed, mut missing) = (Vec::with_capacity(lines.len()), Vec::new(), Vec::new());
    for lines in lines.chunks(AT_ONCE) {
        let known = if all_are_new { Vec::new() } else { known(connection, lines).await? };
        let mut is_known = vec![false; lines.len()];
        for Known { at, id, is_same } in known {
            ids.push(PatientId(id));
            is_known[at] = true;
            if !is_same {
                changed.push((id, &lines[at].1));
            }
        }
        missing.extend(lines.iter().zip(is_known).filter(|(_, is_known)| !is_known).map(|(line, _)| line));
    }
    update(connection, &changed, now).await?;
    ids.extend(insert(connection, &missing, highest, now).await?);
    ids.sort_unstable_by_key(|id| id.0);
    Ok(ids)
}

/// A line that has a row.
struct Known {
    /// Which of the lines.
    at: usize,
    id: i64,
    /// Whether the row says what the line does.
    is_same: bool,
}

/// Those of the lines that have rows. They come back as one text: a million rows one by one would take longer than all the rest.
async fn known(connection: &mut SqliteConnection, lines: &[(usize, Line)]) -> sqlx::Result<Vec<Known>> {
    let sql = format!(
        "SELECT json_group_array(json_array(l.column1, p.id, p.account_id IS l.column3 AND p.extra IS l.column5 AND p.removed_at IS NULL))
         FROM (VALUES {}) l JOIN patients p ON p.tenant_id = l.column2 AND p.patient_token = l.column4",
        places(lines.len(), 5)
    );
    let mut query = sqlx::query_scalar(AssertSqlSafe(sql));
    for (at, (_, line)) in (0i64..).zip(lines) {
        query = query.bind(at).bind(line.tenant.0).bind(line.account.0).bind(line.token.expose()).bind(&line.extra);
    }
    let rows: String = query.fetch_one(connection).await?;
    let rows: Vec<(usize, i64, u8)> = serde_json::from_str(&rows).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(rows.into_iter().map(|(at, id, is_same)| Known { at, id, is_same: is_same == 1 }).collect())
}

async fn update(connection: &mut SqliteConnection, changed: &[(i64, &Line)], now: Millis) -> sqlx::Result<()> {
    for lines in changed.chunks(AT_ONCE) {
        let sql = format!(
            "UPDATE patients SET account_id = l.column2, extra = l.column3, changed_at = l.column4, removed_at = NULL
             FROM (VALUES {}) l WHERE patients.id = l.column1",
            places(lines.len(), 4)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (id, line) in lines {
            query = query.bind(id).bind(line.account.0).bind(&line.extra).bind(now);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Makes rows with the next ids, of which each line gets the one of its place in the roster.
async fn insert(
    connection: &mut SqliteConnection,
    lines: &[&(usize, Line)],
    highest: i64,
    now: Millis,
) -> sqlx::Result<impl Iterator<Item = PatientId> + use<>> {
    let mut ranks: Vec<_> = (0..lines.len()).collect();
    ranks.sort_unstable_by_key(|at| lines[*at].0);
    let mut ids = vec![0; lines.len()];
    (highest + 1..).zip(ranks).for_each(|(id, at)| ids[at] = id);
    bulk::begin(connection).await?;
    for (lines, ids) in lines.chunks(AT_ONCE).zip(ids.chunks(AT_ONCE)) {
        let sql = format!(
            "INSERT INTO patients (first_seen_at, changed_at, id, tenant_id, account_id, patient_token, extra)
             SELECT ?, ?, * FROM (VALUES {})",
            places(lines.len(), 5)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(now).bind(now);
        for ((_, line), id) in lines.iter().zip(ids) {
            query = query.bind(id).bind(line.tenant.0).bind(line.account.0).bind(line.token.expose()).bind(&line.extra);
        }
        query.execute(&mut *connection).await?;
    }
    bulk::end(connection).await?;
    let mut of_tenants = BTreeMap::<i64, i64>::new();
    lines.iter().for_each(|(_, line)| *of_tenants.entry(line.tenant.0).or_default() += 1);
    sqlx::query(
        "INSERT INTO patient_counts (tenant_id, patients, with_document, vanished)
         SELECT value ->> 0, value ->> 1, 0, 0 FROM json_each(?) WHERE true
         ON CONFLICT (tenant_id) DO UPDATE SET patients = patients + excluded.patients",
    )
    .bind(json!(of_tenants.into_iter().collect::<Vec<_>>()).to_string())
    .execute(connection)
    .await?;
    let last = highest + ids.len() as i64;
    Ok((highest + 1..=last).map(PatientId))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{AccountName, TenantName},
        store::{DatabaseFile, Session, accounts, tenants},
    };

    fn line(tenant: TenantId, account: AccountId, token: &str, extra: &str) -> Line {
        Line { tenant, account, token: PatientToken::new(token), extra: extra.to_owned() }
    }

    #[tokio::test]
    async fn new_patients_are_numbered_in_the_order_of_the_lines_and_of_known_ones_only_changes_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.sqlite");
        let file = DatabaseFile::at(path);
        let mut session = Session::open(file, "a test").await.unwrap();
        let connection = &mut session.connection;
        let tenant = tenants::ensure(connection, &TenantName("T".into())).await.unwrap();
        let accounts = accounts::ensure(connection, tenant, &[&AccountName("a".into()), &AccountName("b".into())]).await.unwrap();
        let (a, b) = (accounts["a"], accounts["b"]);
        // More than one statement holds, and in an order that is not that of their tokens.
        let many = AT_ONCE as i64 + 2;
        let lines = (1..=many).map(|at| line(tenant, a, &format!("token-{}", at * 37 % 10_007), "{}")).collect();
        let ids = take_over(connection, lines, true, 1).await.unwrap();
        assert_eq!(ids, (1..=many).map(PatientId).collect::<Vec<_>>());

        let changed = vec![
            line(tenant, a, "new", "{}"),
            line(tenant, a, "new", "{}"),
            line(tenant, a, "token-37", "{}"),
            line(tenant, b, "token-74", "{}"),
            line(tenant, a, "token-111", r#"{"mrn":"1"}"#),
        ];
        let ids = take_over(connection, changed, false, 2).await.unwrap();
        assert_eq!(ids, [1, 2, 3, many + 1].map(PatientId));
        let rows: Vec<(i64, String, i64, String, Millis)> = sqlx::query_as(
            "SELECT id, patient_token, account_id, extra, changed_at FROM patients WHERE id IN (1, 2, 3, 5) OR changed_at > 1 ORDER BY id",
        )
        .fetch_all(&mut *connection)
        .await
        .unwrap();
        let row = |id, token: &str, account: AccountId, extra: &str, at| (id, token.to_owned(), account.0, extra.to_owned(), at);
        let expected = [
            row(1, "token-37", a, "{}", 1),
            row(2, "token-74", b, "{}", 2),
            row(3, "token-111", a, r#"{"mrn":"1"}"#, 2),
            row(5, "token-185", a, "{}", 1),
            row(many + 1, "new", a, "{}", 2),
        ];
        assert_eq!(rows, expected);
        let counted: i64 = sqlx::query_scalar("SELECT patients FROM patient_counts").fetch_one(connection).await.unwrap();
        assert_eq!(counted, many + 1);
    }
}

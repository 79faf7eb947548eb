//! `patients`: the roster's lines taken over, in chunks, so that a million of them need no memory.

use serde_json::json;
use sqlx::{FromRow, SqliteConnection};

use crate::{
    clock::Millis,
    domain::{AccountId, PatientId, PatientToken, TenantId},
};

/// A line of the roster whose tenant and account have rows.
#[derive(Debug)]
pub struct Line {
    pub tenant: TenantId,
    pub account: AccountId,
    pub token: PatientToken,
    /// A JSON object.
    pub extra: String,
}

#[derive(FromRow)]
struct Known {
    line: i64,
    id: Option<i64>,
    same: bool,
}

/// Corrects lines that changed in the future, because the clock was ahead: a patient who was denied since would never rest.
pub async fn pull_in_changes(connection: &mut SqliteConnection, now: Millis) -> sqlx::Result<u64> {
    let result = sqlx::query("UPDATE patients SET changed_at = ?1 WHERE changed_at > ?1").bind(now).execute(connection).await?;
    Ok(result.rows_affected())
}

/// Makes or updates the rows of these lines, writing only what differs, and tells their ids in any order.
pub async fn take_over(connection: &mut SqliteConnection, lines: &[Line], now: Millis) -> sqlx::Result<Vec<PatientId>> {
    let keys: Vec<_> = lines.iter().map(|line| json!([line.tenant.0, line.account.0, line.token.expose(), line.extra])).collect();
    let known: Vec<Known> = sqlx::query_as(
        "SELECT j.key AS line, p.id, p.account_id IS (j.value ->> 1) AND p.extra IS (j.value ->> 3) AND p.removed_at IS NULL AS same
         FROM json_each(?) j
         LEFT JOIN patients p ON p.tenant_id = (j.value ->> 0) AND p.patient_token = (j.value ->> 2)",
    )
    .bind(json!(keys).to_string())
    .fetch_all(&mut *connection)
    .await?;

    let (same, other): (Vec<_>, Vec<_>) = known.into_iter().partition(|known| known.same);
    let mut ids: Vec<_> = same.into_iter().filter_map(|known| known.id).map(PatientId).collect();
    if !other.is_empty() {
        let changed: Vec<_> = other.iter().filter_map(|known| keys.get(usize::try_from(known.line).ok()?)).collect();
        ids.extend(write(connection, &json!(changed).to_string(), now).await?);
    }
    Ok(ids)
}

async fn write(connection: &mut SqliteConnection, lines: &str, now: Millis) -> sqlx::Result<Vec<PatientId>> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "INSERT INTO patients (tenant_id, account_id, patient_token, extra, first_seen_at, changed_at)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, ?2, ?2 FROM json_each(?1) WHERE true
         ON CONFLICT (tenant_id, patient_token) DO UPDATE
         SET account_id = excluded.account_id, extra = excluded.extra, changed_at = excluded.changed_at, removed_at = NULL
         RETURNING id",
    )
    .bind(lines)
    .bind(now)
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(PatientId).collect())
}

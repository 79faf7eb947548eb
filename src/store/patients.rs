//! `patients`: the roster's lines taken over, in chunks, so that a million of them need no memory.

use serde_json::json;
use sqlx::SqliteConnection;

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

/// Corrects lines that changed in the future, because the clock was ahead: a patient who was denied since would never rest.
pub async fn pull_in_changes(connection: &mut SqliteConnection, now: Millis) -> sqlx::Result<u64> {
    let result = sqlx::query("UPDATE patients SET changed_at = ?1 WHERE changed_at > ?1").bind(now).execute(connection).await?;
    Ok(result.rows_affected())
}

/// Makes or updates the rows of these lines, writing only what differs, and tells their ids in any order. Lines and ids pass between us and SQLite as one
/// text: a million rows one by one would take longer than all the rest.
pub async fn take_over(connection: &mut SqliteConnection, lines: &[Line], now: Millis) -> sqlx::Result<Vec<PatientId>> {
    let lines: Vec<_> = lines.iter().map(|line| json!([line.tenant.0, line.account.0, line.token.expose(), line.extra])).collect();
    let lines = json!(lines).to_string();
    let other: Option<String> = sqlx::query_scalar(
        "SELECT json_group_array(json(j.value)) FROM json_each(?) j
         LEFT JOIN patients p ON p.tenant_id = (j.value ->> 0) AND p.patient_token = (j.value ->> 2)
         WHERE p.id IS NULL OR p.account_id IS NOT (j.value ->> 1) OR p.extra IS NOT (j.value ->> 3) OR p.removed_at IS NOT NULL
         HAVING count(*) > 0",
    )
    .bind(&lines)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(other) = other {
        write(connection, &other, now).await?;
    }
    let ids: String = sqlx::query_scalar(
        "SELECT json_group_array(p.id) FROM json_each(?) j
         JOIN patients p ON p.tenant_id = (j.value ->> 0) AND p.patient_token = (j.value ->> 2)",
    )
    .bind(&lines)
    .fetch_one(connection)
    .await?;
    let ids: Vec<i64> = serde_json::from_str(&ids).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(ids.into_iter().map(PatientId).collect())
}

async fn write(connection: &mut SqliteConnection, lines: &str, now: Millis) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO patients (tenant_id, account_id, patient_token, extra, first_seen_at, changed_at)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, ?2, ?2 FROM json_each(?1) WHERE true
         ON CONFLICT (tenant_id, patient_token) DO UPDATE
         SET account_id = excluded.account_id, extra = excluded.extra, changed_at = excluded.changed_at, removed_at = NULL",
    )
    .bind(lines)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

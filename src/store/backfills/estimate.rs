//! How many requests a backfill comes to, counted patient by patient without planning one of them.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde_json::json;
use sqlx::SqliteConnection;

use crate::domain::{Backfill, Window};

use super::{ComingUp, window_of};

/// Patients whose windows are in memory at a time.
const PATIENTS: i64 = 1_000;

/// Requests for the tenant's patients until everything is held, those that are planned and unfinished included.
pub async fn estimate(connection: &mut SqliteConnection, of: &ComingUp) -> sqlx::Result<u64> {
    let (backfill, up_to) = (of.known.backfill, of.extent.up_to);
    let windows = backfill.all(up_to).count() as u64;
    let (mut requests, mut after) = (unfinished(connection, of).await?, 0);
    loop {
        let patients = page(connection, of, after).await?;
        let Some(last) = patients.last() else { return Ok(requests) };
        after = *last;
        let mut taken = taken(connection, of, &patients).await?;
        for patient in &patients {
            requests += match (taken.remove(patient), backfill) {
                (None, _) => windows,
                (Some(_), Backfill::Charts) => 0,
                (Some(taken), Backfill::Windows { .. }) => missing(backfill, up_to, taken),
            };
        }
    }
}

fn missing(backfill: Backfill, up_to: NaiveDate, taken: Vec<Window>) -> u64 {
    let taken = Window::joined(taken);
    backfill.all(up_to).flatten().map(|window| window.without(&taken).len() as u64).sum()
}

async fn unfinished(connection: &mut SqliteConnection, of: &ComingUp) -> sqlx::Result<u64> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM fetches WHERE tenant_id = ?1 AND job = ?2 AND backfill_id = ?3 AND state IN ('pending', 'waiting')",
    )
    .bind(of.tenant.0)
    .bind(&of.job)
    .bind(of.known.id.0)
    .fetch_one(connection)
    .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

async fn page(connection: &mut SqliteConnection, of: &ComingUp, after: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "SELECT j.patient_id FROM job_patients j
         WHERE j.job = ?1 AND j.tenant_id = ?2 AND j.patient_id > ?3
           AND (NOT ?4 OR EXISTS (SELECT 1 FROM run_patients n WHERE n.run_id = ?5 AND n.patient_id = j.patient_id))
         ORDER BY j.patient_id LIMIT ?6",
    )
    .bind(&of.job)
    .bind(of.tenant.0)
    .bind(after)
    .bind(of.narrowed)
    .bind(of.run.0)
    .bind(PATIENTS)
    .fetch_all(connection)
    .await
}

/// By patient, every window that a document holds or that the backfill has asked for; for whole charts, a patient for whom it has.
async fn taken(connection: &mut SqliteConnection, of: &ComingUp, patients: &[i64]) -> sqlx::Result<HashMap<i64, Vec<Window>>> {
    let rows: Vec<(i64, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT d.patient_id, d.window_start, d.window_end FROM json_each(?1) p CROSS JOIN documents d ON d.patient_id = p.value
         WHERE ?3 AND d.window_start IS NOT NULL AND d.status IN ('accepted', 'unchanged', 'shrunk')
         UNION ALL
         SELECT f.patient_id, f.window_start, f.window_end FROM json_each(?1) p CROSS JOIN fetches f ON f.patient_id = p.value
         WHERE f.backfill_id = ?2 AND f.state <> 'superseded'",
    )
    .bind(json!(patients).to_string())
    .bind(of.known.id.0)
    .bind(of.known.backfill != Backfill::Charts)
    .fetch_all(connection)
    .await?;
    let mut taken: HashMap<i64, Vec<Window>> = HashMap::new();
    for (patient, start, end) in rows {
        let windows = taken.entry(patient).or_default();
        if let Some((start, end)) = start.zip(end) {
            windows.push(window_of(&start, &end)?);
        }
    }
    Ok(taken)
}

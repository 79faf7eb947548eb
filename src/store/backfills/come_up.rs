//! A window comes up for a few patients: whoever may be asked gets fetches for the dates that nobody holds yet.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use sqlx::{FromRow, SqliteConnection};

use crate::{
    clock::Millis,
    domain::{BackfillId, PatientId, RunId, TenantId, Window},
};

use super::{
    Known,
    pass::{Extent, Pass, begin_pass, move_on, pass},
    window_of,
};

/// For which patients of which backfill windows come up.
#[derive(Debug, Clone)]
pub struct ComingUp {
    pub known: Known,
    pub job: String,
    pub tenant: TenantId,
    pub run: RunId,
    /// Whether the run is for those in `run_patients` alone.
    pub narrowed: bool,
    /// Patients denied after this instant rest.
    pub denied_after: Millis,
    /// What passes go through that begin now.
    pub extent: Extent,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameUp {
    /// Fetches that there are now and were not before.
    pub planned: u64,
    /// Nothing more comes up in this pass.
    pub is_all: bool,
}

/// Patients of one step: one transaction, in which no other tenant's documents are stored.
const PATIENTS: i64 = 500;

/// The statements, by the names under which a test looks at their plans.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: [(&str, &str); 3] =
    [("next patients", NEXT_PATIENTS), ("dates taken", DATES_TAKEN), ("charts asked for", CHARTS_ASKED_FOR)];

/// Whoever was denied lately rests, as in the nightly plan; and so does whose chart killed the exporter five times, for it would do so with every window.
const NEXT_PATIENTS: &str = "SELECT p.id,
           EXISTS (SELECT 1 FROM fetches f
                   WHERE f.id = (SELECT n.id FROM fetches n
                                 WHERE n.patient_id = p.id AND n.job = ?1 AND n.state <> 'superseded' ORDER BY n.id DESC LIMIT 1)
                     AND f.state = 'dead' AND f.reason IN ('denied', 'crashed') AND f.changed_at > ?5 AND p.changed_at <= f.changed_at) AS rests,
           a.state = 'active' OR (a.state = 'suspended' AND a.next_try_at <= ?6) AS may_be_asked
    FROM job_patients j
    JOIN patients p ON p.id = j.patient_id
    JOIN accounts a ON a.id = p.account_id
    WHERE j.job = ?1 AND j.tenant_id = ?2 AND j.patient_id > ?3
      AND (NOT ?4 OR EXISTS (SELECT 1 FROM run_patients n WHERE n.run_id = ?7 AND n.patient_id = j.patient_id))
    ORDER BY j.patient_id LIMIT ?8";

const DATES_TAKEN: &str =
    "SELECT d.patient_id, d.window_start, d.window_end FROM json_each(?1) p CROSS JOIN documents d ON d.patient_id = p.value
    WHERE d.window_start <= ?3 AND d.window_end >= ?2 AND d.status IN ('accepted', 'unchanged', 'shrunk')
    UNION ALL
    SELECT f.patient_id, f.window_start, f.window_end FROM json_each(?1) p CROSS JOIN fetches f ON f.patient_id = p.value
    WHERE f.backfill_id = ?4 AND f.window_start <= ?3 AND f.window_end >= ?2 AND f.state <> 'superseded'";

const CHARTS_ASKED_FOR: &str = "SELECT f.patient_id FROM json_each(?1) p CROSS JOIN fetches f ON f.patient_id = p.value
    WHERE f.backfill_id = ?2 AND f.state <> 'superseded'";

#[derive(FromRow)]
struct Patient {
    id: i64,
    rests: bool,
    may_be_asked: bool,
}

/// Takes the next patients of the pass, or the next window, and plans what is to be asked for.
pub async fn come_up(connection: &mut SqliteConnection, of: &ComingUp, now: Millis) -> sqlx::Result<CameUp> {
    let Known { id, backfill, .. } = of.known;
    let Some(mut at) = pass(connection, id, of.tenant).await?.filter(|pass| !pass.has_ended) else {
        return Ok(CameUp { planned: 0, is_all: true });
    };
    let patients = next_patients(connection, of, at.patient, now).await?;
    let askable: Vec<_> = patients.iter().filter(|patient| patient.may_be_asked && !patient.rests).map(|patient| patient.id).collect();
    let planned = plan(connection, of, at.window, &askable, now).await?;
    at.resting += patients.iter().filter(|patient| patient.rests).count() as i64;
    at.blocked += patients.iter().filter(|patient| !patient.rests && !patient.may_be_asked).count() as i64;
    match patients.last() {
        Some(last) if patients.len() as i64 == PATIENTS => at.patient = PatientId(last.id),
        _ => match backfill.next(at.up_to, at.window) {
            Some(window) => at = Pass { window, patient: PatientId(0), ..at },
            None => at.has_ended = true,
        },
    }
    move_on(connection, id, of.tenant, &at, now).await?;
    if at.has_ended {
        // Begun under another roster, it has missed whoever came into it since.
        begin_pass(connection, (id, backfill), of.tenant, &of.extent, false, now).await?;
        at = pass(connection, id, of.tenant).await?.unwrap_or(at);
    }
    Ok(CameUp { planned, is_all: at.has_ended })
}

async fn next_patients(connection: &mut SqliteConnection, of: &ComingUp, after: PatientId, now: Millis) -> sqlx::Result<Vec<Patient>> {
    sqlx::query_as(NEXT_PATIENTS)
        .bind(&of.job)
        .bind(of.tenant.0)
        .bind(after.0)
        .bind(of.narrowed)
        .bind(of.denied_after)
        .bind(now)
        .bind(of.run.0)
        .bind(PATIENTS)
        .fetch_all(connection)
        .await
}

/// Plans a window, or the whole chart, for these patients; tells how many fetches that made.
async fn plan(
    connection: &mut SqliteConnection,
    of: &ComingUp,
    window: Option<Window>,
    patients: &[i64],
    now: Millis,
) -> sqlx::Result<u64> {
    let fetches: Vec<_> = match window {
        Some(window) => {
            let taken = dates_taken(connection, of.known.id, window, patients).await?;
            let missing = |patient| window.without(taken.get(patient).map_or(&[], Vec::as_slice));
            patients.iter().flat_map(|patient| missing(patient).into_iter().map(|window| row(*patient, Some(window)))).collect()
        }
        None => {
            let asked = charts_asked_for(connection, of.known.id, patients).await?;
            patients.iter().filter(|patient| !asked.contains(patient)).map(|patient| row(*patient, None)).collect()
        }
    };
    if !fetches.is_empty() {
        insert(connection, of, &fetches, now).await?;
    }
    Ok(fetches.len() as u64)
}

/// A fetch as [`insert`] takes it.
pub(super) fn row(patient: i64, window: Option<Window>) -> Value {
    json!([patient, window.map(|window| window.start.to_string()), window.map(|window| window.end.to_string())])
}

pub(super) async fn insert(connection: &mut SqliteConnection, of: &ComingUp, fetches: &[Value], now: Millis) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO fetches (patient_id, tenant_id, job, backfill_id, occurrence_at, window_start, window_end, state, changed_at)
         SELECT value ->> 0, ?2, ?3, ?4, ?5, value ->> 1, value ->> 2, 'pending', ?6 FROM json_each(?1)",
    )
    .bind(json!(fetches).to_string())
    .bind(of.tenant.0)
    .bind(&of.job)
    .bind(of.known.id.0)
    .bind(of.known.asked_at)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// By patient, the windows around `window` that a document holds, whoever asked for it, or that the backfill has asked for already.
async fn dates_taken(
    connection: &mut SqliteConnection,
    backfill: BackfillId,
    window: Window,
    patients: &[i64],
) -> sqlx::Result<HashMap<i64, Vec<Window>>> {
    let rows: Vec<(i64, String, String)> = sqlx::query_as(DATES_TAKEN)
        .bind(json!(patients).to_string())
        .bind(window.start.to_string())
        .bind(window.end.to_string())
        .bind(backfill.0)
        .fetch_all(connection)
        .await?;
    let mut taken: HashMap<i64, Vec<Window>> = HashMap::new();
    for (patient, start, end) in rows {
        taken.entry(patient).or_default().push(window_of(&start, &end)?);
    }
    Ok(taken)
}

/// Those of the patients whose whole chart the backfill has asked for already.
async fn charts_asked_for(connection: &mut SqliteConnection, backfill: BackfillId, patients: &[i64]) -> sqlx::Result<HashSet<i64>> {
    let rows: Vec<i64> =
        sqlx::query_scalar(CHARTS_ASKED_FOR).bind(json!(patients).to_string()).bind(backfill.0).fetch_all(connection).await?;
    Ok(rows.into_iter().collect())
}

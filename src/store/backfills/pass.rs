//! How far a tenant's windows have come up: a position between windows and patients, which the next run goes on from.

use chrono::NaiveDate;
use sqlx::{FromRow, SqliteConnection};

use crate::{
    clock::Millis,
    domain::{Backfill, BackfillId, PatientId, TenantId, Window},
};

use super::{decoded, window_of};

/// Where a tenant's pass through windows and patients stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// The last date of the pass.
    pub up_to: NaiveDate,
    /// The window that comes up now; `None`: the whole chart.
    pub window: Option<Window>,
    /// The last patient for whom it has come up.
    pub patient: PatientId,
    /// Windows that came up for patients who rest.
    pub resting: i64,
    /// Windows that came up while the account was left alone.
    pub blocked: i64,
    /// Everything has come up.
    pub has_ended: bool,
}

#[derive(FromRow)]
struct Row {
    up_to: String,
    window_start: Option<String>,
    window_end: Option<String>,
    patient_id: i64,
    resting: i64,
    blocked: i64,
    has_ended: bool,
}

/// What a pass goes through: up to which date, and whose patients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    pub up_to: NaiveDate,
    /// Of the roster as the run took it over.
    pub roster_digest: [u8; 32],
}

/// Begins the tenant's pass; or another one, where the last has ended and the roster has changed since or a date has passed, and `for_passed_by` also
/// where somebody was passed by. One that has not ended goes on.
pub async fn begin_pass(
    connection: &mut SqliteConnection,
    (id, backfill): (BackfillId, Backfill),
    tenant: TenantId,
    extent: &Extent,
    for_passed_by: bool,
    now: Millis,
) -> sqlx::Result<()> {
    let first = backfill.first(extent.up_to);
    let window = first.flatten();
    sqlx::query(
        "INSERT INTO backfill_passes (backfill_id, tenant_id, up_to, roster_digest, window_start, window_end, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET up_to = ?3, roster_digest = ?4, window_start = ?5, window_end = ?6, patient_id = 0, resting = 0, blocked = 0,
                                   ended_at = ?7
         WHERE ended_at IS NOT NULL AND (up_to <> ?3 OR roster_digest <> ?4 OR (?8 AND resting + blocked > 0))",
    )
    .bind(id.0)
    .bind(tenant.0)
    .bind(extent.up_to.to_string())
    .bind(&extent.roster_digest[..])
    .bind(window.map(|window| window.start.to_string()))
    .bind(window.map(|window| window.end.to_string()))
    .bind(first.is_none().then_some(now))
    .bind(for_passed_by)
    .execute(connection)
    .await?;
    Ok(())
}

/// The tenant's pass; `None` before it has begun.
pub(super) async fn pass(connection: &mut SqliteConnection, id: BackfillId, tenant: TenantId) -> sqlx::Result<Option<Pass>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT up_to, window_start, window_end, patient_id, resting, blocked, ended_at IS NOT NULL AS has_ended
         FROM backfill_passes WHERE backfill_id = ? AND tenant_id = ?",
    )
    .bind(id.0)
    .bind(tenant.0)
    .fetch_optional(connection)
    .await?;
    row.map(Pass::try_from).transpose()
}

/// Moves the pass on to where it stands now.
pub(super) async fn move_on(
    connection: &mut SqliteConnection,
    id: BackfillId,
    tenant: TenantId,
    pass: &Pass,
    now: Millis,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE backfill_passes SET window_start = ?, window_end = ?, patient_id = ?, resting = ?, blocked = ?, ended_at = ?
         WHERE backfill_id = ? AND tenant_id = ?",
    )
    .bind(pass.window.map(|window| window.start.to_string()))
    .bind(pass.window.map(|window| window.end.to_string()))
    .bind(pass.patient.0)
    .bind(pass.resting)
    .bind(pass.blocked)
    .bind(pass.has_ended.then_some(now))
    .bind(id.0)
    .bind(tenant.0)
    .execute(connection)
    .await?;
    Ok(())
}

impl TryFrom<Row> for Pass {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let window = row.window_start.zip(row.window_end).map(|(start, end)| window_of(&start, &end)).transpose()?;
        Ok(Self {
            up_to: decoded(row.up_to.parse())?,
            window,
            patient: PatientId(row.patient_id),
            resting: row.resting,
            blocked: row.blocked,
            has_ended: row.has_ended,
        })
    }
}

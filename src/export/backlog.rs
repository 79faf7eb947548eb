//! What of a backfill has not become fetches yet. Windows come up one after the other, a few patients at a time, when nothing else is due.

use sqlx::SqliteConnection;

use crate::{
    domain::TenantId,
    store::{
        StoreError, backfills,
        backfills::{CameUp, ComingUp, Extent, Known},
    },
};

use super::{RunRequest, Tenant, opening::Opened, tenant::TenantRun};

/// Makes each tenant's pass ready, and takes from what is planned already the dates that other plans have brought meanwhile.
pub(super) async fn begin(connection: &mut SqliteConnection, request: &RunRequest, opened: &Opened, known: Known) -> sqlx::Result<()> {
    let refitted = backfills::refit(connection, known.id, &request.job, opened.started_at).await?;
    if refitted > 0 {
        tracing::info!(backfill = known.id.0, fetches = refitted, "dates that have come otherwise are not asked for again");
    }
    for (tenant, row) in request.roster.tenants.iter().zip(&opened.rows.tenants) {
        let extent = extent(request, tenant, known);
        backfills::begin_pass(connection, (known.id, known.backfill), *row, &extent, true, opened.started_at).await?;
    }
    Ok(())
}

/// What comes up of the run's backfill at a tenant; `None` for a night.
pub(super) fn of_tenant(request: &RunRequest, opened: &Opened, (tenant, row): (&Tenant, TenantId)) -> Option<ComingUp> {
    let Opened { id, narrowed, backfill, denied_after, .. } = *opened;
    let (known, job) = (backfill?, request.job.clone());
    Some(ComingUp { known, job, tenant: row, run: id, narrowed, denied_after, extent: extent(request, tenant, known) })
}

fn extent(request: &RunRequest, tenant: &Tenant, known: Known) -> Extent {
    let today = request.occurrence.with_timezone(&tenant.zone).date_naive();
    Extent { up_to: known.backfill.up_to(today), roster_digest: request.roster.digest }
}

impl TenantRun {
    /// Lets windows come up until there is something to pull; false when nothing does any more, or the run ends.
    pub async fn come_up(&self) -> Result<bool, StoreError> {
        let Some(backlog) = &self.backlog else { return Ok(false) };
        while self.may_go_on() {
            let (of, now) = (backlog.clone(), self.shared.clock.now_ms());
            let step =
                self.shared.writer.write(Box::new(move |c| Box::pin(async move { backfills::come_up(c, &of, now).await.map(Some) })));
            match step.await? {
                CameUp { planned: 0, is_all: true } => return Ok(false),
                CameUp { planned: 0, is_all: false } => {}
                CameUp { planned, .. } => {
                    tracing::debug!(tenant = %self.tenant.name, fetches = planned, "windows of the backfill came up");
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

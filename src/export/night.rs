//! The plan of a night: a fetch for everybody who has none in its occurrence. That of a large roster goes on while the run works, because for a million
//! patients it takes seconds, in which nobody would be asked for anything.

use std::{collections::HashMap, sync::Arc};

use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use crate::{
    domain::WindowPolicy,
    failpoint,
    store::{
        fetches::{self, Plan, Position, begin_plan, plan_some},
        receipts, runs,
    },
};

use super::{Roster, RunError, RunRequest, opening::Opened, tenant::TenantRun};

/// What came of planning a night.
pub(super) enum Planned {
    /// The same was planned before.
    Before,
    Now,
    /// It is large, and is planned while the run works.
    Later(Night),
}

/// What is to be planned while the run works. No patient has a fetch in the occurrence before.
#[derive(Debug, Clone)]
pub(super) struct Night {
    /// One for each tenant, in the roster's order.
    plans: Vec<Plan>,
    begin: Position,
    /// So many patients are planned in one transaction.
    step: u32,
    digest: Option<Vec<u8>>,
}

/// Plans for everybody whom the run is for, or leaves it for later.
pub(super) async fn plan(
    connection: &mut SqliteConnection,
    request: &RunRequest,
    windows: &WindowPolicy,
    opened: &Opened,
) -> sqlx::Result<Planned> {
    let plans: Vec<Plan> = plans(request, windows, opened).collect();
    // With lines left out, the digest stands for another roster than was taken over.
    let digest = (!opened.narrowed && request.roster.skipped_lines == 0).then(|| digest(&request.roster, &plans));
    if let Some(digest) = &digest
        && runs::is_planned(connection, &request.job, opened.occurrence_at, digest).await?
    {
        return Ok(Planned::Before);
    }
    let step = request.settings.planned_at_once;
    // With windows, or fetches that are there already, only a plan that is through tells how much is due.
    if request.roster.patient_count > u64::from(step)
        && !opened.narrowed
        && plans.iter().all(|plan| plan.window.is_none())
        && let Some(first) = plans.first()
        && let begin = begin_plan(connection, first).await?
        && begin.is_of_first_plan()
    {
        return Ok(Planned::Later(Night { plans, begin, step, digest }));
    }
    for plan in &plans {
        fetches::plan(connection, plan).await?;
    }
    if let Some(digest) = digest {
        runs::set_planned(connection, opened.id, &digest).await?;
    }
    Ok(Planned::Now)
}

fn plans(request: &RunRequest, windows: &WindowPolicy, opened: &Opened) -> impl Iterator<Item = Plan> {
    request.roster.tenants.iter().zip(&opened.rows.tenants).flat_map(move |(tenant, row)| {
        // The occurrence's day and not today, so that a retry after midnight plans the same windows.
        let today = request.occurrence.with_timezone(&tenant.zone).date_naive();
        windows.windows(today).into_iter().map(move |window| Plan {
            run: opened.id,
            narrowed: opened.narrowed,
            job: request.job.clone(),
            tenant: *row,
            occurrence_at: opened.occurrence_at,
            window,
            denied_after: opened.denied_after,
            now: opened.started_at,
        })
    })
}

/// What a plan for everybody depends on, beside its job and its occurrence.
fn digest(roster: &Roster, plans: &[Plan]) -> Vec<u8> {
    let mut digest = Sha256::new_with_prefix(roster.digest);
    for Plan { tenant, window, denied_after, .. } in plans {
        digest.update(format!("{} {window:?} {denied_after};", tenant.0));
    }
    digest.finalize().to_vec()
}

impl Night {
    /// The highest row id of fetches of the nights before. Those that are unfinished are not to be pulled: this plan supersedes them.
    pub fn highest_before(&self) -> i64 {
        self.begin.highest()
    }

    /// How many fetches it will plan, by tenant: one for each patient who does not rest.
    pub async fn due(
        &self,
        connection: &mut SqliteConnection,
        request: &RunRequest,
        opened: &Opened,
    ) -> sqlx::Result<HashMap<String, u64>> {
        let Opened { id, narrowed, denied_after, occurrence_at, .. } = *opened;
        let of = (id, narrowed);
        let mut due: HashMap<_, _> = receipts::patients(connection, of, &request.job).await?.into_iter().collect();
        for (tenant, row) in request.roster.tenants.iter().zip(&opened.rows.tenants) {
            if let Some(due) = due.get_mut(&tenant.name.0) {
                *due -= fetches::resting(connection, of, &request.job, *row, (denied_after, occurrence_at)).await?;
            }
        }
        Ok(due.into_iter().map(|(tenant, due)| (tenant, u64::try_from(due).unwrap_or(0))).collect())
    }

    /// Plans one tenant after the other, to the end, also where the run is asked to stop: its receipt accounts for everybody. A tenant begins with what is
    /// planned of it so far: for these seconds its order of work is that of a part.
    pub async fn go_on(self, tenants: Vec<Arc<TenantRun>>) -> Result<(), RunError> {
        let Some(shared) = tenants.first().map(|tenant| Arc::clone(&tenant.shared)) else { return Ok(()) };
        let Self { plans, begin, step, digest } = self;
        let run = tenants[0].cursor.run;
        for (plan, tenant) in plans.into_iter().zip(&tenants) {
            let (plan, mut at) = (Arc::new(plan), Some(begin));
            while let Some(position) = at {
                let plan = Arc::clone(&plan);
                let write = shared.writer.write(Box::new(move |c| {
                    Box::pin(async move {
                        if runs::is_open(c, run).await? { plan_some(c, &plan, position, step).await.map(Some) } else { Ok(None) }
                    })
                }));
                at = write.await?;
                failpoint::pass("planned");
                tenant.planned.send_replace(at.is_none());
            }
        }
        if let Some(digest) = digest {
            shared.writer.write(Box::new(move |c| Box::pin(async move { runs::set_planned(c, run, &digest).await.map(Some) }))).await?;
        }
        Ok(())
    }
}

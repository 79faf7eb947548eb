//! What a run would do, without doing it.

use sqlx::{Connection, SqliteConnection};

use crate::{
    clock::Clock,
    store::{Session, backfills, bodies},
};

use super::{
    Progress, RunError, RunRequest, backlog,
    opening::{self, Opened},
    run::close_failed,
};

/// So many fetches of a tenant are due.
pub type Due = (String, u64);

/// What a run would do.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// By tenant, in the roster's order.
    pub due: Vec<Due>,
    /// The mean length of the newest documents in bytes, where there are any.
    pub document: Option<u64>,
}

/// What is due now: planned in a transaction that is undone.
pub async fn rehearse(mut session: Session, request: &RunRequest, clock: &Clock) -> Result<Rehearsal, RunError> {
    let progress = Progress::new(request.roster.tenants.iter().map(|tenant| tenant.name.clone()));
    let planned = async {
        let now = clock.now_ms();
        let mut transaction = session.connection.begin_with("BEGIN IMMEDIATE").await?;
        let begun = opening::begin(&mut transaction, request, request.work.kind(), now).await?;
        let opened = opening::open(&mut transaction, request, begun, now, &progress).await?;
        let due = match opened.backfill {
            Some(_) => requests_of_backfill(&mut transaction, request, &opened).await?,
            None => progress.tenants().iter().map(|tenant| (tenant.tenant.to_string(), tenant.snapshot().due)).collect(),
        };
        let document = bodies::mean_length(&mut transaction).await?;
        transaction.rollback().await?;
        Ok(Rehearsal { due, document })
    };
    match planned.await {
        Ok(rehearsal) => {
            session.close().await?;
            Ok(rehearsal)
        }
        Err(error) => Err(close_failed(session, None, clock, error).await),
    }
}

/// Without the dates that documents hold already, which the run itself finds out as windows come up.
async fn requests_of_backfill(connection: &mut SqliteConnection, request: &RunRequest, opened: &Opened) -> sqlx::Result<Vec<Due>> {
    let mut due = Vec::new();
    for (tenant, row) in request.roster.tenants.iter().zip(&opened.rows.tenants) {
        let requests = match backlog::of_tenant(request, opened, (tenant, *row)) {
            Some(backlog) => backfills::estimate(connection, &backlog).await?,
            None => 0,
        };
        due.push((tenant.name.to_string(), requests));
    }
    Ok(due)
}

/// The same where there is no database yet, and none is made: whoever is named is due.
pub fn rehearse_new(request: &RunRequest) -> Result<Rehearsal, RunError> {
    let RunRequest { roster, narrowing, .. } = request;
    if !narrowing.patients.is_empty() {
        return Err(RunError::UnknownPatients(narrowing.patients.clone()));
    }
    let mut due: Vec<Due> = roster.tenants.iter().map(|tenant| (tenant.name.to_string(), 0)).collect();
    for patient in (roster.patients)().map_err(RunError::RosterChanged)? {
        let patient = patient.map_err(RunError::RosterChanged)?;
        let account = &roster.accounts[patient.account as usize];
        let tenant = &roster.tenants[account.tenant as usize];
        let named = narrowing.tenant.as_ref().is_none_or(|name| *name == tenant.name)
            && narrowing.account.as_ref().is_none_or(|name| *name == account.name)
            && (narrowing.tokens.is_empty() || narrowing.tokens.contains(&patient.token));
        if named {
            let today = request.occurrence.with_timezone(&tenant.zone).date_naive();
            due[account.tenant as usize].1 += request.work.windows(today);
        }
    }
    Ok(Rehearsal { due, document: None })
}

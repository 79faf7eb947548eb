//! What a run would do, without doing it.

use sqlx::Connection;

use crate::{
    clock::Clock,
    store::{Session, runs::RunKind},
};

use super::{Progress, RunError, RunRequest, opening, run::close_failed};

/// So many fetches of a tenant are due.
pub type Due = (String, u64);

/// What is due now, by tenant: planned in a transaction that is undone.
pub async fn rehearse(mut session: Session, request: &RunRequest, clock: &Clock) -> Result<Vec<Due>, RunError> {
    let progress = Progress::new(request.roster.tenants.iter().map(|tenant| tenant.name.clone()));
    let planned = async {
        let now = clock.now_ms();
        let mut transaction = session.connection.begin_with("BEGIN IMMEDIATE").await?;
        let id = opening::begin(&mut transaction, request, RunKind::Nightly, now).await?;
        opening::open(&mut transaction, request, id, now, &progress).await?;
        Ok(transaction.rollback().await?)
    };
    if let Err(error) = planned.await {
        return Err(close_failed(session, None, clock, error).await);
    }
    session.close().await?;
    Ok(progress.tenants().iter().map(|tenant| (tenant.tenant.to_string(), tenant.snapshot().due)).collect())
}

/// The same where there is no database yet, and none is made: whoever is named is due.
pub fn rehearse_new(request: &RunRequest) -> Result<Vec<Due>, RunError> {
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
            due[account.tenant as usize].1 += request.windows.windows(today).len() as u64;
        }
    }
    Ok(due)
}

//! Who can log in? One token for each account, at the tenant's pace and with its suspensions, and no document.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::{
    clock::Clock,
    domain::Reason,
    edvak::Need,
    report::ExitCode,
    store::{Session, runs, runs::RunKind},
};

use super::{
    Progress, RunError, RunRequest, Stop,
    rules::is_outage,
    run::{close_failed, open, with_tenants},
    tenant::{NoToken, TenantRun},
};

/// What came of one account's login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginResult {
    pub tenant: String,
    pub account: String,
    pub login: Login,
}

/// Whether an account can log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    Accepted,
    Failed(Reason),
    /// A signal ended the check before its turn.
    NotTried,
}

/// What came of all logins.
#[derive(Debug, Clone)]
pub struct LoginResults {
    /// In the order of tenants and accounts.
    pub logins: Vec<LoginResult>,
    pub exit_code: ExitCode,
}

/// Logs in once with every account, and closes the session.
///
/// # Errors
/// As [`run`](super::run()).
pub async fn check_logins(
    mut session: Session,
    request: &RunRequest,
    clock: &Clock,
    stop: &Stop,
    progress: &Progress,
) -> Result<LoginResults, RunError> {
    let opened = match open(&mut session, request, RunKind::Check, clock, progress).await {
        Ok(opened) => opened,
        Err((id, error)) => return Err(close_failed(session, id, clock, error).await),
    };
    let (mut session, worked) = with_tenants(session, request, &opened, clock, stop, progress, log_in_everywhere).await;
    let logins = match worked {
        Ok(logins) => logins,
        Err(error) => return Err(close_failed(session, Some(opened.id), clock, error).await),
    };
    let exit_code = exit_code(&logins, stop);
    let ended = runs::end(&mut session.connection, opened.id, clock.now_ms(), exit_code as u8, None).await;
    ended.map_err(|error| session.error(error))?;
    session.close().await?;
    Ok(LoginResults { logins, exit_code })
}

/// What a run would end with: where no tenant could be reached, that is the news, and not that work remains.
fn exit_code(logins: &[LoginResult], stop: &Stop) -> ExitCode {
    let outage = !logins.is_empty() && logins.iter().all(|result| matches!(result.login, Login::Failed(reason) if is_outage(reason)));
    if outage && !stop.is_finishing() {
        return ExitCode::Unavailable;
    }
    ExitCode::worst(logins.iter().map(|result| match result.login {
        Login::Accepted => ExitCode::Done,
        Login::Failed(reason) => ExitCode::of_block(reason),
        Login::NotTried => ExitCode::WorkRemains,
    }))
}

async fn log_in_everywhere(tenants: Vec<Arc<TenantRun>>) -> Result<Vec<LoginResult>, RunError> {
    let mut tasks: JoinSet<_> = tenants.into_iter().map(log_in_tenant).collect();
    let mut all = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        all.extend(ended.map_err(|_| RunError::Panicked)??);
    }
    all.sort_by(|a: &LoginResult, b| (&a.tenant, &a.account).cmp(&(&b.tenant, &b.account)));
    Ok(all)
}

async fn log_in_tenant(tenant: Arc<TenantRun>) -> Result<Vec<LoginResult>, RunError> {
    let mut tasks = JoinSet::new();
    let mut results = Vec::with_capacity(tenant.accounts.len());
    for account in tenant.accounts.keys().copied() {
        let Some(place) = tenant.shared.stop.or(tenant.client.documents().place()).await else {
            results.push(Ok((account, Err(NoToken::Stopping))));
            continue;
        };
        let tenant = Arc::clone(&tenant);
        tasks.spawn(async move { (account, tenant.token(account, Need::Any, &place).await.map(drop)) });
        while let Some(ended) = tasks.try_join_next() {
            results.push(ended);
        }
    }
    while let Some(ended) = tasks.join_next().await {
        results.push(ended);
    }
    let mut logins = Vec::with_capacity(results.len());
    for ended in results {
        let (account, result) = ended.map_err(|_| RunError::Panicked)?;
        let login = match result {
            Ok(()) => Login::Accepted,
            Err(NoToken::LeftAlone) => Login::Failed(tenant.why_left_alone(account)),
            // A breaker is open because the server cannot be reached.
            Err(NoToken::HeldBack) => Login::Failed(Reason::Network),
            Err(NoToken::Stopping | NoToken::WriterGone) => Login::NotTried,
        };
        logins.push(LoginResult { tenant: tenant.tenant.name.to_string(), account: tenant.account_name(account).to_owned(), login });
    }
    Ok(logins)
}

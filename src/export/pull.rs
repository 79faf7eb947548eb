//! One pull: claim a fetch, ask for its document, judge the answer, settle. Every failure here is data; only the database can end the run.

use std::sync::Arc;

use crate::{
    domain::{AttemptKind, Outcome, Reason},
    edvak::{DocumentAnswer, Exchange, Need, Place, RequestedDates, Signal, Token},
    failpoint,
    store::{
        StoreError,
        attempts::{Attempt, Ended},
        fetches::{self, Candidate, Claim},
    },
};

use super::{
    pulls::Seat,
    settle::Settling,
    tenant::{NoToken, TenantRun},
};

/// What became of a pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pulled {
    /// Settled, or left as it is for a cause that lasts.
    Ended,
    /// Nothing was sent although the account may be asked, because of a breaker or a pause: the fetch is as due as before.
    HeldBack,
}

/// A fetch that is to be pulled.
pub(super) struct Work {
    pub candidate: Candidate,
    /// Whether its claim is committed already.
    pub is_claimed: bool,
}

/// Pulls one document. The place is held until a body has come of an account that has brought charts, or until what else was answered is committed and
/// its consequences are drawn.
pub(super) async fn pull(run: &TenantRun, Work { candidate, is_claimed }: Work, seat: Seat) -> Result<Pulled, StoreError> {
    if ready(run, &candidate, &seat.place).await?.is_none() {
        if is_claimed {
            unclaim(run, std::slice::from_ref(&candidate)).await?;
        }
        let lasts = !run.accounts.contains_key(&candidate.account) || !run.may_ask(candidate.account);
        return Ok(if lasts { Pulled::Ended } else { Pulled::HeldBack });
    }
    let mut claimed = if is_claimed { vec![candidate] } else { claim(run, vec![candidate]).await? };
    if let Some(candidate) = claimed.pop() {
        failpoint::pass_for("claimed", candidate.patient.0);
        // Once more: the commit may have waited for a busy disk, or this process may have been stopped for an hour.
        match token(run, &candidate, run.token_need(candidate.fetch), &seat.place).await? {
            Some(token) => ask_and_settle(run, &candidate, seat, token).await?,
            None => unclaim(run, &[candidate]).await?,
        }
    }
    Ok(Pulled::Ended)
}

/// A token, at the moment at which the request may be sent; none when it is not to be sent.
async fn ready(run: &TenantRun, candidate: &Candidate, place: &Place) -> Result<Option<Arc<Token>>, StoreError> {
    let need = run.token_need(candidate.fetch);
    if token(run, candidate, need, place).await?.is_none() || !turn(run, candidate, place).await {
        return Ok(None);
    }
    // Asked for anew after the wait, which costs nothing while it lives: a token may die in a queue.
    let token = token(run, candidate, need, place).await?;
    Ok(token.filter(|_| run.client.circuit().lets(place)))
}

/// Sends the request of a claimed fetch, once more where it is denied, and settles what came of it.
async fn ask_and_settle(run: &TenantRun, candidate: &Candidate, seat: Seat, mut token: Arc<Token>) -> Result<(), StoreError> {
    let mut settling = Settling { run, candidate, kind: AttemptKind::Document };
    let mut denied_at = None;
    loop {
        let asked_at = run.shared.clock.now_ms();
        let Some(exchange) = ask(run, candidate, &token).await else { return settling.cancelled(asked_at).await };
        failpoint::pass_for("answered", candidate.patient.0);
        note_pace(&settling, &exchange);
        let denied_first = denied_at.get_or_insert(exchange.sent_at + exchange.duration);
        // A token that was issued before this fetch was first denied may have died with the one that was: it proves nothing.
        let fresh = settling.kind == AttemptKind::Replay && token.issued_at() >= *denied_first;
        if fresh || !is_denied(&exchange) {
            settling.answered(&token, exchange, seat).await?;
            // With an account for each patient, nobody needs it any more. One that brought nothing stays: it may be why the next one has to wait.
            if candidate.alone && candidate.window.is_none() && token.has_brought_document() {
                run.forget_token(candidate.account);
            }
            failpoint::pass_for("settled", candidate.patient.0);
            return Ok(());
        }
        failpoint::pass_for("denied", candidate.patient.0);
        note_denial(&settling, &exchange).await?;
        failpoint::pass_for("replay_noted", candidate.patient.0);
        settling.kind = AttemptKind::Replay;
        let newer = token_for_replay(run, candidate, Need::NewerThan(token.id()), &seat.place).await?;
        let Some(newer) = newer else { return release(run, candidate).await };
        token = newer;
    }
}

/// A token, or none when the fetch is to be left as it is.
async fn token(run: &TenantRun, candidate: &Candidate, need: Need, place: &Place) -> Result<Option<Arc<Token>>, StoreError> {
    match run.shared.stop.or(run.token(candidate.account, need, place)).await {
        Some(Ok(token)) => Ok(Some(token)),
        Some(Err(NoToken::WriterGone)) => Err(StoreError::WriterGone),
        Some(Err(NoToken::LeftAlone | NoToken::HeldBack | NoToken::Stopping)) | None => Ok(None),
    }
}

/// A token and the turn for the replay; none when the run ends first.
async fn token_for_replay(run: &TenantRun, candidate: &Candidate, need: Need, place: &Place) -> Result<Option<Arc<Token>>, StoreError> {
    if token(run, candidate, need, place).await?.is_none() || !turn(run, candidate, place).await {
        return Ok(None);
    }
    token(run, candidate, need, place).await
}

/// Waits for the turn; false when meanwhile nothing may start any more, or not for this account, or not now: a pause, a breaker.
async fn turn(run: &TenantRun, candidate: &Candidate, place: &Place) -> bool {
    let stop = &run.shared.stop;
    stop.or(run.client.documents().turn_unless_paused()).await == Some(true)
        && !stop.is_finishing()
        && run.may_ask(candidate.account)
        && run.client.circuit().lets(place)
}

/// Claims fetches, and gives those that were still to be had. Committed before a request is sent, so that every request has its row whatever happens
/// to this process.
pub(super) async fn claim(run: &TenantRun, mut candidates: Vec<Candidate>) -> Result<Vec<Candidate>, StoreError> {
    let claimed = run.shared.desk.claim(claims(run, &candidates)).await?;
    candidates.retain(|candidate| claimed.contains(&candidate.fetch));
    Ok(candidates)
}

fn claims(run: &TenantRun, candidates: &[Candidate]) -> Vec<Claim> {
    let (id, now) = (run.cursor.run, run.shared.clock.now_ms());
    candidates.iter().map(|candidate| Claim { fetch: candidate.fetch, run: id, account: candidate.account, now }).collect()
}

/// Takes claims back whose requests were never sent.
pub(super) async fn unclaim(run: &TenantRun, candidates: &[Candidate]) -> Result<(), StoreError> {
    let claims = claims(run, candidates);
    let write = run
        .shared
        .writer
        .write(Box::new(move |c| Box::pin(async move { fetches::unclaim(c, &claims).await.map(|held| held.then_some(())) })));
    write.await
}

/// Asks for the document; `None` when the grace period ended first.
async fn ask(run: &TenantRun, candidate: &Candidate, token: &Token) -> Option<Exchange<DocumentAnswer>> {
    let dates = candidate.window.map(|window| RequestedDates { start: window.start, end: window.requested_end(run.today()) });
    run.progress.asked_for_document();
    tokio::select! {
        biased;
        () = run.shared.stop.abandoned() => None,
        exchange = run.client.patient_data(token, &candidate.token, dates) => Some(exchange),
    }
}

fn is_denied(exchange: &Exchange<DocumentAnswer>) -> bool {
    exchange.result.as_ref().is_err_and(|failure| failure.reason == Reason::Denied)
}

/// Tells the limits and the breakers how the server answered.
fn note_pace(settling: &Settling<'_>, exchange: &Exchange<DocumentAnswer>) {
    let Settling { run, kind, .. } = *settling;
    let reason = match &exchange.result {
        // A page with 401 or 403 says nothing until it comes once more: then it is the CDN's.
        Err(failure) if failure.reason == Reason::Denied && failure.html && kind == AttemptKind::Document => return,
        Err(failure) if failure.reason == Reason::Denied && failure.html => Some(Reason::Edge),
        Err(failure) => Some(failure.reason),
        Ok(_) => None,
    };
    run.client.heard(Signal::new(kind, exchange, reason, run.shared.settings.retry.longest_retry_after));
}

/// Records the denial, and that the replay is about to be sent.
async fn note_denial(settling: &Settling<'_>, exchange: &Exchange<DocumentAnswer>) -> Result<(), StoreError> {
    let Settling { run, candidate, kind } = *settling;
    let detail = exchange.result.as_ref().err().map(|failure| failure.detail.clone());
    tracing::warn!(
        tenant = %run.tenant.name, account = run.account_name(candidate.account), fetch = candidate.fetch.0, kind = %kind,
        reason = %Reason::Denied, http_status = exchange.http_status, detail, "denied: asked for once more with a new token"
    );
    let attempt = Attempt {
        run: run.cursor.run,
        fetch: Some(candidate.fetch),
        account: candidate.account,
        kind,
        started_at: exchange.started_at,
        ended: Ended {
            duration: exchange.duration,
            http_status: exchange.http_status,
            outcome: Outcome::Passing,
            reason: Some(Reason::Denied),
            detail,
            bytes: exchange.bytes,
        },
    };
    let (fetch, now) = (candidate.fetch, run.shared.clock.now_ms());
    let write = run
        .shared
        .writer
        .write(Box::new(move |c| Box::pin(async move { fetches::replay(c, fetch, &attempt, now).await.map(|held| held.then_some(())) })));
    write.await
}

/// Gives a fetch back that was denied and whose replay was never sent.
async fn release(run: &TenantRun, candidate: &Candidate) -> Result<(), StoreError> {
    let (fetch, id) = (candidate.fetch, run.cursor.run);
    let due_at = run.shared.clock.now_ms();
    let write = run.shared.writer.write(Box::new(move |c| {
        Box::pin(async move { fetches::release(c, fetch, id, Reason::Denied, due_at).await.map(|held| held.then_some(())) })
    }));
    write.await
}

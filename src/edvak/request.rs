//! Sending one request and taking in whatever comes back. What it means is not decided here.

use std::time::SystemTime;

use reqwest::{
    RequestBuilder, Response,
    header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER},
};

use super::{
    BodyHold, Exchange, Failure, RateLimit,
    body_budget::SMALL,
    fault,
    intake::{Intake, too_slow},
    patience::Patience,
    rate_limit,
    retry_after::retry_after,
};
use crate::clock::Clock;

/// An answer whose head came.
pub(super) struct Arrived {
    pub(super) status: u16,
    pub(super) media_type: Option<String>,
    /// The body, as far as it came.
    pub(super) bytes: Vec<u8>,
    pub(super) hold: Option<BodyHold>,
    /// Whether the body came whole, or why not.
    pub(super) whole: Result<(), Failure>,
}

/// Sends `request`. The body of a 200 is limited to `limit` bytes, those of other answers, which only have to be recognised, to 1 MiB.
pub(super) async fn ask(request: RequestBuilder, mut patience: Patience, hold: BodyHold, limit: u64, clock: &Clock) -> Exchange<Arrived> {
    let (started_at, sent_at) = (clock.now_ms(), clock.elapsed());
    let mut exchange = Exchange {
        started_at,
        sent_at,
        duration: Default::default(),
        http_status: None,
        bytes: 0,
        retry_after: None,
        rate_limit: None,
        result: Err(too_slow()),
    };
    match patience.for_head(request.send()).await {
        None => {}
        Some(Err(error)) => exchange.result = Err(fault::before_head(&error)),
        Some(Ok(response)) => {
            exchange.http_status = Some(response.status().as_u16());
            exchange.retry_after = asked_pause(response.headers(), clock);
            exchange.rate_limit = limit_hint(response.headers());
            let limit = if response.status() == 200 { limit } else { SMALL.min(limit) };
            let arrived = receive(response, patience, hold, limit).await;
            exchange.bytes = arrived.bytes.len() as u64;
            exchange.result = Ok(arrived);
        }
    }
    exchange.duration = clock.elapsed().saturating_sub(sent_at);
    exchange
}

async fn receive(mut response: Response, mut patience: Patience, hold: BodyHold, limit: u64) -> Arrived {
    let status = response.status().as_u16();
    let media_type = text(response.headers(), CONTENT_TYPE.as_str()).map(str::to_owned);
    let mut intake = match Intake::new(response.headers(), hold, limit) {
        Ok(intake) => intake,
        Err(failure) => return Arrived { status, media_type, bytes: Vec::new(), hold: None, whole: Err(failure) },
    };
    let whole = intake.receive(&mut response, &mut patience).await;
    let (bytes, hold) = intake.into_parts();
    Arrived { status, media_type, bytes, hold: Some(hold), whole }
}

fn asked_pause(headers: &HeaderMap, clock: &Clock) -> Option<std::time::Duration> {
    retry_after(text(headers, RETRY_AFTER.as_str())?, text(headers, DATE.as_str()), SystemTime::from(clock.now()))
}

fn limit_hint(headers: &HeaderMap) -> Option<RateLimit> {
    let combined = text(headers, "ratelimit").and_then(rate_limit::combined);
    combined.or_else(|| rate_limit::separate(text(headers, "ratelimit-remaining")?, text(headers, "ratelimit-reset")?))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

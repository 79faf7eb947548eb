//! A door for `fuzz/` to what reads the vendor's answers; there is none in an ordinary build. Decides nothing.

use std::time::{Duration, SystemTime};

use super::{
    Failure, Issue, RateLimit,
    answer::{self, Asker},
    oauth_error::OAuthError,
    rate_limit,
    request::Arrived,
};
use crate::domain::TenantName;

/// The access token and its life that an answer of `generate-token` gives a tenant of this name.
pub fn token(status: u16, media_type: Option<&str>, body: &[u8], tenant: &str, secrets: &[&str]) -> Result<(String, Duration), Failure> {
    let arrived = Arrived { status, media_type: media_type.map(str::to_owned), bytes: body.to_vec(), hold: None, whole: Ok(()) };
    let issue = Issue { asked_at: Duration::ZERO, issued_at: Duration::ZERO };
    let token = answer::token(arrived, &Asker { tenant: &TenantName(tenant.to_owned()), secrets }, issue)?;
    Ok((token.expose().to_owned(), token.lifetime()))
}

/// What people are told of an OAuth error.
pub fn oauth_error(body: &[u8], secrets: &[&str]) -> Option<String> {
    OAuthError::read(body).map(|error| error.words(secrets))
}

/// The wait that `Retry-After` asks for, counted from the epoch where the answer has no date.
pub fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    super::retry_after::retry_after(value, date, SystemTime::UNIX_EPOCH)
}

/// The limit that `RateLimit` tells.
pub fn rate_limit(value: &str) -> Option<RateLimit> {
    rate_limit::combined(value)
}

/// The limit that `RateLimit-Remaining` and `RateLimit-Reset` tell.
pub fn separate_rate_limit(remaining: &str, reset: &str) -> Option<RateLimit> {
    rate_limit::separate(remaining, reset)
}

//! What one answer says about how fast its server wants to be asked, and whether it works. Pure.

use std::time::Duration;

use super::{Exchange, breaker::Asked};
use crate::domain::{AttemptKind, Reason};

/// The facts of one exchange that the limits and the breakers go by.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    pub(super) asked: Asked,
    pub(super) reason: Option<Reason>,
    http_status: Option<u16>,
    /// For how long the lane is left alone.
    pub(super) pause: Option<Duration>,
}

impl Signal {
    /// Reads an exchange, whose failure had this reason; no pause is longer than `longest_pause`.
    pub fn new<T>(kind: AttemptKind, exchange: &Exchange<T>, reason: Option<Reason>, longest_pause: Duration) -> Self {
        let asked = if kind == AttemptKind::Token { Asked::Token } else { Asked::Document };
        let busy = matches!(reason, Some(Reason::Throttled | Reason::Unavailable | Reason::Edge));
        let asked_for = exchange.retry_after.filter(|_| busy).or_else(|| exchange.limit_resets_in());
        Self { asked, reason, http_status: exchange.http_status, pause: asked_for.map(|pause| pause.min(longest_pause)) }
    }

    /// The tenant asks for fewer requests of this kind.
    pub(super) fn slows_tenant(&self) -> bool {
        self.reason == Some(Reason::Throttled)
    }

    /// The CDN in front of all tenants asks for fewer.
    pub(super) fn slows_host(&self) -> bool {
        self.reason == Some(Reason::Edge) && matches!(self.http_status, Some(429 | 503))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edvak::{Failure, RateLimit};

    const LONGEST: Duration = Duration::from_secs(900);

    fn signal(reason: Option<Reason>, http_status: u16, retry_after: Option<u64>, rate_limit: Option<(u64, u64)>) -> Signal {
        let exchange = Exchange {
            started_at: 0,
            sent_at: Duration::ZERO,
            duration: Duration::ZERO,
            http_status: Some(http_status),
            bytes: 0,
            retry_after: retry_after.map(Duration::from_secs),
            rate_limit: rate_limit.map(|(remaining, reset)| RateLimit { remaining, reset: Duration::from_secs(reset) }),
            result: reason.map_or(Ok(()), |reason| Err(Failure::new(reason, ""))),
        };
        Signal::new(AttemptKind::Document, &exchange, reason, LONGEST)
    }

    #[test]
    fn a_used_up_limit_pauses_before_it_is_hit() {
        assert_eq!(signal(None, 200, None, Some((0, 30))).pause, Some(Duration::from_secs(30)));
        assert_eq!(signal(None, 200, None, Some((1, 30))).pause, None);
        assert_eq!(signal(None, 200, None, Some((0, 90_000))).pause, Some(LONGEST));
    }

    #[test]
    fn retry_after_pauses_where_the_server_is_busy_and_beats_the_limits_fields() {
        assert_eq!(signal(Some(Reason::Throttled), 429, Some(3), Some((0, 30))).pause, Some(Duration::from_secs(3)));
        assert_eq!(signal(Some(Reason::Unavailable), 503, Some(1_000_000), None).pause, Some(LONGEST));
        assert_eq!(signal(Some(Reason::ServerError), 500, Some(60), None).pause, None);
    }

    #[test]
    fn who_is_slowed_down_depends_on_who_complains() {
        let throttled = signal(Some(Reason::Throttled), 429, None, None);
        assert!(throttled.slows_tenant() && !throttled.slows_host());
        for status in [429, 503] {
            let edge = signal(Some(Reason::Edge), status, None, None);
            assert!(edge.slows_host() && !edge.slows_tenant());
        }
        assert!(!signal(Some(Reason::Edge), 522, None, None).slows_host());
    }
}

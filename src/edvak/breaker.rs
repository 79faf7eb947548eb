//! When a server that does not work is left alone, and when it is tried again. Pure: answers and the time come in.
//!
//! Closed, everything goes. After ten failures in a row it is open: nothing goes but one probe every thirty seconds, and the first success closes
//! it. The two endpoints are counted apart: a token endpoint that works says nothing about documents that do not come.

use std::time::Duration;

/// Failures in a row that open it.
const MOST_FAILURES: u32 = 10;
/// Time between its opening, or a probe, and the next probe.
const PROBE_EVERY: Duration = Duration::from_secs(30);

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Token,
    Document,
}

/// One breaker.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    tokens: u32,
    documents: u32,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    by: Asked,
    since: Duration,
    next_probe: Duration,
}

/// Why nothing may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hold {
    /// Until the next probe; zero when it may go now.
    pub wait: Duration,
    pub open_for: Duration,
}

impl Breaker {
    /// One more failure of the kind that it watches for; true when that opened it.
    pub fn failed(&mut self, asked: Asked, now: Duration) -> bool {
        let row = self.row(asked);
        *row = row.saturating_add(1);
        let opens = self.open.is_none() && *self.row(asked) >= MOST_FAILURES;
        if opens {
            self.open = Some(Open { by: asked, since: now, next_probe: now + PROBE_EVERY });
        }
        opens
    }

    /// An answer that was no such failure; true when that closed it. A token closes only what tokens have opened.
    pub fn worked(&mut self, asked: Asked) -> bool {
        *self.row(asked) = 0;
        let closes = self.open.is_some_and(|open| open.by == asked || asked == Asked::Document);
        if closes {
            *self = Self::default();
        }
        closes
    }

    /// What holds requests back; `None` while it is closed.
    pub fn hold(&self, now: Duration) -> Option<Hold> {
        self.open.map(|open| Hold { wait: open.next_probe.saturating_sub(now), open_for: now.saturating_sub(open.since) })
    }

    /// Takes the probe that is due. One that never comes to be sent is not given back: the next follows in 30 s.
    pub fn probe(&mut self, now: Duration) {
        if let Some(open) = &mut self.open {
            open.next_probe = now + PROBE_EVERY;
        }
    }

    fn row(&mut self, asked: Asked) -> &mut u32 {
        match asked {
            Asked::Token => &mut self.tokens,
            Asked::Document => &mut self.documents,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        let opened: Vec<_> = (0..10).map(|_| breaker.failed(Asked::Document, at(0))).collect();
        assert_eq!(opened.iter().position(|opened| *opened), Some(9));
        breaker
    }

    #[test]
    fn the_tenth_failure_in_a_row_opens_it_and_nine_do_not() {
        let mut breaker = Breaker::default();
        for _ in 0..5 {
            (0..9).for_each(|_| assert!(!breaker.failed(Asked::Document, at(1))));
            breaker.worked(Asked::Document);
        }
        assert!(breaker.hold(at(1)).is_none());
        assert!(opened().hold(at(1)).is_some());
    }

    #[test]
    fn one_probe_goes_every_thirty_seconds() {
        let mut breaker = opened();
        assert_eq!(breaker.hold(at(29)), Some(Hold { wait: at(1), open_for: at(29) }));
        assert_eq!(breaker.hold(at(30)).unwrap().wait, Duration::ZERO);
        breaker.probe(at(31));
        assert!(!breaker.failed(Asked::Document, at(32)));
        assert_eq!(breaker.hold(at(32)), Some(Hold { wait: at(29), open_for: at(32) }));
    }

    #[test]
    fn the_first_success_closes_it_and_forgets_the_failures() {
        let mut breaker = opened();
        assert!(breaker.worked(Asked::Document));
        assert!(breaker.hold(at(5)).is_none());
        assert!(!breaker.failed(Asked::Document, at(5)));
    }

    #[test]
    fn tokens_that_come_do_not_hide_documents_that_do_not() {
        let mut breaker = Breaker::default();
        for _ in 0..10 {
            breaker.worked(Asked::Token);
            breaker.failed(Asked::Document, at(0));
        }
        assert!(breaker.hold(at(0)).is_some());
        assert!(!breaker.worked(Asked::Token));
        assert!(breaker.worked(Asked::Document));
    }

    proptest! {
        #[test]
        fn whatever_happens_probes_are_thirty_seconds_apart_and_a_document_closes_it(
            steps in prop::collection::vec((0u64..20, 0u8..4), 0..300),
        ) {
            let mut breaker = Breaker::default();
            let (mut now, mut last_probe, mut in_a_row) = (Duration::ZERO, None::<Duration>, 0u32);
            for (seconds, step) in steps {
                now += at(seconds);
                match step {
                    0 => {
                        breaker.worked(Asked::Document);
                        (last_probe, in_a_row) = (None, 0);
                        prop_assert!(breaker.hold(now).is_none());
                    }
                    1 if breaker.hold(now).is_some_and(|hold| hold.wait.is_zero()) => {
                        prop_assert!(last_probe.is_none_or(|last| now - last >= PROBE_EVERY));
                        breaker.probe(now);
                        last_probe = Some(now);
                    }
                    _ => {
                        breaker.failed(Asked::Document, now);
                        in_a_row += 1;
                    }
                }
                prop_assert_eq!(breaker.hold(now).is_some(), in_a_row >= MOST_FAILURES);
                prop_assert!(breaker.hold(now).is_none_or(|hold| hold.wait <= PROBE_EVERY));
            }
        }
    }
}

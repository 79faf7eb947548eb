//! The end of a pull: what the answer means for the fetch, its account and its tenant, written in one transaction.

use std::time::Duration;

use crate::{
    clock::Millis,
    domain::{AttemptKind, DocumentStatus, Reason},
    edvak::{DocumentAnswer, Exchange, Token},
    store::{
        StoreError,
        attempts::{Attempt, Ended},
        fetches::{Candidate, Settlement},
    },
};

use super::{
    desk::{Answered, Decision, Settled},
    filing::Filing,
    judge::{Judged, judge},
    life::{self, Answer, Tries},
    pulls::Seat,
    tenant::TenantRun,
};

/// A claimed fetch whose answer is to be settled.
#[derive(Clone, Copy)]
pub(super) struct Settling<'a> {
    pub run: &'a TenantRun,
    pub candidate: &'a Candidate,
    pub kind: AttemptKind,
}

/// The facts of an exchange that its row needs, apart from its result.
struct Facts {
    started_at: Millis,
    duration: Duration,
    http_status: Option<u16>,
    bytes: u64,
}

impl Settling<'_> {
    /// Settles what the server answered. The place of one more body of an account that is known to bring charts is given back as soon as it has come,
    /// or the server would wait for our reading and our disk; what may speak of the account or the tenant keeps it until the consequences are drawn.
    pub async fn answered(self, token: &Token, exchange: Exchange<DocumentAnswer>, seat: Seat) -> Result<(), StoreError> {
        let facts = Facts {
            started_at: exchange.started_at,
            duration: exchange.duration,
            http_status: exchange.http_status,
            bytes: exchange.bytes,
        };
        let retry_after = exchange.asked_pause();
        let _held = match exchange.result {
            Ok(DocumentAnswer::Body(_)) if self.run.is_cleared(self.candidate) => {
                drop(seat);
                // Who takes the place is sent first, then this one is read.
                tokio::task::yield_now().await;
                None
            }
            _ => Some(seat),
        };
        let judged = match exchange.result {
            Ok(DocumentAnswer::Body(body)) => judge(body, self.candidate.said, self.run.shared.settings).await,
            Ok(DocumentAnswer::Absent) => Judged::plain(Answer::Absent, None),
            Err(failure) => {
                let reason = if failure.reason == Reason::Denied && failure.html { Reason::Edge } else { failure.reason };
                Judged::plain(Answer::Failed { reason, retry_after }, Some(failure.detail))
            }
        };
        let refused = matches!(judged.answer, Answer::Failed { reason: Reason::NotCda | Reason::Malformed, .. });
        let refused_before = self.candidate.refused || self.run.standing().refused.contains_key(&self.candidate.fetch);
        if refused {
            self.run.standing().refused.insert(self.candidate.fetch, token.id());
        } else if judged.answer == Answer::Chart {
            token.brought_document();
        }
        self.settle(facts, judged, refused_before).await
    }

    /// Settles a request, sent at `asked_at`, that we gave up at the end of the grace period.
    pub async fn cancelled(self, asked_at: Millis) -> Result<(), StoreError> {
        let milliseconds = u64::try_from(self.run.shared.clock.now_ms() - asked_at).unwrap_or(0);
        let facts = Facts { started_at: asked_at, duration: Duration::from_millis(milliseconds), http_status: None, bytes: 0 };
        self.settle(facts, Judged::plain(Answer::Cancelled, Some("given up at the end of the grace period".to_owned())), false).await
    }

    async fn settle(self, facts: Facts, judged: Judged, refused_before: bool) -> Result<(), StoreError> {
        let Self { run, candidate, kind } = self;
        let Judged { answer, detail, document, refused, hold } = judged;
        let now = run.shared.clock.now_ms();
        let tries =
            Tries { attempts: candidate.attempts, sent: candidate.sent + 1, refused: refused_before, single: candidate.single_attempt };
        let decision = Decision { tries, policy: run.shared.settings.retry, now, jitter: run.shared.jitter() };
        let next = decision.next(answer);
        let bytes = document.as_ref().map_or(0, |document| document.bytes.len() as u64);
        let settlement = Settlement {
            fetch: candidate.fetch,
            patient: candidate.patient,
            window: candidate.window,
            attempt: Attempt {
                run: run.cursor.run,
                fetch: Some(candidate.fetch),
                account: candidate.account,
                kind,
                started_at: facts.started_at,
                ended: Ended {
                    duration: facts.duration,
                    http_status: facts.http_status,
                    outcome: life::outcome(answer, next),
                    reason: answer.reason(),
                    detail: detail.clone(),
                    bytes: facts.bytes,
                },
            },
            next,
            document: None,
            refused,
            now,
        };
        let settled = run.shared.desk.settle(Answered { settlement, document, answer, decision, filing: None }).await?;
        drop(hold);
        let detail = settled.filing.and_then(|filing| filing.detail()).or(detail);
        self.log(&facts, detail.as_deref(), &settled);
        run.progress.settled(settled.next.state, bytes);
        run.note_answer(candidate, settled.answer).await
    }

    fn log(&self, facts: &Facts, detail: Option<&str>, settled: &Settled) {
        let Self { run, candidate, kind } = self;
        let Settled { answer, next, filing } = *settled;
        if let Some(filing) = filing {
            self.log_filing(filing);
        }
        let milliseconds = u64::try_from(facts.duration.as_millis()).unwrap_or(u64::MAX);
        match answer {
            Answer::Absent if candidate.had_document => tracing::warn!(
                tenant = %run.tenant.name, account = run.account_name(candidate.account), fetch = candidate.fetch.0,
                patient = candidate.patient.0, kind = %kind, reason = "vanished", http_status = facts.http_status,
                "the server no longer knows a patient who has documents"
            ),
            Answer::Chart | Answer::Absent => tracing::debug!(
                tenant = %run.tenant.name, account = run.account_name(candidate.account), fetch = candidate.fetch.0, kind = %kind,
                state = %next.state, http_status = facts.http_status, bytes = facts.bytes, milliseconds, "fetch settled"
            ),
            Answer::Failed { .. } | Answer::Cancelled => tracing::warn!(
                tenant = %run.tenant.name, account = run.account_name(candidate.account), fetch = candidate.fetch.0, kind = %kind,
                state = %next.state, reason = answer.reason().map(Reason::as_str), http_status = facts.http_status, bytes = facts.bytes,
                milliseconds, attempts = next.attempts, detail, "document request failed"
            ),
        }
    }

    fn log_filing(&self, filing: Filing) {
        let Self { run, candidate, .. } = self;
        if let Some(other) = filing.namesake {
            tracing::info!(
                tenant = %run.tenant.name, patient = candidate.patient.0, other_patient = other.0,
                "two patients of the tenant have charts of the same person; the view `same_person` lists them"
            );
        }
        if filing.filed.status == DocumentStatus::Shrunk {
            tracing::warn!(
                tenant = %run.tenant.name, account = run.account_name(candidate.account), fetch = candidate.fetch.0,
                patient = candidate.patient.0, "the chart holds much less than the one before: it is held, and that one stays the latest"
            );
        }
    }
}

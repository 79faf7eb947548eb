//! The end of a pull: what the answer means for the fetch, its account and its tenant, written in one transaction.

use std::time::Duration;

use sqlx::SqliteConnection;

use crate::{
    clock::Millis,
    domain::{AttemptKind, DocumentStatus, Reason},
    edvak::{DocumentAnswer, Exchange, Token},
    store::{
        StoreError,
        attempts::{Attempt, Ended},
        documents::mixed_up,
        fetches::{self, Candidate, NewDocument, Next, Settlement},
        identities,
    },
};

use super::{
    RetryPolicy, ShrinkPolicy,
    filing::{Filing, file},
    judge::{Judged, judge},
    life::{self, Answer, Tries},
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
    /// Settles what the server answered.
    pub async fn answered(self, token: &Token, exchange: Exchange<DocumentAnswer>) -> Result<(), StoreError> {
        let facts = Facts {
            started_at: exchange.started_at,
            duration: exchange.duration,
            http_status: exchange.http_status,
            bytes: exchange.bytes,
        };
        let retry_after = exchange.asked_pause();
        let judged = match exchange.result {
            Ok(DocumentAnswer::Body(body)) => judge(body, self.run.shared.settings.flatten).await,
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
        let shrink = run.shared.settings.shrink;
        let write = run.shared.writer.write(Box::new(move |c| {
            Box::pin(async move {
                match document {
                    Some(document) => file_and_settle(c, settlement, document, shrink, decision).await,
                    None => Ok(fetches::settle(c, settlement).await?.map(|_| Settled { answer, next, filing: None })),
                }
            })
        }));
        let settled = write.await?;
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

/// What decides the next state beside the answer.
#[derive(Clone, Copy)]
struct Decision {
    tries: Tries,
    policy: RetryPolicy,
    now: Millis,
    jitter: f64,
}

impl Decision {
    fn next(&self, answer: Answer) -> Next {
        life::next(self.tries, answer, &self.policy, self.now, self.jitter)
    }
}

/// What an answer came to once everything was known.
struct Settled {
    answer: Answer,
    next: Next,
    filing: Option<Filing>,
}

/// So many patients of a tenant with the same bytes in one run are a mix-up at the vendor.
const MIXED_UP: usize = 3;

/// Files the chart, and settles the fetch by where it went.
async fn file_and_settle(
    connection: &mut SqliteConnection,
    mut settlement: Settlement,
    document: NewDocument,
    shrink: ShrinkPolicy,
    decision: Decision,
) -> sqlx::Result<Option<Settled>> {
    let (patient, run, now) = (settlement.patient, settlement.attempt.run, settlement.now);
    let filing = file(connection, patient, settlement.window, &document, shrink).await?;
    let answer = answer_by(filing.reason());
    let next = decision.next(answer);
    let ended = &mut settlement.attempt.ended;
    (ended.outcome, ended.reason, ended.detail) = (life::outcome(answer, next), answer.reason(), filing.detail());
    settlement.next = next;
    settlement.document = Some((document, filing.filed));
    let Some(stored) = fetches::settle(connection, settlement).await? else { return Ok(None) };
    if let Some(stored) = stored.filter(|stored| stored.known_body) {
        let sharers = mixed_up::sharers(connection, filing.tenant, run, stored.id).await?;
        if sharers.len() >= MIXED_UP {
            mixed_up::quarantine(connection, &sharers, run, stored.id, now).await?;
            identities::reconsider(connection, &sharers).await?;
            let answer = answer_by(Some(Reason::MixedUp));
            return Ok(Some(Settled { answer, next: decision.next(answer), filing: None }));
        }
    }
    Ok(Some(Settled { answer, next, filing: Some(filing) }))
}

fn answer_by(reason: Option<Reason>) -> Answer {
    reason.map_or(Answer::Chart, |reason| Answer::Failed { reason, retry_after: None })
}

//! The end of a pull: what the answer means for the fetch, its account and its tenant, written in one transaction.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use sha2::{Digest, Sha256};

use crate::{
    ccda,
    clock::Millis,
    domain::{AttemptKind, FetchId, Reason},
    edvak::{Body, BodyHold, DocumentAnswer, Exchange, Token},
    store::{
        StoreError, accounts,
        attempts::{Attempt, Ended},
        fetches::{self, Candidate, NewDocument, Next, Settlement},
        tenants,
    },
};

use super::{
    life::{self, Answer, Tries},
    rules::{Then, counts, is_outage},
    suspicion::{Finding, Suspect, Verdict},
    tenant::TenantRun,
};

/// Bodies above this size are checked on a thread of their own, so that they hold nobody up.
const LARGE: usize = 1 << 20;

/// A claimed fetch whose answer is to be settled.
#[derive(Clone, Copy)]
pub(super) struct Settling<'a> {
    pub run: &'a TenantRun,
    pub candidate: &'a Candidate,
    pub kind: AttemptKind,
}

/// What an answer came to, with all that is to be kept of it.
struct Judged {
    answer: Answer,
    detail: Option<String>,
    document: Option<NewDocument>,
    refused: Option<Vec<u8>>,
    /// The body's share of memory, given back when it is committed.
    hold: Option<BodyHold>,
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
            Ok(DocumentAnswer::Body(body)) => judge_body(body).await,
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
        let next = life::next(tries, answer, &run.shared.settings.retry, now, run.shared.jitter());
        let bytes = document.as_ref().map_or(0, |document| document.bytes.len() as u64);
        self.log(&facts, answer, detail.as_deref(), next);
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
                    reason: reason_of(answer),
                    detail,
                    bytes: facts.bytes,
                },
            },
            next,
            document,
            refused,
            now,
        };
        run.shared.writer.write(Box::new(move |c| Box::pin(async move { fetches::settle(c, settlement).await }))).await?;
        drop(hold);
        run.progress.settled(next.state, bytes);
        run.note_answer(candidate, answer).await
    }

    fn log(&self, facts: &Facts, answer: Answer, detail: Option<&str>, next: Next) {
        let Self { run, candidate, kind } = self;
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
                state = %next.state, reason = reason_of(answer).map(Reason::as_str), http_status = facts.http_status, bytes = facts.bytes,
                milliseconds, attempts = next.attempts, detail, "document request failed"
            ),
        }
    }
}

impl Judged {
    fn plain(answer: Answer, detail: Option<String>) -> Self {
        Self { answer, detail, document: None, refused: None, hold: None }
    }
}

fn reason_of(answer: Answer) -> Option<Reason> {
    match answer {
        Answer::Failed { reason, .. } => Some(reason),
        Answer::Chart | Answer::Absent | Answer::Cancelled => None,
    }
}

/// Is it a chart? What it says of itself goes beside it; what is none is kept for a person.
async fn judge_body(body: Body) -> Judged {
    let Body { bytes, media_type, hold } = body;
    let judged = if bytes.len() > LARGE {
        let task = tokio::task::spawn_blocking(move || check(bytes));
        match task.await {
            Ok(judged) => judged,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    } else {
        check(bytes)
    };
    let (bytes, checked) = judged;
    let (answer, detail, document, refused) = match checked {
        Ok((chart, sha256)) => (Answer::Chart, None, Some(new_document(bytes, sha256, media_type, chart)), None),
        Err(refusal) => {
            (Answer::Failed { reason: refusal.reason, retry_after: None }, Some(refusal.detail), None, (!bytes.is_empty()).then_some(bytes))
        }
    };
    Judged { answer, detail, document, refused, hold: Some(hold) }
}

type Checked = Result<(ccda::Chart, [u8; 32]), ccda::Refusal>;

fn check(bytes: Vec<u8>) -> (Vec<u8>, Checked) {
    let checked = ccda::check(&bytes).map(|chart| (chart, Sha256::digest(&bytes).into()));
    (bytes, checked)
}

fn new_document(bytes: Vec<u8>, sha256: [u8; 32], media_type: Option<String>, chart: ccda::Chart) -> NewDocument {
    let ccda::Chart { header, warnings, sections, entries } = chart;
    NewDocument {
        bytes,
        sha256,
        media_type,
        document_root: header.document_root,
        document_extension: header.document_extension,
        code: header.code,
        title: header.title,
        effective_time: header.effective_time,
        effective_time_raw: header.effective_time_raw,
        mrn_root: header.mrn_root,
        mrn_extension: header.mrn_extension,
        sections,
        entries,
        warnings: serde_json::json!(warnings).to_string(),
    }
}

impl TenantRun {
    /// What an answer says beyond its patient: about the server, the account, the tenant.
    async fn note_answer(&self, candidate: &Candidate, answer: Answer) -> Result<(), StoreError> {
        self.heard.documents.fetch_add(1, Relaxed);
        let reason = reason_of(answer);
        if !reason.is_some_and(is_outage) {
            self.heard.document_answer.store(true, Relaxed);
        }
        if let Some(reason) = reason.filter(|reason| Then::after_document(*reason) == Then::TenantRests) {
            return self.rest_tenant(reason, Vec::new()).await;
        }
        let verdict = match answer {
            Answer::Chart => None,
            Answer::Absent => Some(Verdict::Absent),
            Answer::Failed { reason, .. } => Some(Verdict::Failed(reason)),
            Answer::Cancelled => return Ok(()),
        };
        // An account with a single patient proves nothing alone.
        let suspect = if candidate.alone { Suspect::Tenant } else { Suspect::Account(candidate.account) };
        let finding = match verdict {
            None => {
                self.standing().suspicion.clear(suspect);
                None
            }
            Some(verdict) => self.standing().suspicion.note(suspect, candidate.fetch, verdict),
        };
        match finding {
            Some(finding) => self.act_on(finding, counted(verdict)).await,
            None => Ok(()),
        }
    }

    async fn act_on(&self, finding: Finding, counted: bool) -> Result<(), StoreError> {
        let Finding { suspect, reason, fetches } = finding;
        let fetches: Vec<_> = fetches.into_iter().map(|fetch| (fetch, counted)).collect();
        match suspect {
            Suspect::Tenant => self.rest_tenant(reason, fetches).await,
            Suspect::Account(account) => {
                let first = self.standing().resting.insert(account);
                if first {
                    tracing::warn!(
                        tenant = %self.tenant.name, account = self.account_name(account), %reason, fetches = fetches.len(),
                        "no patient of this account is done and too many got the same verdict: it rests for this run"
                    );
                }
                let now = self.shared.clock.now_ms();
                let write = self.shared.writer.write(Box::new(move |c| {
                    Box::pin(async move {
                        accounts::rest(c, account, reason, now).await?;
                        fetches::give_back(c, &fetches, reason, now).await.map(Some)
                    })
                }));
                write.await
            }
        }
    }

    async fn rest_tenant(&self, reason: Reason, give_back: Vec<(FetchId, bool)>) -> Result<(), StoreError> {
        let first = self.standing().tenant_rests.replace(reason).is_none();
        if first {
            tracing::warn!(tenant = %self.tenant.name, %reason, "the tenant rests for this run");
        }
        let (tenant, now) = (self.id, self.shared.clock.now_ms());
        let write = self.shared.writer.write(Box::new(move |c| {
            Box::pin(async move {
                tenants::rest(c, tenant, reason, now).await?;
                fetches::give_back(c, &give_back, reason, now).await.map(Some)
            })
        }));
        write.await
    }
}

/// Whether a verdict had been counted as an attempt, which is taken back with it.
fn counted(verdict: Option<Verdict>) -> bool {
    match verdict {
        Some(Verdict::Failed(reason)) => counts(reason),
        Some(Verdict::Absent) => true,
        None => false,
    }
}

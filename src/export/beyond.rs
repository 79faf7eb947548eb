//! What an answer says beyond its patient: about the server, the account, the tenant.

use std::sync::atomic::Ordering::Relaxed;

use crate::{
    domain::{FetchId, Reason},
    store::{StoreError, accounts, fetches, fetches::Candidate, tenants},
};

use super::{
    life::Answer,
    rules::{counts, is_outage, rests_tenant},
    suspicion::{Finding, Suspect, Verdict},
    tenant::TenantRun,
};

impl TenantRun {
    /// Whether a patient of the candidate's account is done in this run, so that one more chart says nothing about who else may be asked.
    pub(super) fn is_cleared(&self, candidate: &Candidate) -> bool {
        self.standing().suspicion.is_cleared(suspect(candidate))
    }

    /// Draws the consequences of an answer that is settled.
    pub(super) async fn note_answer(&self, candidate: &Candidate, answer: Answer) -> Result<(), StoreError> {
        self.heard.documents.fetch_add(1, Relaxed);
        let reason = answer.reason();
        if !reason.is_some_and(is_outage) {
            self.heard.document_answer.store(true, Relaxed);
        }
        if let Some(reason) = reason.filter(|reason| rests_tenant(*reason)) {
            return self.rest_tenant(reason, Vec::new()).await;
        }
        let verdict = match answer {
            Answer::Chart => None,
            Answer::Absent => Some(Verdict::Absent),
            Answer::Failed { reason, .. } => Some(Verdict::Failed(reason)),
            Answer::Cancelled => return Ok(()),
        };
        let suspect = suspect(candidate);
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

/// An account with a single patient proves nothing alone.
fn suspect(candidate: &Candidate) -> Suspect {
    if candidate.alone { Suspect::Tenant } else { Suspect::Account(candidate.account) }
}

/// Whether a verdict had been counted as an attempt, which is taken back with it.
fn counted(verdict: Option<Verdict>) -> bool {
    match verdict {
        Some(Verdict::Failed(reason)) => counts(reason),
        Some(Verdict::Absent) => true,
        None => false,
    }
}

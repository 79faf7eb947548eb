//! The receipt: how every patient of the roster stands at the end of a run, counted from the database and proven to add up.
//!
//! roster = due + resting, and due = done + absent + waiting + dead + quarantined + not tried. Success is what these sums prove.

use std::{collections::BTreeMap, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{domain::FetchState, store::receipts::Count};

/// How many fetches stand how; patients who rest have none.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Patients whom the run is for.
    pub patients: u64,
    /// What the roster asks for at this occurrence: `due` and `resting`.
    pub roster: u64,
    /// Fetches that this occurrence answers for.
    pub due: u64,
    /// Patients who were denied lately and are not asked for again yet.
    pub resting: u64,
    pub done: u64,
    pub absent: u64,
    pub waiting: u64,
    pub dead: u64,
    pub quarantined: u64,
    pub not_tried: u64,
    /// Of the done: their chart shrank, and the one before stays the latest.
    #[serde(default)]
    pub held: u64,
    /// Of the done: their chart says what the one before did.
    #[serde(default)]
    pub unchanged: u64,
}

/// The counts of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantReceipt {
    pub tenant: String,
    #[serde(flatten)]
    pub counts: Counts,
}

/// A group of fetches that is not simply done, with its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub tenant: String,
    pub state: String,
    pub reason: Option<String>,
    /// Why their tenant or account is not asked at present.
    pub blocked_by: Option<String>,
    pub fetches: u64,
    /// How many accounts they are asked through, and the first of them by name.
    #[serde(default)]
    pub accounts: u64,
    #[serde(default)]
    pub account: Option<String>,
}

/// What this run itself did, beside how things stand now.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// Documents that this run stored.
    pub documents: u64,
    /// Requests for documents, replays included.
    pub document_requests: u64,
    pub token_requests: u64,
    /// Bytes of the stored documents.
    pub bytes: u64,
}

impl std::ops::AddAssign for Effort {
    fn add_assign(&mut self, other: Self) {
        self.documents += other.documents;
        self.document_requests += other.document_requests;
        self.token_requests += other.token_requests;
        self.bytes += other.bytes;
    }
}

/// The whole receipt, as it stands in `runs.receipt` and in the JSON summary.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub total: Counts,
    pub tenants: Vec<TenantReceipt>,
    pub findings: Vec<Finding>,
    pub effort: Effort,
    /// Patients whom the roster names although `forget` was told to forget them: they are in no other count.
    #[serde(default)]
    pub forgotten: u64,
    /// The backfill that it is about, by its row id; its counts are those of all its windows, whichever run did the work, and the windows that have not
    /// come up yet are among those not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill: Option<i64>,
}

impl Receipt {
    /// Puts the receipt together from what the database counted: the fetches, the patients and the resting of each tenant; a patient stands
    /// for `windows` fetches of the roster.
    pub fn new(counts: Vec<Count>, patients: &[(String, u64)], resting: &[(String, u64)], effort: Effort) -> Self {
        let mut tenants: BTreeMap<String, Counts> = BTreeMap::new();
        for (tenant, patients) in patients {
            tenants.entry(tenant.clone()).or_default().patients = *patients;
        }
        for (tenant, resting) in resting {
            tenants.entry(tenant.clone()).or_default().resting = *resting;
        }
        let mut findings = Vec::new();
        for count in counts {
            tenants.entry(count.tenant.clone()).or_default().add(&count);
            if count.state != FetchState::Done.as_str() {
                findings.push(Finding::from(count));
            }
        }
        let mut total = Counts::default();
        let mut lines = Vec::with_capacity(tenants.len());
        for (tenant, mut counts) in tenants {
            counts.roster = counts.due + counts.resting;
            total.sum(&counts);
            lines.push(TenantReceipt { tenant, counts });
        }
        Self { total, tenants: lines, findings, effort, forgotten: 0, backfill: None }
    }

    /// Whether every patient is accounted for, in each tenant and in all. Of a backfill: every fetch, for dates that are held already need none.
    pub fn adds_up(&self) -> bool {
        let accounted = |counts: &Counts| self.backfill.is_some() || counts.roster >= counts.patients;
        self.tenants.iter().map(|line| &line.counts).chain([&self.total]).all(|counts| counts.add_up() && accounted(counts))
    }
}

impl Counts {
    fn add(&mut self, count: &Count) {
        let fetches = u64::try_from(count.fetches).unwrap_or(0);
        let field = match FetchState::from_str(&count.state) {
            Ok(FetchState::Done) => &mut self.done,
            Ok(FetchState::Absent) => &mut self.absent,
            Ok(FetchState::Waiting) => &mut self.waiting,
            Ok(FetchState::Dead) => &mut self.dead,
            Ok(FetchState::Quarantined) => &mut self.quarantined,
            Ok(FetchState::Pending) => &mut self.not_tried,
            // At a run's end nothing is leased; such a fetch is due and counted nowhere, so that the sums show it.
            Ok(FetchState::Leased | FetchState::Superseded) | Err(_) => {
                self.due += fetches;
                return;
            }
        };
        *field += fetches;
        self.due += fetches;
        self.held += u64::try_from(count.held).unwrap_or(0);
        self.unchanged += u64::try_from(count.unchanged).unwrap_or(0);
    }

    fn sum(&mut self, other: &Self) {
        self.patients += other.patients;
        self.roster += other.roster;
        self.due += other.due;
        self.resting += other.resting;
        self.done += other.done;
        self.absent += other.absent;
        self.waiting += other.waiting;
        self.dead += other.dead;
        self.quarantined += other.quarantined;
        self.not_tried += other.not_tried;
        self.held += other.held;
        self.unchanged += other.unchanged;
    }

    /// The sums of the module's first lines.
    fn add_up(&self) -> bool {
        let states = self.done + self.absent + self.waiting + self.dead + self.quarantined + self.not_tried;
        self.roster == self.due + self.resting && self.due == states
    }
}

impl From<Count> for Finding {
    fn from(count: Count) -> Self {
        Self {
            tenant: count.tenant,
            state: count.state,
            reason: count.reason,
            blocked_by: count.blocked_by,
            fetches: u64::try_from(count.fetches).unwrap_or(0),
            accounts: u64::try_from(count.accounts).unwrap_or(0),
            account: count.account,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(tenant: &str, state: FetchState, fetches: i64) -> Count {
        Count { tenant: tenant.into(), state: state.as_str().into(), fetches, ..Count::default() }
    }

    #[test]
    fn a_receipt_adds_up_by_tenant_and_in_all() {
        let counts = vec![count("A", FetchState::Done, 7), count("A", FetchState::Dead, 1), count("B", FetchState::Pending, 2)];
        let receipt = Receipt::new(counts, &[("A".into(), 9), ("B".into(), 2)], &[("A".into(), 1)], Effort::default());
        assert!(receipt.adds_up());
        assert_eq!((receipt.total.roster, receipt.total.due, receipt.total.resting, receipt.total.not_tried), (11, 10, 1, 2));
    }

    #[test]
    fn a_patient_without_a_fetch_is_found_out() {
        let receipt = Receipt::new(vec![count("A", FetchState::Done, 7)], &[("A".into(), 8)], &[], Effort::default());
        assert!(!receipt.adds_up());
    }

    #[test]
    fn a_fetch_that_is_still_leased_is_found_out() {
        let receipt = Receipt::new(vec![count("A", FetchState::Leased, 1)], &[("A".into(), 1)], &[], Effort::default());
        assert!(!receipt.adds_up());
    }
}

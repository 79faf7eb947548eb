//! The same verdict for everybody is about the account, not about its patients. Pure: verdicts in, findings out.
//!
//! While no patient of an account is done in this run, its verdicts are kept by reason. When there are too many of one, the account rests and
//! its fetches are given back. An account with a single patient proves nothing alone: such accounts are judged together, as their tenant.

use std::collections::HashMap;

use crate::domain::{AccountId, FetchId, Reason};

/// Who is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Suspect {
    Account(AccountId),
    /// The tenant's accounts with one patient each, all of them.
    Tenant,
}

/// A verdict on one patient that may be one on the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Verdict {
    Absent,
    Failed(Reason),
}

/// So many verdicts of one kind that the suspect rests for this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub suspect: Suspect,
    pub reason: Reason,
    pub fetches: Vec<FetchId>,
}

/// The verdicts of one tenant in one run.
#[derive(Debug, Default)]
pub(super) struct Suspicion(HashMap<Suspect, Standing>);

#[derive(Debug)]
enum Standing {
    /// A patient of it is done: whatever else is said is about patients.
    Cleared,
    Suspected(HashMap<Verdict, Vec<FetchId>>),
    /// It rests for this verdict; whatever of it was still in flight is given back too.
    Resting(Verdict),
}

impl Verdict {
    /// How many of it are too many, and what it means then; `None` for what is never about the account.
    const fn threshold(self) -> Option<(usize, Reason)> {
        match self {
            Self::Absent => Some((20, Reason::SuspectRoster)),
            Self::Failed(Reason::Denied) => Some((5, Reason::Denied)),
            Self::Failed(
                reason @ (Reason::Rejected
                | Reason::NotCda
                | Reason::Malformed
                | Reason::UnsafeXml
                | Reason::TooLarge
                | Reason::BadEncoding
                | Reason::IdentityMismatch),
            ) => Some((20, reason)),
            Self::Failed(_) => None,
        }
    }
}

impl Suspicion {
    /// A patient of the suspect is done.
    pub fn clear(&mut self, suspect: Suspect) {
        self.0.insert(suspect, Standing::Cleared);
    }

    /// Whether a patient of the suspect is done.
    pub fn is_cleared(&self, suspect: Suspect) -> bool {
        matches!(self.0.get(&suspect), Some(Standing::Cleared))
    }

    /// Notes a verdict; tells when it was one too many.
    pub fn note(&mut self, suspect: Suspect, fetch: FetchId, verdict: Verdict) -> Option<Finding> {
        let (limit, reason) = verdict.threshold()?;
        let standing = self.0.entry(suspect).or_insert_with(|| Standing::Suspected(HashMap::new()));
        let fetches = match standing {
            Standing::Resting(of) if *of == verdict => vec![fetch],
            Standing::Cleared | Standing::Resting(_) => return None,
            Standing::Suspected(verdicts) => {
                let fetches = verdicts.entry(verdict).or_default();
                if !fetches.contains(&fetch) {
                    fetches.push(fetch);
                }
                if fetches.len() < limit {
                    return None;
                }
                std::mem::take(fetches)
            }
        };
        *standing = Standing::Resting(verdict);
        Some(Finding { suspect, reason, fetches })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: Suspect = Suspect::Account(AccountId(1));

    #[test]
    fn the_fifth_denial_is_about_the_account() {
        let mut suspicion = Suspicion::default();
        let denied = Verdict::Failed(Reason::Denied);
        for fetch in 1..5 {
            assert_eq!(suspicion.note(ACCOUNT, FetchId(fetch), denied), None);
        }
        let finding = suspicion.note(ACCOUNT, FetchId(5), denied).unwrap();
        assert_eq!((finding.reason, finding.fetches.len()), (Reason::Denied, 5));
    }

    #[test]
    fn what_was_in_flight_when_it_came_to_rest_is_given_back_too() {
        let mut suspicion = Suspicion::default();
        let denied = Verdict::Failed(Reason::Denied);
        (1..=5).for_each(|fetch| drop(suspicion.note(ACCOUNT, FetchId(fetch), denied)));
        assert_eq!(suspicion.note(ACCOUNT, FetchId(6), denied).unwrap().fetches, [FetchId(6)]);
    }

    #[test]
    fn one_patient_done_clears_the_account() {
        let mut suspicion = Suspicion::default();
        suspicion.clear(ACCOUNT);
        assert!((1..100).all(|fetch| suspicion.note(ACCOUNT, FetchId(fetch), Verdict::Absent).is_none()));
    }

    #[test]
    fn the_same_patient_twice_counts_once() {
        let mut suspicion = Suspicion::default();
        let denied = Verdict::Failed(Reason::Denied);
        assert!((1..100).all(|_| suspicion.note(ACCOUNT, FetchId(1), denied).is_none()));
    }

    #[test]
    fn twenty_unknown_patients_make_the_roster_suspect() {
        let mut suspicion = Suspicion::default();
        let findings: Vec<_> = (1..=20).filter_map(|fetch| suspicion.note(Suspect::Tenant, FetchId(fetch), Verdict::Absent)).collect();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].reason, Reason::SuspectRoster);
    }

    #[test]
    fn what_passes_is_never_about_the_account() {
        let mut suspicion = Suspicion::default();
        assert!((1..100).all(|fetch| suspicion.note(ACCOUNT, FetchId(fetch), Verdict::Failed(Reason::Unavailable)).is_none()));
    }
}

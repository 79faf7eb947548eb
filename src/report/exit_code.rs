//! Exit codes: promises to cron, systemd and Kubernetes. Where sysexits.h has a code of the same meaning, it is that one.

use std::str::FromStr;

use crate::domain::{FetchState, Reason};

use super::{Finding, Receipt};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything that was due is done or absent.
    Done = 0,
    /// The run finished, and some fetches are dead or quarantined: a person looks.
    SomeFailed = 1,
    /// Wrong command line.
    Usage = 64,
    /// The roster is wrong, or looks wrong.
    Roster = 65,
    /// Every tenant that was asked gave only 5xx, `edge` or network errors: run again.
    Unavailable = 69,
    /// A bug here: report it.
    Bug = 70,
    /// The database cannot be created or written.
    CannotWrite = 73,
    /// The database is damaged, or the disk is full.
    Database = 74,
    /// Work remains: run again.
    WorkRemains = 75,
    /// The server breaks the contract: a person looks.
    Contract = 76,
    /// A login or a client was rejected, an account is suspended, most patients are denied, a certificate or claim is wrong.
    Denied = 77,
    /// The configuration or a secret is wrong.
    Configuration = 78,
    /// Another run holds the database.
    Held = 80,
    /// A second SIGINT ended it at once.
    Interrupted = 130,
    /// A second SIGTERM ended it at once.
    Terminated = 143,
}

impl ExitCode {
    /// When several are true, the first of these wins: what another run can do comes first.
    const PRECEDENCE: [Self; 10] = [
        Self::Bug,
        Self::Database,
        Self::CannotWrite,
        Self::Configuration,
        Self::Unavailable,
        Self::WorkRemains,
        Self::Denied,
        Self::Roster,
        Self::Contract,
        Self::SomeFailed,
    ];

    const ALL: [Self; 15] = [
        Self::Done,
        Self::SomeFailed,
        Self::Usage,
        Self::Roster,
        Self::Unavailable,
        Self::Bug,
        Self::CannotWrite,
        Self::Database,
        Self::WorkRemains,
        Self::Contract,
        Self::Denied,
        Self::Configuration,
        Self::Held,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The code of this number, which stands in `runs`; `None` for one that no version of ours had.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|code| *code as u8 == number)
    }

    /// The code in words, for the person who reads the end of a log.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "everything that was due is done or absent",
            Self::SomeFailed => "the run finished, and some fetches are dead or quarantined; a person should look",
            Self::Usage => "the command line is wrong",
            Self::Roster => "the roster is wrong, or looks wrong",
            Self::Unavailable => "no tenant could be reached; run again",
            Self::Bug => "a bug of this program; please report it",
            Self::CannotWrite => "the database cannot be created or written",
            Self::Database => "the database is damaged, or the disk is full",
            Self::WorkRemains => "work remains; run again",
            Self::Contract => "the server breaks the contract; a person should look",
            Self::Denied => "a login, a client or an account's access was rejected, or a certificate or tenant claim is wrong; mend it",
            Self::Configuration => "the configuration or a secret is wrong",
            Self::Held => "another run holds the database",
            Self::Interrupted => "ended at once by a second SIGINT",
            Self::Terminated => "ended at once by a second SIGTERM",
        }
    }

    /// Whether a scheduler should start another run, without waiting for the next occurrence.
    pub const fn asks_for_another_run(self) -> bool {
        matches!(self, Self::Unavailable | Self::WorkRemains)
    }

    /// The one of these that the process ends with; [`Done`](Self::Done) when there are none.
    pub fn worst(codes: impl IntoIterator<Item = Self>) -> Self {
        let codes: Vec<_> = codes.into_iter().collect();
        Self::PRECEDENCE.into_iter().find(|code| codes.contains(code)).unwrap_or(Self::Done)
    }

    /// What a run that ended in order leads to. `outage`: no tenant that was asked gave anything but 5xx, `edge` or network errors.
    pub fn of_run(receipt: &Receipt, outage: bool) -> Self {
        let mut codes: Vec<_> = receipt.findings.iter().filter_map(Self::of_finding).collect();
        if outage && codes.contains(&Self::WorkRemains) {
            codes.push(Self::Unavailable);
        }
        if !receipt.adds_up() {
            codes.push(Self::Bug);
        }
        Self::worst(codes)
    }

    fn of_finding(finding: &Finding) -> Option<Self> {
        let state = FetchState::from_str(&finding.state).ok()?;
        match state {
            // The server gave one patient's chart to others: that is more than a fetch that failed.
            FetchState::Quarantined if finding.reason.as_deref() == Some(Reason::MixedUp.as_str()) => Some(Self::Contract),
            FetchState::Dead | FetchState::Quarantined => Some(Self::SomeFailed),
            FetchState::Pending | FetchState::Waiting | FetchState::Leased => Some(match &finding.blocked_by {
                Some(reason) => Reason::from_str(reason).map_or(Self::Bug, Self::of_block),
                None => Self::WorkRemains,
            }),
            FetchState::Done | FetchState::Absent | FetchState::Superseded => None,
        }
    }

    /// Who can mend what keeps a tenant or an account from being asked.
    pub const fn of_block(reason: Reason) -> Self {
        match reason {
            Reason::RejectedLogin | Reason::RejectedClient | Reason::WrongTenant | Reason::Denied | Reason::Certificate => Self::Denied,
            Reason::SuspectRoster => Self::Roster,
            Reason::Throttled
            | Reason::Edge
            | Reason::Unavailable
            | Reason::ServerError
            | Reason::Network
            | Reason::Timeout
            | Reason::Truncated => Self::WorkRemains,
            _ => Self::Contract,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_run_can_do_comes_first() {
        use ExitCode::*;
        assert_eq!(ExitCode::worst([SomeFailed, Denied, WorkRemains]), WorkRemains);
        assert_eq!(ExitCode::worst([Contract, SomeFailed, Roster]), Roster);
        assert_eq!(ExitCode::worst([]), Done);
    }

    #[test]
    fn what_waits_behind_a_suspended_account_needs_a_person() {
        let finding = |state: &str, blocked_by: Option<&str>| Finding {
            tenant: "TENANT_AA".into(),
            state: state.into(),
            reason: None,
            blocked_by: blocked_by.map(str::to_owned),
            fetches: 1,
            accounts: 1,
            account: Some("front-desk".into()),
        };
        assert_eq!(ExitCode::of_finding(&finding("pending", Some("rejected_login"))), Some(ExitCode::Denied));
        assert_eq!(ExitCode::of_finding(&finding("pending", None)), Some(ExitCode::WorkRemains));
        assert_eq!(ExitCode::of_finding(&finding("waiting", Some("redirect"))), Some(ExitCode::Contract));
        assert_eq!(ExitCode::of_finding(&finding("done", None)), None);
    }
}

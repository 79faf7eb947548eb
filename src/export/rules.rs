//! What each reason asks for: the right-hand columns of the two tables "what an answer means". One place, no time, no state.

use crate::domain::Reason;

/// What becomes of a fetch whose document request failed for a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Wait and try again; dead at the limit of attempts where the reason counts.
    Retry,
    /// One more try, then dead.
    RetryOnce,
    /// Dead at once.
    GiveUp,
    /// Kept apart for a person to decide.
    Quarantine,
    /// Wait, and leave the tenant alone for the rest of the run.
    TenantRests,
}

impl Then {
    /// What follows a document request that failed for `reason`; for `denied`, that of the replay with a new token.
    pub const fn after_document(reason: Reason) -> Self {
        match reason {
            Reason::Denied | Reason::Rejected => Self::GiveUp,
            Reason::UnsafeXml | Reason::TooLarge | Reason::BadEncoding => Self::GiveUp,
            Reason::Crashed | Reason::Discarded => Self::GiveUp,
            Reason::NotCda | Reason::Malformed => Self::RetryOnce,
            Reason::ServerError | Reason::Timeout | Reason::Truncated | Reason::Empty => Self::Retry,
            Reason::Throttled | Reason::Edge | Reason::Unavailable | Reason::Network => Self::Retry,
            Reason::IdentityMismatch | Reason::MixedUp => Self::Quarantine,
            Reason::Certificate | Reason::Redirect => Self::TenantRests,
            // Words of the token endpoint: the fetch was not asked for, so it waits as if nothing had been said.
            Reason::RejectedLogin | Reason::RejectedClient | Reason::Protocol | Reason::WrongTenant => Self::Retry,
            // A finding about an account, never an answer about a patient.
            Reason::SuspectRoster => Self::Retry,
        }
    }
}

/// Whether a failed document request leads to the tenant's rest for this run: where nothing that it gives can be believed.
pub const fn rests_tenant(reason: Reason) -> bool {
    matches!(Then::after_document(reason), Then::TenantRests) || matches!(reason, Reason::MixedUp)
}

/// Whether a failed document request spoke of this patient, and so counts as an attempt.
pub const fn counts(reason: Reason) -> bool {
    !matches!(
        reason,
        Reason::Throttled
            | Reason::Edge
            | Reason::Unavailable
            | Reason::Network
            | Reason::Certificate
            | Reason::Redirect
            | Reason::RejectedLogin
            | Reason::RejectedClient
            | Reason::Protocol
            | Reason::WrongTenant
            | Reason::SuspectRoster
    )
}

/// What follows a token request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterLogin {
    /// The account makes no token request until a person or the clock allows it: repeating would lock the user out.
    SuspendAccount,
    /// The same for the whole tenant, whose client is not accepted.
    SuspendTenant,
    /// The tenant is left alone for the rest of the run, at once.
    TenantRests,
    /// Another try may cure it; after the third the tenant rests.
    Retry,
}

impl AfterLogin {
    pub const fn after(reason: Reason) -> Self {
        match reason {
            Reason::RejectedLogin | Reason::Protocol | Reason::WrongTenant => Self::SuspendAccount,
            Reason::RejectedClient => Self::SuspendTenant,
            Reason::Certificate | Reason::Redirect => Self::TenantRests,
            _ => Self::Retry,
        }
    }
}

/// Whether a reason says that the server could not be reached or did not work, whoever asks for whatever.
pub const fn is_outage(reason: Reason) -> bool {
    matches!(reason, Reason::ServerError | Reason::Unavailable | Reason::Edge | Reason::Network | Reason::Timeout)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::report::ExitCode;

    #[test]
    fn what_follows_from_every_reason() {
        let mut text = String::new();
        for reason in Reason::ALL.iter().copied() {
            let counts = if counts(reason) { "counts" } else { "uncounted" };
            let outage = if is_outage(reason) { ", an outage" } else { "" };
            let rests = if rests_tenant(reason) { ", the tenant rests" } else { "" };
            let (document, login) = (Then::after_document(reason), AfterLogin::after(reason));
            let exit = ExitCode::of_block(reason) as u8;
            writeln!(text, "{reason}: document {document:?}, {counts}{rests}; login {login:?}; whom it blocks {exit}{outage}").unwrap();
        }
        insta::assert_snapshot!(text);
    }
}

//! What a person can do about each reason, in one line.

use crate::domain::Reason;

/// What happened, and what to do now.
pub const fn advice(reason: Reason) -> &'static str {
    match reason {
        Reason::Denied => "the account may not see them: correct the account in the roster, or have access granted",
        Reason::Rejected => "the server refuses the request for them: check the patient tokens with the vendor",
        Reason::Throttled => "the server asks for fewer requests: lower the limits; the next run goes on",
        Reason::Edge => "the CDN in front of the server answered: nothing to do unless it lasts; the next run goes on",
        Reason::Unavailable => "the server was not available: nothing to do unless it lasts; the next run goes on",
        Reason::ServerError => "the server failed on them: tell the vendor if it lasts; the next occurrence asks again",
        Reason::Network => "the server could not be reached: check name, network and firewall; the next run goes on",
        Reason::Certificate => "the server's certificate is not trusted: check base_url and ca_file, and tell the vendor",
        Reason::Timeout => "the server was too slow: tell the vendor if it lasts, or raise the timeouts",
        Reason::Truncated => "the answers were cut off: tell the vendor if it lasts; the next run goes on",
        Reason::Empty => "the answers were empty: tell the vendor if it lasts",
        Reason::Redirect => "the server redirects, which would carry the token elsewhere: check base_url",
        Reason::NotCda => "the answers are no C-CDA documents: look at them in refused_bodies, and tell the vendor",
        Reason::Malformed => "the answers are not well-formed XML: look at them in refused_bodies, and tell the vendor",
        Reason::UnsafeXml => "the answers hold a DTD or are built to exhaust a reader: look at them in refused_bodies, and tell the vendor",
        Reason::TooLarge => "the documents are over the size limit: raise sizes.body if they are wanted",
        Reason::BadEncoding => "the answers are not in the encoding that they declare: look at them in refused_bodies, and tell the vendor",
        Reason::IdentityMismatch => {
            "the charts name another person than before, or than the roster: look with `ccda-export documents`, then accept or discard them"
        }
        Reason::MixedUp => {
            "the same chart came for several patients: tell the vendor at once; the next occurrence asks anew, and the copies can be discarded"
        }
        Reason::RejectedLogin => {
            "user name or password is rejected: correct it in the roster (a change is tried at once), or log in once in a browser"
        }
        Reason::RejectedClient => "client_id or client_secret is rejected: correct it in the roster (a change is tried at once)",
        Reason::Protocol => {
            "the token endpoint answered what the contract does not know: check base_url and the credentials, and tell the vendor"
        }
        Reason::WrongTenant => "the token belongs to another tenant: correct the account's user or the tenant's id; nothing was fetched",
        Reason::SuspectRoster => "the server knows none of these patients: check that the roster's tokens belong to this tenant",
        Reason::Crashed => "this program died five times while it held them: please report it",
        Reason::Discarded => "an operator discarded the chart, or one of the same person: `documents accept` takes that back",
    }
}

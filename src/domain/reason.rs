//! Why an attempt failed, a fetch ended or an account was stopped: one word each, never free text.

use super::words;

words! {
    /// The words of the two tables "what an answer means", and what the exporter itself decides.
    pub enum Reason {
        /// 401 or 403 for a document: the token has died, or the account may not see this patient.
        Denied = "denied",
        /// Any other 4xx for a document.
        Rejected = "rejected",
        /// 408, 425 or 429.
        Throttled = "throttled",
        /// An error page of the CDN in front of the server.
        Edge = "edge",
        /// 502, 503 or 504 from the server itself.
        Unavailable = "unavailable",
        /// Any other 5xx.
        ServerError = "server_error",
        /// No address, refused, reset, or broken off before the head of the answer.
        Network = "network",
        /// The server's certificate or TLS version is not to be trusted.
        Certificate = "certificate",
        /// Too slow: connecting, idle, or in all.
        Timeout = "timeout",
        /// The body ended before its announced end.
        Truncated = "truncated",
        /// 200 without a body.
        Empty = "empty",
        /// 3xx: following it would carry the token to another place.
        Redirect = "redirect",
        /// 200 with HTML, JSON or another root element.
        NotCda = "not_cda",
        /// 200 with XML that is not well-formed at its full length.
        Malformed = "malformed",
        /// A DTD, or more attributes or levels than any chart has.
        UnsafeXml = "unsafe_xml",
        /// A body over the size limit, as sent or as inflated.
        TooLarge = "too_large",
        /// Bytes that are not of the encoding that they declare, or an encoding that is none.
        BadEncoding = "bad_encoding",
        /// A chart of another person than this patient token gave before.
        IdentityMismatch = "identity_mismatch",
        /// The same bytes for three patient tokens of a tenant in one run.
        MixedUp = "mixed_up",
        /// The token endpoint does not accept this account's user name and password.
        RejectedLogin = "rejected_login",
        /// The token endpoint does not accept this tenant's client id and secret.
        RejectedClient = "rejected_client",
        /// An answer of the token endpoint that the contract does not know.
        Protocol = "protocol",
        /// A token of another tenant, or of none.
        WrongTenant = "wrong_tenant",
        /// Nobody whom the roster names is known there: it may be another practice's.
        SuspectRoster = "suspect_roster",
        /// The exporter died five times while it held this fetch.
        Crashed = "crashed",
        /// An operator discarded the document.
        Discarded = "discarded",
    }
}

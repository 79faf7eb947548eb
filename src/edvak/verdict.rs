//! What the status of an answer means: the two tables of `DESIGN.md`, "What an answer means", as two functions of every status.
//!
//! Pure. Knows nothing of retries: what follows from a reason is decided in `export`.

use crate::domain::Reason;

/// What an answer of `patient_data` is, by its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentVerdict {
    /// 200: a body that has yet to be checked for being a chart.
    Body,
    /// 404: there is no such patient, which is an answer and not a failure.
    Absent,
    /// Anything else, with its reason.
    Failed(Reason),
}

/// What the body of an answer of `generate-token` looks like, as far as its verdict needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenBody {
    /// A page for a browser: the CDN's, or a proxy's.
    Html,
    /// JSON with the OAuth error `invalid_grant` (RFC 6749, section 5.2).
    InvalidGrant,
    /// JSON with the OAuth error `invalid_client` or `unauthorized_client`.
    InvalidClient,
    /// Anything else, a token included.
    Other,
}

/// The verdict on a document request's status.
///
/// A 401 or 403 is `denied` whether it is HTML or not; that a second one with HTML is `edge` is for the caller, who alone knows that it is the
/// second. The contract lists no 2xx but 200: 202, 204 and 205 say that there is no body (yet), 206 that it is a part; another 2xx or a 1xx
/// carries something that nobody has promised to be a chart.
pub fn document_verdict(status: u16, html: bool) -> DocumentVerdict {
    let reason = match status {
        200 => return DocumentVerdict::Body,
        404 => return DocumentVerdict::Absent,
        401 | 403 => Reason::Denied,
        202 | 204 | 205 => Reason::Empty,
        206 => Reason::Truncated,
        0..300 => Reason::NotCda,
        _ => passing(status, html).unwrap_or(Reason::Rejected),
    };
    DocumentVerdict::Failed(reason)
}

/// The reason of a token request's failure; `None` where the status is 200 and the body may be a token.
///
/// What passes is judged by the status before the body is asked: nobody is suspended for what a server in trouble says.
pub fn token_reason(status: u16, body: TokenBody) -> Option<Reason> {
    let reason = match (passing(status, body == TokenBody::Html), body) {
        (Some(reason), _) => reason,
        (None, TokenBody::InvalidGrant) => Reason::RejectedLogin,
        (None, TokenBody::InvalidClient) => Reason::RejectedClient,
        (None, TokenBody::Html) => Reason::Edge,
        (None, TokenBody::Other) if status == 200 => return None,
        (None, TokenBody::Other) if status == 401 || status == 403 => Reason::RejectedLogin,
        (None, TokenBody::Other) => Reason::Protocol,
    };
    Some(reason)
}

/// What both endpoints mean alike: 3xx, what asks for patience, and 5xx. Statuses beyond 599 are no HTTP (RFC 9110, section 15) and are read as 5xx.
fn passing(status: u16, html: bool) -> Option<Reason> {
    let reason = match status {
        300..400 => Reason::Redirect,
        429 | 502..=504 if html => Reason::Edge,
        408 | 425 | 429 => Reason::Throttled,
        502..=504 => Reason::Unavailable,
        520..=530 => Reason::Edge,
        500.. => Reason::ServerError,
        _ => return None,
    };
    Some(reason)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    /// One line for each run of statuses with the same verdict.
    fn ranges(verdict: impl Fn(u16) -> String) -> String {
        let mut text = String::new();
        let mut first = 100;
        for status in 100..=599 {
            if status == 599 || verdict(status + 1) != verdict(first) {
                writeln!(text, "{first}-{status} {}", verdict(first)).unwrap();
                first = status + 1;
            }
        }
        text
    }

    #[test]
    fn every_status_of_a_document_request_has_its_verdict() {
        for html in [false, true] {
            insta::assert_snapshot!(format!("document_html_{html}"), ranges(|status| format!("{:?}", document_verdict(status, html))));
        }
    }

    #[test]
    fn every_status_of_a_token_request_has_its_reason() {
        for body in [TokenBody::Html, TokenBody::InvalidGrant, TokenBody::InvalidClient, TokenBody::Other] {
            let reason = |status| token_reason(status, body).map_or("a token, if it has its shape".into(), |reason| reason.to_string());
            insta::assert_snapshot!(format!("token_{body:?}"), ranges(reason));
        }
    }
}

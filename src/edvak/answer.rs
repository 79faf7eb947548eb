//! What an answer brought: a document's bytes, a token, or the reason why neither. Pure.

use zeroize::Zeroizing;

use super::{
    Body, DocumentAnswer, Failure, Issue, Token,
    html::is_html,
    oauth_error::OAuthError,
    request::Arrived,
    token::{TokenFault, read_token},
    verdict::{DocumentVerdict, TokenBody, document_verdict, token_reason},
};
use crate::domain::{Reason, TenantName};

/// Who asked for a token, as far as the answer is judged by it.
pub(super) struct Asker<'a> {
    pub(super) tenant: &'a TenantName,
    /// What must not come back in a message.
    pub(super) secrets: &'a [&'a str],
}

/// Judges an answer of `patient_data`.
pub(super) fn document(arrived: Arrived) -> Result<DocumentAnswer, Failure> {
    let html = is_html(arrived.media_type.as_deref(), &arrived.bytes);
    match document_verdict(arrived.status, html) {
        DocumentVerdict::Absent => Ok(DocumentAnswer::Absent),
        DocumentVerdict::Failed(reason) => Err(Failure { reason, detail: status_words(arrived.status, html), html }),
        DocumentVerdict::Body => body(arrived).map(DocumentAnswer::Body),
    }
}

fn body(arrived: Arrived) -> Result<Body, Failure> {
    arrived.whole?;
    match arrived.hold {
        Some(hold) if !arrived.bytes.is_empty() => {
            Ok(Body { bytes: arrived.bytes, media_type: arrived.media_type.as_deref().and_then(essence), hold })
        }
        _ => Err(Failure::new(Reason::Empty, "the server answered 200 without a body")),
    }
}

/// The type without its parameters, in which a server may write anything; it is kept beside the document.
fn essence(media_type: &str) -> Option<String> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let named = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte));
    let (kind, subtype) = essence.split_once('/')?;
    (named(kind) && named(subtype) && essence.len() <= 64).then(|| essence.to_owned())
}

/// Judges an answer of `generate-token`.
pub(super) fn token(arrived: Arrived, asker: &Asker<'_>, issue: Issue) -> Result<Token, Failure> {
    let bytes = Zeroizing::new(arrived.bytes);
    let html = is_html(arrived.media_type.as_deref(), &bytes);
    let error = OAuthError::read(&bytes);
    let body = if html { TokenBody::Html } else { error.as_ref().map_or(TokenBody::Other, OAuthError::body) };
    if let Some(reason) = token_reason(arrived.status, body) {
        let said = error.map(|error| error.words(asker.secrets)).filter(|said| !said.is_empty());
        let detail = [Some(status_words(arrived.status, html)), said].into_iter().flatten().collect::<Vec<_>>().join(": ");
        return Err(Failure { reason, detail, html });
    }
    arrived.whole.map_err(as_token_failure)?;
    if bytes.is_empty() {
        return Err(Failure::new(Reason::Empty, "the server answered 200 without a body"));
    }
    read_token(&bytes, asker.tenant, issue).map_err(|fault| match fault {
        TokenFault::Shape(words) => Failure::new(Reason::Protocol, words),
        TokenFault::WrongTenant => Failure::new(Reason::WrongTenant, "the token is of another tenant than the roster says, or of none"),
    })
}

/// A body that is too large or oddly encoded is no verdict on a chart here, but a breach of the contract.
fn as_token_failure(failure: Failure) -> Failure {
    match failure.reason {
        Reason::TooLarge | Reason::NotCda => Failure { reason: Reason::Protocol, ..failure },
        _ => failure,
    }
}

fn status_words(status: u16, html: bool) -> String {
    let what = if html { " with a page for a browser" } else { "" };
    format!("the server answered {status}{what}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ISSUE: Issue = Issue { asked_at: Duration::ZERO, issued_at: Duration::ZERO };

    fn answered(status: u16, body: &str) -> Result<Token, Failure> {
        let arrived = Arrived { status, media_type: None, bytes: body.into(), hold: None, whole: Ok(()) };
        token(arrived, &Asker { tenant: &TenantName("T".into()), secrets: &["jo@example.org"] }, ISSUE)
    }

    fn reason(status: u16, body: &str) -> Reason {
        answered(status, body).unwrap_err().reason
    }

    #[test]
    fn of_a_media_type_its_name_is_kept_and_no_parameter() {
        assert_eq!(essence("application/hl7-cda+xml; charset=utf-8; token=ey.x").as_deref(), Some("application/hl7-cda+xml"));
        for other in ["", "ey.x", "text/", "/xml", "text/x y", "text/xml/ey.x", &format!("text/{}", "x".repeat(80))] {
            assert_eq!(essence(other), None, "{other}");
        }
    }

    #[test]
    fn what_the_token_endpoint_says_decides_who_is_suspended() {
        assert_eq!(reason(400, r#"{"error":"invalid_grant"}"#), Reason::RejectedLogin);
        assert_eq!(reason(401, r#"{"error":"invalid_client"}"#), Reason::RejectedClient);
        assert_eq!(reason(403, "<html>blocked</html>"), Reason::Edge);
        assert_eq!(reason(200, "<html>log in</html>"), Reason::Edge);
        assert_eq!(reason(503, r#"{"error":"invalid_grant"}"#), Reason::Unavailable);
        assert_eq!(reason(200, "{}"), Reason::Protocol);
        assert_eq!(reason(200, ""), Reason::Empty);
        assert_eq!(reason(200, r#"{"token":{"access_token":"a","token_type":"Bearer","tenant":"U"}}"#), Reason::WrongTenant);
    }

    #[test]
    fn people_are_told_what_the_server_said_but_not_about_whom() {
        let failure = |words: &str| answered(400, &format!(r#"{{"error":"invalid_grant","error_description":"{words}"}}"#)).unwrap_err();
        assert_eq!(failure("Account is not fully set up").detail, "the server answered 400: invalid_grant: Account is not fully set up");
        assert_eq!(failure("No user JO@example.org").detail, "the server answered 400: invalid_grant");
    }

    #[test]
    fn a_token_answer_that_broke_off_passes_and_one_without_end_does_not() {
        let cut = |reason| Arrived { status: 200, media_type: None, bytes: vec![b'{'], hold: None, whole: Err(Failure::new(reason, "")) };
        let judged = |reason| token(cut(reason), &Asker { tenant: &TenantName("T".into()), secrets: &[] }, ISSUE).unwrap_err().reason;
        assert_eq!(judged(Reason::Truncated), Reason::Truncated);
        assert_eq!(judged(Reason::TooLarge), Reason::Protocol);
    }
}

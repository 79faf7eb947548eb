//! Faults to rehearse: what the sandbox does wrong on request, for which accounts and patients.

use std::{convert::Infallible, io, io::Write, str::FromStr, sync::Arc, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};
use futures_util::stream;

use super::{journal::Kind, server::refusal};
use crate::{clock::Clock, domain::words};

words! {
    /// One thing that goes wrong.
    pub enum Fault {
        /// 500 for a token.
        Token500 = "token-500",
        /// A page for a browser in place of a token.
        TokenHtml = "token-html",
        /// 429 for a token, with a Retry-After of three seconds.
        Token429 = "token-429",
        Document500 = "document-500",
        Document503 = "document-503",
        /// A page of the CDN with 503.
        Page503 = "page-503",
        /// 429 with a Retry-After of three seconds.
        Document429 = "document-429",
        Document404 = "document-404",
        Document403 = "document-403",
        Document400 = "document-400",
        /// 200 without a body.
        Empty = "empty",
        /// A login page in place of a chart.
        Html = "html",
        /// JSON in place of a chart.
        Json = "json",
        /// Half of the chart, and then the end of the connection.
        Truncated = "truncated",
        /// All of the chart but its last byte, as if that were all.
        Malformed = "malformed",
        /// 307 to another path.
        Redirect = "redirect",
        /// The chart, a byte each second.
        Slow = "slow",
        /// The end of the connection in place of an answer.
        Reset = "reset",
        /// Nothing at all, for as long as the client waits.
        Hang = "hang",
        /// The chart of the next patient in place of the patient's own.
        OtherPerson = "other-person",
        /// The chart of the first patient, always the same bytes, whoever is asked for.
        SameChart = "same-chart",
        /// The patient's chart with next to nothing in it.
        Shrunk = "shrunk",
        /// The chart behind a document type declaration.
        Dtd = "dtd",
        /// 200 KB of gzip that become 200 MB of blanks.
        GzipBomb = "gzip-bomb",
    }
}

/// Long enough for a head and half a chart to leave this machine.
const BEFORE_THE_END: Duration = Duration::from_millis(50);

/// A fault for every so many-th account (faults of tokens) or patient (all others), counted from 1 in the order of the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultRule {
    pub fault: Fault,
    /// At least 1, which means every one.
    pub every: usize,
}

/// Why a text is no [`FaultRule`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoFault {
    #[error("unknown fault; known are {}", known())]
    Kind,
    #[error("what stands after the colon is no number from 1 on")]
    Every,
}

fn known() -> String {
    Fault::ALL.iter().map(|fault| fault.as_str()).collect::<Vec<_>>().join(", ")
}

/// `KIND`, or `KIND:N` for every N-th.
impl FromStr for FaultRule {
    type Err = NoFault;

    fn from_str(text: &str) -> Result<Self, NoFault> {
        let (kind, every) = text.split_once(':').unwrap_or((text, "1"));
        let fault = kind.parse().map_err(|_| NoFault::Kind)?;
        let every = every.parse().ok().filter(|every| *every > 0).ok_or(NoFault::Every)?;
        Ok(Self { fault, every })
    }
}

impl Fault {
    fn is_of_tokens(self) -> bool {
        matches!(self, Self::Token500 | Self::TokenHtml | Self::Token429)
    }
}

/// A request about which is to be decided what goes wrong.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub kind: Kind,
    /// Place of the account (for a token) or of the patient (for a document) in the order of the roster, from 0 on.
    pub index: usize,
    /// Name of the account whose request it is.
    pub account: &'a str,
    /// `None` for a token.
    pub patient_token: Option<&'a str>,
    /// How many of this kind came before it for the same account or patient.
    pub before: u64,
    /// When it came, on the sandbox's clock.
    pub at: Duration,
}

/// Decides for each request that would be granted what goes wrong with it, if anything.
pub(super) type Script = Arc<dyn Fn(&Asked<'_>) -> Option<Fault> + Send + Sync>;

/// The first of these rules that fits.
pub(super) fn by_rules(rules: Vec<FaultRule>) -> Script {
    Arc::new(move |asked| {
        let of_tokens = asked.kind == Kind::Token;
        let hit = |rule: &&FaultRule| rule.fault.is_of_tokens() == of_tokens && (asked.index + 1).is_multiple_of(rule.every);
        rules.iter().find(hit).map(|rule| rule.fault)
    })
}

/// The wrong answer in place of `document`, or of a token; none ever where it hangs.
pub(super) async fn answer(fault: Fault, document: Bytes, clock: &Clock) -> Response {
    let xml = [(header::CONTENT_TYPE, "application/xml")];
    match fault {
        Fault::Token500 | Fault::Document500 => refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        Fault::Document503 => refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        Fault::Page503 => {
            (StatusCode::SERVICE_UNAVAILABLE, Html("<!DOCTYPE html><html><body>Attention Required</body></html>")).into_response()
        }
        Fault::Token429 | Fault::Document429 => {
            ([(header::RETRY_AFTER, "3")], refusal(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")).into_response()
        }
        Fault::Document404 => refusal(StatusCode::NOT_FOUND, "Not Found"),
        Fault::Document403 => refusal(StatusCode::FORBIDDEN, "Forbidden"),
        Fault::Document400 => refusal(StatusCode::BAD_REQUEST, "Bad Request"),
        Fault::Empty => xml.into_response(),
        Fault::TokenHtml | Fault::Html => Html("<!DOCTYPE html><html><body>Please log in.</body></html>").into_response(),
        Fault::Json => Json(serde_json::json!({ "message": "Please log in" })).into_response(),
        Fault::Malformed => (xml, document.slice(..document.len().saturating_sub(1))).into_response(),
        Fault::Redirect => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/sandbox/elsewhere")]).into_response(),
        Fault::Truncated => (xml, length(&document), broken_off(document.slice(..document.len() / 2), clock)).into_response(),
        Fault::Hang => std::future::pending().await,
        Fault::Reset => (xml, cut_at_once()).into_response(),
        Fault::Slow => (xml, length(&document), byte_by_byte(document, clock)).into_response(),
        // What is wrong is the chart itself.
        Fault::OtherPerson | Fault::SameChart | Fault::Shrunk => (xml, document).into_response(),
        Fault::Dtd => (xml, [b"<!DOCTYPE ClinicalDocument>\n", &document[root(&document)..]].concat()).into_response(),
        Fault::GzipBomb => (xml, [(header::CONTENT_ENCODING, "gzip")], bomb()).into_response(),
    }
}

/// Where the root element begins: behind the XML declaration, which has to stay the first of all.
fn root(document: &[u8]) -> usize {
    document.windows(15).position(|start| start == b"<ClinicalDocume").unwrap_or(0)
}

/// Blanks in place of a chart, compressed to a thousandth.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..200 {
        // Writing to memory cannot fail.
        let _ = encoder.write_all(&blanks);
    }
    encoder.finish().unwrap_or_default()
}

fn length(document: &Bytes) -> [(header::HeaderName, String); 1] {
    [(header::CONTENT_LENGTH, document.len().to_string())]
}

/// The end of the connection before the head has left.
fn cut_at_once() -> Body {
    Body::from_stream(stream::once(async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset)) }))
}

/// These bytes, and then the end of the connection.
fn broken_off(bytes: Bytes, clock: &Clock) -> Body {
    let clock = clock.clone();
    Body::from_stream(stream::unfold(Some(bytes), move |bytes| {
        let clock = clock.clone();
        async move {
            match bytes {
                Some(bytes) if !bytes.is_empty() => Some((Ok(bytes), Some(Bytes::new()))),
                Some(_) => {
                    // What was written before is sent while there is nothing more to write; an error at once would throw it away.
                    clock.sleep(BEFORE_THE_END).await;
                    Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
                }
                None => None,
            }
        }
    }))
}

/// One byte each second.
fn byte_by_byte(document: Bytes, clock: &Clock) -> Body {
    let clock = clock.clone();
    Body::from_stream(stream::unfold(document, move |mut rest| {
        let clock = clock.clone();
        async move {
            clock.sleep(Duration::from_secs(1)).await;
            (!rest.is_empty()).then(|| (Ok::<_, Infallible>(rest.split_to(1)), rest))
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_for_everybody_or_for_every_so_many_th() {
        let rules = ["token-500:2", "html:3", "empty"].iter().map(|text| text.parse().unwrap()).collect();
        let script = by_rules(rules);
        let of = |kind, index| script(&Asked { kind, index, account: "front-desk", patient_token: None, before: 0, at: Duration::ZERO });
        assert_eq!([0, 1, 2].map(|account| of(Kind::Token, account)), [None, Some(Fault::Token500), None]);
        let patients = [0, 1, 2, 5].map(|patient| of(Kind::Document, patient));
        assert_eq!(patients, [Some(Fault::Empty), Some(Fault::Empty), Some(Fault::Html), Some(Fault::Html)]);
    }

    #[test]
    fn what_is_no_fault_is_told() {
        assert_eq!("html:0".parse::<FaultRule>(), Err(NoFault::Every));
        assert_eq!("html:x".parse::<FaultRule>(), Err(NoFault::Every));
        assert!("http".parse::<FaultRule>().unwrap_err().to_string().contains("token-500, token-html"));
    }
}

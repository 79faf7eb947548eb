//! One attempt as a sentence.

use std::str::FromStr;

use crate::{
    domain::{AttemptKind, Outcome},
    store::history::Attempt,
};

use super::super::{instant::seconds, paragraph::wrap};

/// When, in which run, what was asked, what came, what it was taken for.
pub(super) fn line(attempt: &Attempt) -> String {
    let asked = match AttemptKind::from_str(&attempt.kind) {
        Ok(AttemptKind::Token) => "asked for a token",
        Ok(AttemptKind::Document) => "asked for the document",
        Ok(AttemptKind::Replay) => "asked once more with a new token",
        Err(_) => "asked",
    };
    let came = [answer(attempt), meaning(attempt)].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let text = format!("{} run {}: {asked}: {came}", seconds(attempt.started_at), attempt.run_id);
    wrap(&text, 2)
}

/// Status, size and time, where an answer came.
fn answer(attempt: &Attempt) -> Option<String> {
    let duration = attempt.duration_ms.map(|milliseconds| format!("after {milliseconds} ms"));
    let status = attempt.http_status.map(|status| format!("HTTP {status}"));
    let bytes = attempt.bytes.filter(|bytes| *bytes > 0).map(|bytes| format!("with {bytes} bytes"));
    let parts: Vec<_> = [status, bytes, duration].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn meaning(attempt: &Attempt) -> Option<String> {
    let outcome = attempt.outcome.as_deref().and_then(|word| Outcome::from_str(word).ok());
    let words = match outcome {
        None => "on its way",
        Some(Outcome::Ok) => "good",
        Some(Outcome::Absent) => "there is no such patient",
        Some(Outcome::Passing) => "may pass",
        Some(Outcome::Permanent) => "does not pass by repeating",
        Some(Outcome::Lost) => "the program died before the answer was written down",
        Some(Outcome::Cancelled) => "given up at the end of the run",
    };
    let reason = attempt.reason.as_ref().map(|reason| format!("{reason}, {words}"));
    let text = reason.unwrap_or_else(|| words.to_owned());
    Some(match attempt.detail.as_deref().filter(|detail| !detail.is_empty()) {
        Some(detail) => format!("{text} ({detail})"),
        None => text,
    })
}

//! Document requests that succeed and that fail in every way, by a server that repeats tokens and names patients.

use super::{
    Scenario,
    marks::{ACCESS_TOKEN, BIRTH, FAMILY, GIVEN, MRN, PATIENT_TOKEN},
    nothing_leaks,
    search::ECHO,
    server::{Asked, chart_text, html, json, reply},
};

/// An answer of this status with everything in its head and its body.
fn all(asked: &Asked, status: u16, more: &str) -> Vec<u8> {
    let said = asked.echo();
    asked.document(reply(status, &format!("Content-Type: text/plain\r\nX-Said: {said}\r\nSet-Cookie: a={ACCESS_TOKEN}\r\n{more}"), &said))
}

/// A body of a 200.
fn body(asked: &Asked, text: &str) -> Vec<u8> {
    asked.document(reply(200, "Content-Type: application/xml\r\n", text))
}

#[tokio::test]
async fn no_chart_tells_anything() {
    nothing_leaks(&[
        Scenario { name: "success", exit: 0, answer: |asked| asked.good() },
        Scenario {
            name: "a media type with a token in it",
            exit: 0,
            answer: |asked| {
                asked.document(reply(
                    200,
                    &format!("Content-Type: application/xml; token={ACCESS_TOKEN}; p={PATIENT_TOKEN}\r\n"),
                    &chart_text(),
                ))
            },
        },
        Scenario {
            name: "a chart with names for names",
            exit: 0,
            answer: |asked| body(asked, &chart_text().replace("<addr>", &format!("<{GIVEN}:x {FAMILY}:y=\"{BIRTH}\"/><addr>"))),
        },
        Scenario { name: "a chart with odd times", exit: 0, answer: |asked| body(asked, &chart_text().replace(BIRTH, FAMILY)) },
    ])
    .await;
}

#[tokio::test]
async fn no_failed_document_request_tells_anything() {
    nothing_leaks(&[
        Scenario { name: "denied", exit: 1, answer: |asked| all(asked, 403, "") },
        Scenario { name: "not known", exit: 0, answer: |asked| all(asked, 404, "") },
        Scenario { name: "refused", exit: 1, answer: |asked| all(asked, 422, "") },
        Scenario { name: "a server error", exit: 1, answer: |asked| all(asked, 500, "") },
        Scenario {
            name: "throttled, with odd headers",
            exit: 0,
            answer: |asked| match asked.before {
                0..6 => all(asked, 429, &format!("Retry-After: {PATIENT_TOKEN}\r\nRateLimit: {ACCESS_TOKEN};r={MRN};t={MRN}\r\n")),
                _ => asked.good(),
            },
        },
        Scenario {
            name: "a redirect with the token",
            exit: 76,
            answer: |asked| {
                all(asked, 302, &format!("Location: http://127.0.0.1:9/?access_token={ACCESS_TOKEN}&patient_token={PATIENT_TOKEN}\r\n"))
            },
        },
        Scenario { name: "a page", exit: 1, answer: |asked| asked.document(html(200, &format!("{ECHO} {}", asked.echo()))) },
        Scenario { name: "JSON", exit: 1, answer: |asked| asked.document(json(200, &serde_json::json!({ECHO: asked.echo()}))) },
        Scenario {
            name: "an unknown encoding",
            exit: 1,
            answer: |asked| all(asked, 200, &format!("Content-Encoding: {ACCESS_TOKEN}\r\n")),
        },
        Scenario { name: "no HTTP", exit: 75, answer: |asked| asked.document(asked.echo().into_bytes()) },
    ])
    .await;
}

#[tokio::test]
async fn no_refused_body_tells_anything() {
    nothing_leaks(&[
        Scenario { name: "not closed", exit: 1, answer: |asked| body(asked, &chart_text().replace("</ClinicalDocument>", "")) },
        Scenario {
            name: "closed by another name",
            exit: 1,
            answer: |asked| body(asked, &chart_text().replace("</family>", &format!("</{FAMILY}>"))),
        },
        Scenario {
            name: "broken in the midst of a name",
            exit: 1,
            answer: |asked| {
                body(asked, &chart_text().replace(&format!("<given>{GIVEN}"), &format!("<given {GIVEN} {MRN}={BIRTH}>&{FAMILY};")))
            },
        },
        Scenario {
            name: "an attribute twice",
            exit: 1,
            answer: |asked| body(asked, &chart_text().replace("<given>", &format!("<given {FAMILY}=\"{MRN}\" {FAMILY}=\"{MRN}\">"))),
        },
        Scenario {
            name: "another root",
            exit: 1,
            answer: |asked| body(asked, &format!("<{FAMILY} xmlns=\"urn:{GIVEN}\" {MRN}=\"{BIRTH}\"/>")),
        },
        Scenario {
            name: "another namespace",
            exit: 1,
            answer: |asked| body(asked, &chart_text().replace("urn:hl7-org:v3", &format!("urn:{FAMILY}"))),
        },
        Scenario {
            name: "a document type",
            exit: 1,
            answer: |asked| {
                body(asked, &chart_text().replace("?><", &format!("?><!DOCTYPE {FAMILY} [<!ENTITY {GIVEN} SYSTEM \"file:///{MRN}\">]><")))
            },
        },
        Scenario {
            name: "an unknown encoding",
            exit: 1,
            answer: |asked| body(asked, &chart_text().replace("version=\"1.0\"", &format!("version=\"1.0\" encoding=\"{FAMILY}\""))),
        },
        Scenario {
            name: "a declaration that is none",
            exit: 1,
            answer: |asked| body(asked, &chart_text().replace("version=\"1.0\"", &format!("{FAMILY}=\"{MRN}\""))),
        },
        Scenario {
            name: "cut short",
            exit: 1,
            answer: |asked| {
                let whole = chart_text();
                asked.document(
                    [format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\n\r\n", whole.len() + 100).into_bytes(), whole.into_bytes()].concat(),
                )
            },
        },
    ])
    .await;
}

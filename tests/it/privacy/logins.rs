//! Token requests that succeed and that fail in every way, by a server that repeats all it was told.

use serde_json::json as value;

use super::{
    Scenario,
    marks::{ACCESS_TOKEN, CLIENT_SECRET, FAMILY, GIVEN, OTHER_PASSWORD, PASSWORD, USER},
    nothing_leaks,
    server::{html, json, reply, token},
};

fn oauth(status: u16, error: &str, description: &str) -> Vec<u8> {
    json(status, &value!({"error": error, "error_description": description}))
}

#[tokio::test]
async fn no_rejected_login_tells_anything() {
    nothing_leaks(&[
        Scenario { name: "wrong password", exit: 77, answer: |_| oauth(401, "invalid_grant", "Invalid user credentials") },
        Scenario { name: "all is repeated", exit: 77, answer: |asked| oauth(400, "invalid_grant", &asked.echo()) },
        Scenario {
            name: "a password is repeated, with something in it",
            exit: 77,
            answer: |_| {
                oauth(
                    400,
                    "invalid_grant",
                    &[PASSWORD, OTHER_PASSWORD].map(|word| format!("no {}\u{0}{}", &word[..4], &word[4..])).join(" "),
                )
            },
        },
        Scenario {
            name: "a user is named without the host",
            exit: 77,
            answer: |_| oauth(400, "invalid_grant", &format!("user {USER}-desk or {USER} is locked")),
        },
        Scenario {
            name: "a person is named",
            exit: 77,
            answer: |_| oauth(400, "invalid_grant", &format!("Account of {GIVEN} {FAMILY} is disabled")),
        },
        Scenario {
            name: "a token is repeated",
            exit: 77,
            answer: |_| oauth(400, "invalid_grant", &format!("{ACCESS_TOKEN} was revoked ({ACCESS_TOKEN}.x)")),
        },
        Scenario { name: "the error itself is a secret", exit: 77, answer: |_| oauth(401, PASSWORD, OTHER_PASSWORD) },
        Scenario { name: "the error is all", exit: 77, answer: |asked| json(401, &value!({"error": asked.echo()})) },
        Scenario {
            name: "nested as the vendor does",
            exit: 77,
            answer: |asked| {
                json(400, &value!({"message": asked.echo(), "token": {"error": "invalid_grant", "error_description": asked.echo()}}))
            },
        },
        Scenario {
            name: "rejected client",
            exit: 77,
            answer: |asked| oauth(401, "invalid_client", &format!("{CLIENT_SECRET} is wrong {}", asked.echo())),
        },
    ])
    .await;
}

#[tokio::test]
async fn no_broken_token_answer_tells_anything() {
    nothing_leaks(&[
        Scenario {
            name: "another tenant's token",
            exit: 77,
            answer: |asked| if asked.is_token() { token("TENANT_AC", ACCESS_TOKEN) } else { asked.good() },
        },
        Scenario { name: "a tenant that is a secret", exit: 77, answer: |_| token(PASSWORD, ACCESS_TOKEN) },
        Scenario { name: "a page in place of a token", exit: 69, answer: |asked| html(200, &asked.echo()) },
        Scenario {
            name: "another shape",
            exit: 76,
            answer: |asked| json(200, &value!({"said": asked.echo(), "access_token": ACCESS_TOKEN})),
        },
        Scenario {
            name: "a shape that is almost right",
            exit: 76,
            answer: |asked| json(200, &value!({"token": {"access_token": [ACCESS_TOKEN], "tenant": asked.echo()}})),
        },
        Scenario {
            name: "no JSON",
            exit: 76,
            answer: |asked| reply(200, "Content-Type: application/json\r\n", &format!("{{\"{}", asked.echo())),
        },
        Scenario {
            name: "a token with a line end",
            exit: 76,
            answer: |_| token("TENANT_AB", &format!("{ACCESS_TOKEN}\nX-Injected: {ACCESS_TOKEN}")),
        },
        Scenario { name: "a token that is no ASCII", exit: 76, answer: |_| token("TENANT_AB", &format!("{ACCESS_TOKEN}é")) },
        Scenario { name: "a server error", exit: 69, answer: |asked| reply(500, &format!("X-Said: {}\r\n", asked.echo()), &asked.echo()) },
        Scenario {
            name: "a redirect",
            exit: 76,
            answer: |asked| reply(307, &format!("Location: /?{}\r\n", asked.echo().replace(' ', "+")), &asked.echo()),
        },
        Scenario {
            name: "odd headers",
            exit: 69,
            answer: |asked| {
                reply(503, &format!("Retry-After: {0}\r\nRateLimit: {0}\r\nDate: {0}\r\nContent-Encoding: {0}\r\n", asked.echo()), "")
            },
        },
        Scenario { name: "broken off", exit: 69, answer: |asked| format!("HTTP/1.1 401 {}", asked.echo()).into_bytes() },
        Scenario { name: "no HTTP", exit: 69, answer: |asked| asked.echo().into_bytes() },
    ])
    .await;
}

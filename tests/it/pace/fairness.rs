//! One tenant that is slow, dead or suspended delays no other.

use std::time::Duration;

use ccda_export::edvak::Rate;

use super::{
    night::{Night, Past, impatient},
    server::{Asked, Reply},
};

/// What tenant B was asked for, in order of patients, and when the last of it was.
fn of_b(past: &Past) -> (Vec<Option<String>>, f64) {
    let asked: Vec<_> = past.server.asked().into_iter().filter(|asked| asked.tenant == "B").collect();
    let last = asked.iter().map(|asked| asked.at).fold(0.0, f64::max);
    let mut patients: Vec<_> = asked.into_iter().map(|asked| asked.patient).collect();
    patients.sort();
    (patients, last)
}

/// Two tenants at a host with four places, of which each may have four.
async fn beside(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Past {
    let mut night = Night::of(&[("A", 30), ("B", 30)]);
    night.http = impatient(Duration::from_secs(1));
    night.http.host.concurrent = 4;
    night.limits.documents.concurrent = 4;
    night.settings.deadline = Duration::from_secs(1800);
    night.pass(move |asked| if asked.tenant == "A" { script(asked) } else { Reply::healthy(asked) }).await
}

async fn assert_b_is_as_if_alone(past: &Past) {
    let (patients, last) = of_b(past);
    let alone: Vec<_> = patients.iter().flatten().collect();
    assert_eq!((patients.len(), alone.len()), (31, 30), "one token and thirty documents");
    // Thirty at 5/s take 5 s; were B to wait for an answer of A, which never comes, the deadline would be next.
    assert!(last < 30.0, "the last of B went out after {last} s");
    assert_eq!(
        past.count("SELECT count(*) FROM fetches f JOIN tenants t ON t.id = f.tenant_id WHERE t.tenant = 'B' AND f.state = 'done'").await,
        30
    );
}

#[tokio::test]
async fn fault_12_a_tenant_that_never_answers_delays_no_other() {
    assert_b_is_as_if_alone(&beside(|_| Reply::Hang).await).await;
}

#[tokio::test]
async fn fault_12_a_tenant_that_gives_tokens_and_never_a_document_delays_no_other() {
    let past = beside(|asked| if asked.patient.is_some() { Reply::Hang } else { Reply::healthy(asked) }).await;
    assert_b_is_as_if_alone(&past).await;
}

#[tokio::test]
async fn fault_12_a_tenant_that_is_down_delays_no_other() {
    let past = beside(|_| Reply::status("503 Service Unavailable", "Retry-After: 600\r\n")).await;
    assert_b_is_as_if_alone(&past).await;
    assert_eq!(past.code(), 75);
}

#[tokio::test]
async fn fault_12_a_tenant_that_is_suspended_delays_no_other() {
    let past = beside(|_| Reply::Answer("400 Bad Request", String::new(), r#"{"error":"invalid_client"}"#.into())).await;
    assert_b_is_as_if_alone(&past).await;
    assert_eq!(past.code(), 77);
}

#[tokio::test]
async fn a_fetch_that_must_wait_for_a_new_token_gives_its_place_to_another_meanwhile() {
    let mut night = Night::of(&[("A", 12)]);
    night.limits.documents = Rate { per_second: 1.0, burst: 1, concurrent: 1 };
    // The first patient's login page asks for a new token, which nothing allows before 30 s: no document has come with the old one.
    let past = night
        .pass(|asked| match (asked.patient.as_deref(), asked.tries) {
            (Some("P0x0"), 0) => Reply::page("200 OK"),
            (Some("P0x1"), 0) => Reply::status("500 Internal Server Error", ""),
            (Some("P0x0") | None, _) => Reply::healthy(asked),
            (Some(_), _) => Reply::status("404 Not Found", ""),
        })
        .await;
    assert_eq!(past.code(), 0);
    let second = |patient: &str| {
        past.server.documents().into_iter().find(|asked| asked.patient.as_deref() == Some(patient) && asked.tries == 1).unwrap().at
    };
    let (waiting, other) = (second("P0x0"), second("P0x1"));
    assert!(waiting >= 28.0 && other < 25.0, "{waiting} and {other}");
    assert_eq!(past.server.tokens().len(), 2);
}

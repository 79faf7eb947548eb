//! FAULTS.md, "Bodies".

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use super::{answers::rests_after_twenty, *};

const JSON: &str = r#"{"message":"please log in"}"#;

/// Two patients are done and a third gets this for ever: one more try after a new token, then dead, and kept for a person to see.
pub async fn dead_after_a_new_token(answer: Answer, body: &str, reason: &str) {
    let script = move |request: &Request| if request.is_of(2) { answer.clone() } else { request.good() };
    let stand_in = StandIn::start(1, 3, script).await;
    stand_in.site.edit("job.toml", "concurrent = 8", "concurrent = 1");
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert_eq!(stand_in.site.fetches().await, lines(["done - 1", "done - 1", &format!("dead {reason} 2")]));
    assert_eq!(stand_in.site.failing().await, [format!("dead {reason}")]);
    let expected = [
        "token 200 ok -",
        "document 200 ok -",
        "document 200 ok -",
        &format!("document 200 passing {reason}"),
        "token 200 ok -",
        &format!("document 200 permanent {reason}"),
    ];
    assert_eq!(stand_in.site.attempts().await, lines(expected));
    let kept = "SELECT patient_id, attempt_id = (SELECT max(id) FROM attempts), CAST(bytes AS TEXT) FROM refused_bodies";
    assert_eq!(stand_in.site.lines(kept).await, [format!("3 1 {body}")]);
    assert_eq!(ended.told(reason).len(), 2, "{ended:#?}");

    // A verdict on the answer: the next occurrence asks once.
    assert_eq!(stand_in.run(&["--again"]).await.code(), 1);
    assert_eq!(stand_in.documents_of(2), 3);
    assert_eq!(stand_in.site.fetches().await.last().unwrap(), &format!("dead {reason} 1"));
}

#[tokio::test]
async fn fault_37_a_page_or_json_for_one_patient_is_kept_and_dead_after_a_new_token() {
    let page = "<!DOCTYPE html><html><body>Please log in</body></html>";
    dead_after_a_new_token(Answer::html(200), page, "not_cda").await;
    dead_after_a_new_token(Answer::body(200, "application/json", JSON), JSON, "not_cda").await;
    // What it is called proves nothing.
    dead_after_a_new_token(Answer::body(200, "application/xml", JSON), JSON, "not_cda").await;
}

#[tokio::test]
async fn fault_37_a_page_or_json_for_everybody_rests_the_account() {
    rests_after_twenty(Answer::html(200), "not_cda").await;
    rests_after_twenty(Answer::body(200, "application/json", JSON), "not_cda").await;
}

#[tokio::test]
async fn fault_37_what_was_said_of_everybody_is_not_held_against_a_patient_in_the_next_run() {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let script = move |request: &Request| match request.is_token() {
        true => request.good(),
        false if is_down.load(Relaxed) || (request.is_of(0) && request.nth == 2) => Answer::html(200),
        false => request.good(),
    };
    let stand_in = StandIn::start(1, 30, script).await;
    assert_eq!(stand_in.run(&[]).await.code(), 76);
    down.store(false, Relaxed);
    stand_in.site.edit("job.toml", "concurrent = 8", "concurrent = 1");
    // The first of all to be asked for must not have to wait for a token that is known to be good.
    stand_in.site.edit("job.toml", "first_wait = \"20ms\"\nlongest_wait = \"40ms\"", "first_wait = \"900ms\"\nlongest_wait = \"900ms\"");
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(stand_in.documents_of(0), 3);
    assert_eq!(stand_in.site.count("SELECT max(attempts) FROM fetches WHERE patient_id = 1").await, 2);
}

#[tokio::test]
async fn fault_37_the_one_more_try_is_had_whatever_came_before_it_and_only_once() {
    let script = |request: &Request| match (request.patient, request.nth) {
        _ if request.is_token() => request.good(),
        (1, 1) => Answer::status(500),
        (1, 2) => Answer::html(200),
        (2, 1 | 3) => Answer::html(200),
        (2, 2) => Answer::status(500),
        _ => request.good(),
    };
    let stand_in = StandIn::start(1, 3, script).await;
    stand_in.site.edit("job.toml", "concurrent = 8", "concurrent = 1");
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert_eq!(stand_in.site.fetches().await, lines(["done - 1", "done - 3", "dead not_cda 3"]));
}

#[tokio::test]
async fn fault_42_the_same_bytes_twice_are_one_body() {
    let stand_in = StandIn::start(1, 1, Request::good).await;
    assert_eq!(stand_in.run(&[]).await.code(), 0);
    assert_eq!(stand_in.run(&["--again"]).await.code(), 0);
    let counts = "SELECT (SELECT count(*) FROM bodies), (SELECT count(*) FROM fetches WHERE state = 'done'),
                  (SELECT count(*) FROM attempts WHERE kind = 'document'), (SELECT count(*) FROM latest_documents)";
    assert_eq!(stand_in.site.lines(counts).await, ["1 2 2 1"]);
}

//! FAULTS.md, "Answers to a document request", without those that deny (`denials`).

use std::time::Duration;

use super::{
    stand_in::{asked_by_patient, chart, in_turn},
    *,
};

/// A server of one account whose patient 0 gets these answers in turn, and everybody else what is good.
pub async fn first_patient_gets(patients: usize, answers: Vec<Answer>) -> StandIn {
    let turns = in_turn(answers);
    StandIn::start(1, patients, move |request| if request.is_of(0) { turns(request.nth) } else { request.good() }).await
}

/// A server whose documents all get this answer.
pub async fn every_patient_gets(accounts: usize, patients: usize, answer: Answer) -> StandIn {
    StandIn::start(accounts, patients, move |request| if request.is_token() { request.good() } else { answer.clone() }).await
}

/// Five attempts in one run and then dead, the others done: how what may pass and counts must end.
async fn dead_after_five(answer: Answer, status: u16, reason: &str, timeouts: &str) {
    let stand_in = first_patient_gets(2, vec![answer]).await;
    stand_in.site.edit("job.toml", "deadline = \"5m\"", &format!("deadline = \"5m\"\n{timeouts}"));
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert_eq!((stand_in.logins(), stand_in.documents_of(0), stand_in.documents_of(1)), (1, 5, 1));
    assert_eq!(stand_in.site.fetches().await, lines([&format!("dead {reason} 5"), "done - 1"]));
    assert_eq!(stand_in.site.failing().await, [format!("dead {reason}")]);
    assert_eq!(stand_in.site.count("SELECT count(*) FROM bodies").await, 1);
    let mut tries = all(4, &format!("document {status} passing {reason}"));
    tries.push(format!("document {status} permanent {reason}"));
    let attempts = stand_in.site.attempts().await;
    assert_eq!(attempts.into_iter().filter(|line| line.contains(reason)).collect::<Vec<_>>(), tries);
    assert_eq!(ended.told(reason).len(), 5, "{ended:#?}");
}

/// Once so, then well: done with two attempts.
async fn cured_by_a_second_try(answer: Answer, reason: &str) {
    let stand_in = first_patient_gets(1, vec![answer, Answer::body(200, "application/xml", chart(0))]).await;
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(stand_in.site.fetches().await, ["done - 2"]);
    assert_eq!(stand_in.site.count("SELECT count(*) FROM attempts WHERE outcome = 'passing'").await, 1);
    assert_eq!(ended.told(reason).len(), 1, "{ended:#?}");
}

#[tokio::test]
async fn fault_18_a_patient_whom_the_server_does_not_know_is_absent_and_asked_for_again() {
    let stand_in = first_patient_gets(2, vec![Answer::status(404)]).await;
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(stand_in.site.fetches().await, lines(["absent - 1", "done - 1"]));
    assert_eq!(stand_in.site.failing().await, all(0, ""));
    assert_eq!(stand_in.run(&[]).await.code(), 0);
    assert_eq!(stand_in.documents_of(0), 1);
    assert_eq!(stand_in.run(&["--again"]).await.code(), 0);
    assert_eq!(stand_in.documents_of(0), 2);
}

#[tokio::test]
async fn fault_18_an_absent_patient_who_has_documents_is_listed_as_vanished() {
    let stand_in = first_patient_gets(2, vec![Answer::body(200, "application/xml", chart(0)), Answer::status(404)]).await;
    assert_eq!(stand_in.run(&[]).await.code(), 0);
    let ended = stand_in.run(&["--again"]).await;
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.told("vanished").len(), 1, "{ended:#?}");
    assert_eq!(ended.json()["findings"][0]["reason"], "vanished");
    assert_eq!(stand_in.site.lines("SELECT account, patient_id, documents FROM vanished").await, ["desk-0 1 1"]);
    assert_eq!(stand_in.site.count("SELECT count(*) FROM latest_documents").await, 2);
}

#[tokio::test]
async fn fault_19_twenty_unknown_patients_and_nobody_done_make_the_roster_suspect() {
    let script = |request: &Request| if request.is_token() || request.account == 1 { request.good() } else { Answer::status(404) };
    let stand_in = StandIn::start(2, 80, script).await;
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 65, "{ended:#?}");
    assert_eq!(ended.json()["total"]["done"], 40);
    assert_eq!(ended.json()["total"]["absent"], 0);
    assert_eq!(stand_in.site.accounts().await, lines(["resting suspect_roster", "active -"]));
    assert!((20..=28).contains(&(stand_in.documents() - 40)), "{}", stand_in.documents());
    let failing = stand_in.site.failing().await;
    assert!(failing.iter().all(|line| line.ends_with(" suspect_roster")) && failing.len() == 40, "{failing:?}");
    assert_eq!(stand_in.site.count("SELECT sum(attempts) FROM fetches WHERE state <> 'done'").await, 0);
    assert_eq!(ended.told("suspect_roster").len(), 1, "{ended:#?}");
}

#[tokio::test]
async fn fault_19_with_one_patient_an_account_it_is_the_tenant_that_rests() {
    let stand_in = every_patient_gets(40, 40, Answer::status(404)).await;
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 65, "{ended:#?}");
    assert_eq!(stand_in.site.tenant().await, "resting suspect_roster");
    assert!((20..=28).contains(&stand_in.documents()), "{}", stand_in.documents());
    assert_eq!(stand_in.site.count("SELECT count(*) FROM failing WHERE reason = 'suspect_roster'").await, 40);
    assert_eq!(ended.told("suspect_roster").len(), 1, "{ended:#?}");
}

#[tokio::test]
async fn fault_21_a_server_error_for_ever_is_dead_after_five_attempts() {
    dead_after_five(Answer::status(500), 500, "server_error", "").await;
}

#[tokio::test]
async fn fault_26_a_request_that_is_refused_for_one_patient_is_dead_at_once() {
    for status in [400, 405, 410, 415, 422] {
        let stand_in = first_patient_gets(2, vec![Answer::status(status)]).await;
        let ended = stand_in.run(&[]).await;
        assert_eq!(ended.code(), 1, "{ended:#?}");
        assert_eq!(stand_in.site.fetches().await, lines(["dead rejected 1", "done - 1"]));
        assert_eq!((stand_in.logins(), stand_in.documents_of(0)), (1, 1));
        assert_eq!(stand_in.site.failing().await, ["dead rejected"]);
        assert_eq!(ended.told("rejected").len(), 1, "{ended:#?}");
    }
}

#[tokio::test]
async fn fault_26_a_request_that_is_refused_for_everybody_rests_the_account() {
    rests_after_twenty(Answer::status(400), "rejected").await;
}

/// Nobody done and twenty times the same verdict: how what speaks of the account must end.
pub async fn rests_after_twenty(answer: Answer, reason: &str) {
    let stand_in = every_patient_gets(1, 60, answer).await;
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 76, "{ended:#?}");
    assert_eq!(stand_in.site.accounts().await, [format!("resting {reason}")]);
    assert!((20..=28).contains(&stand_in.documents()), "{}", stand_in.documents());
    assert!(asked_by_patient(&stand_in).values().all(|count| *count == 1));
    assert_eq!(stand_in.site.count("SELECT max(attempts) FROM fetches").await, 0);
    let failing = stand_in.site.failing().await;
    assert!(failing.iter().all(|line| line.ends_with(&format!(" {reason}"))) && failing.len() == 60, "{failing:?}");
    assert!(!ended.told(reason).is_empty());
}

#[tokio::test]
async fn fault_27_a_redirect_reaches_nobody_and_the_tenant_rests() {
    for of_tokens in [true, false] {
        let second = StandIn::start(1, 1, Request::good).await;
        let location = format!("Location: {}/ccda/ccda/patient_data\r\n", second.url);
        let redirect = Answer::Reply(307, location, Vec::new());
        let script = move |request: &Request| if request.is_token() == of_tokens { redirect.clone() } else { request.good() };
        let stand_in = StandIn::start(1, 30, script).await;
        let ended = stand_in.run(&[]).await;
        assert_eq!(ended.code(), 76, "{ended:#?}");
        assert_eq!(second.requests().len(), 0);
        assert_eq!(stand_in.site.tenant().await, "resting redirect");
        let most = if of_tokens { 1 } else { 9 };
        assert!(stand_in.requests().len() <= most, "{}", stand_in.requests().len());
        assert_eq!(stand_in.site.count("SELECT max(attempts) FROM fetches").await, 0);
        assert_eq!(stand_in.site.count("SELECT count(*) FROM failing WHERE reason = 'redirect'").await, 30);
        assert!(!ended.told("redirect").is_empty());
    }
}

#[tokio::test]
async fn fault_32_a_body_that_dribbles_ends_at_the_timeouts() {
    let bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}", "x".repeat(1000)).into_bytes();
    let head = bytes.len() - 1000;
    let timeouts = "timeouts = { idle = \"300ms\", total = \"600ms\" }";
    // Always before the next bytes are due, and so slowly that it is over in an hour; and too slowly for the next bytes.
    for pause in [Duration::from_millis(10), Duration::from_millis(280), Duration::from_secs(5)] {
        dead_after_five(Answer::Dribble(bytes.clone(), head, pause), 200, "timeout", timeouts).await;
    }
}

#[tokio::test]
async fn fault_33_a_body_that_is_cut_is_tried_again_and_never_stored() {
    let chart = chart(0);
    let short = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{chart}", chart.len() + 1);
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{chart}\r\n", chart.len());
    for cut in [short, chunked] {
        let cut = Answer::Raw(cut.into_bytes());
        cured_by_a_second_try(cut.clone(), "truncated").await;
        dead_after_five(cut, 200, "truncated", "").await;
    }
}

#[tokio::test]
async fn fault_36_an_empty_body_is_tried_again_and_the_fifth_is_the_last() {
    cured_by_a_second_try(Answer::status(200), "empty").await;
    dead_after_five(Answer::status(200), 200, "empty", "").await;
}

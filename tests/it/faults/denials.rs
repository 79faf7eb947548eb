//! FAULTS.md, rows 13 to 17: 401 and 403, which mean a dead token or a forbidden patient.

use std::{sync::Arc, time::Duration};

use ccda_export::report::ExitCode;
use tokio::sync::Barrier;

use super::{
    answers::{every_patient_gets, first_patient_gets},
    *,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn fault_13_expired_token_is_renewed_once() {
    renewed_once(403).await;
}

#[tokio::test]
async fn fault_17_401_is_renewed_once_as_403_is() {
    renewed_once(401).await;
}

/// Patient 0 is done with the first token, which then dies; one fetch at a time.
async fn renewed_once(status: u16) {
    let script = move |request: &Request| match request.is_token() || request.patient == 0 || request.token > 1 {
        true => request.good(),
        false => Answer::status(status),
    };
    let stand_in = StandIn::start(1, 3, script).await;
    stand_in.site.edit("job.toml", "concurrent = 8", "concurrent = 1");
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(stand_in.site.fetches().await, all(3, "done - 1"));
    let expected = [
        "token 200 ok -".to_owned(),
        "document 200 ok -".to_owned(),
        format!("document {status} passing denied"),
        "token 200 ok -".to_owned(),
        "replay 200 ok -".to_owned(),
        "document 200 ok -".to_owned(),
    ];
    assert_eq!(stand_in.site.attempts().await, expected);
    assert_eq!(ended.told("denied").len(), 1, "{ended:#?}");
}

#[tokio::test]
async fn fault_13_a_token_that_never_worked_is_replaced_after_30_seconds() {
    let script = |request: &Request| if request.is_token() || request.token > 1 { request.good() } else { Answer::status(403) };
    let stand_in = StandIn::start(1, 3, script).await;
    let end = manual::run(&stand_in, &manual::clock()).await;
    assert_eq!(end.exit_code, ExitCode::Done);
    assert_eq!((stand_in.logins(), stand_in.documents()), (2, 6));
    let apart = "SELECT max(started_at) - min(started_at) >= 30000 FROM attempts WHERE kind = 'token'";
    assert_eq!(stand_in.site.count(apart).await, 1);
    assert_eq!(stand_in.site.fetches().await, all(3, "done - 1"));
}

#[tokio::test]
async fn fault_14_denied_again_is_dead_and_planned_again_after_seven_days() {
    denied_for_seven_days(403).await;
}

#[tokio::test]
async fn fault_17_401_again_is_dead_as_403_is() {
    denied_for_seven_days(401).await;
}

async fn denied_for_seven_days(status: u16) {
    let stand_in = first_patient_gets(3, vec![Answer::status(status)]).await;
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert_eq!((stand_in.logins(), stand_in.documents_of(0)), (2, 2));
    assert_eq!(stand_in.site.fetches().await, lines(["dead denied 1", "done - 1", "done - 1"]));
    assert_eq!(stand_in.site.failing().await, ["dead denied"]);
    let denied = "SELECT kind || ' ' || outcome FROM attempts WHERE reason = 'denied' ORDER BY id";
    assert_eq!(stand_in.site.lines(denied).await, ["document passing", "replay permanent"]);
    assert!(!ended.told("denied").is_empty());

    let stand_in = first_patient_gets(3, vec![Answer::status(status)]).await;
    let clock = manual::clock();
    manual::run(&stand_in, &clock).await;
    for day in 1..=7 {
        clock.advance(DAY);
        let counts = manual::run(&stand_in, &clock).await.receipt.total;
        let resting = if day < 7 { 1 } else { 0 };
        assert_eq!((counts.roster, counts.due, counts.resting), (3, 3 - resting, resting), "day {day}");
    }
    assert_eq!(stand_in.documents_of(0), 4);
}

#[tokio::test]
async fn fault_14_a_changed_line_is_asked_for_at_once() {
    let stand_in =
        StandIn::start(2, 4, |request| if request.is_of(0) && request.account == 0 { Answer::status(403) } else { request.good() }).await;
    assert_eq!(stand_in.run(&[]).await.code(), 1);
    assert_eq!(stand_in.run(&["--again"]).await.json()["total"]["resting"], 1);
    stand_in.site.edit("patients.csv", "desk-0,PT0", "desk-1,PT0");
    let mended = stand_in.run(&["--again"]).await;
    assert_eq!(mended.code(), 0, "{mended:#?}");
    assert_eq!(mended.json()["total"]["done"], 4);
}

#[tokio::test]
async fn fault_15_five_denials_and_nobody_done_rest_the_account() {
    let script = |request: &Request| if request.is_token() || request.account == 1 { request.good() } else { Answer::status(403) };
    let stand_in = StandIn::start(2, 60, script).await;
    // Slow enough that some of those that were denied have not had their second turn when the fifth has.
    let slow = "[limits.documents]\nper_second = 0.1\nburst = 8";
    stand_in.site.edit("job.toml", "[limits.documents]\nper_second = 1000.0\nburst = 1000", slow);
    stand_in.site.edit("job.toml", "deadline = \"5m\"", "deadline = \"1h\"");
    let clock = manual::clock();
    let end = manual::run(&stand_in, &clock).await;
    assert_eq!(end.exit_code, ExitCode::Denied);
    let released = "SELECT count(*) FROM fetches f WHERE f.state = 'waiting'
                    AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.fetch_id = f.id AND a.kind = 'replay')";
    assert!(stand_in.site.count(released).await > 0);
    assert_eq!((end.receipt.total.done, end.receipt.total.dead), (30, 0));
    assert_eq!(stand_in.site.accounts().await, lines(["resting denied", "active -"]));
    // The first token's eight in flight, and no more replays than those.
    let asked = stand_in.requests().iter().filter(|request| !request.is_token() && request.account == 0).count();
    assert!((13..=16).contains(&asked), "{asked}");
    assert_eq!(stand_in.logins(), 3);
    assert_eq!(stand_in.site.count("SELECT sum(attempts) FROM fetches WHERE state <> 'done'").await, 0);
    // Each that was asked for waits with the true reason, the rest was not requested and says why.
    let failing = stand_in.site.failing().await;
    assert_eq!(failing.len(), 30);
    assert!(failing.iter().all(|line| line == "waiting denied" || line == "pending denied"), "{failing:?}");
    // A rest lasts for one run.
    clock.advance(Duration::from_secs(3600));
    manual::run(&stand_in, &clock).await;
    assert!(stand_in.documents() > asked + 30);
}

#[tokio::test]
async fn fault_15_with_one_patient_an_account_it_is_the_tenant_that_rests() {
    let stand_in = every_patient_gets(30, 30, Answer::status(403)).await;
    let end = manual::run(&stand_in, &manual::clock()).await;
    assert_eq!(end.exit_code, ExitCode::Denied);
    assert_eq!(stand_in.site.tenant().await, "resting denied");
    assert_eq!(stand_in.site.count("SELECT count(*) FROM failing WHERE reason = 'denied' AND state <> 'dead'").await, 30);
    assert_eq!(stand_in.site.count("SELECT max(attempts) FROM fetches").await, 0);
    // Eight tokens and their successors, and the first ones of those who came into the places of the first four.
    assert!(stand_in.logins() <= 20, "{}", stand_in.logins());
}

#[tokio::test]
async fn fault_16_a_token_that_dies_under_forty_requests_costs_one_login_and_forty_replays() {
    let together = Arc::new(Barrier::new(40));
    let script = move |request: &Request| match request.is_token() || request.patient == 0 || request.token > 1 {
        true => request.good(),
        false => Answer::Meet(Arc::clone(&together), Box::new(Answer::status(403))),
    };
    let stand_in = StandIn::start(1, 41, script).await;
    // Patient 0 proves the token beforehand.
    stand_in.site.edit("job.toml", "concurrent = 8", "concurrent = 40");
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!((stand_in.logins(), stand_in.documents()), (2, 81));
    assert_eq!(stand_in.site.fetches().await, all(41, "done - 1"));
    assert_eq!(stand_in.site.count("SELECT count(*) FROM attempts WHERE kind = 'replay' AND outcome = 'ok'").await, 40);
}

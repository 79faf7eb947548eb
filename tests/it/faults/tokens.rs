//! FAULTS.md, "Tokens".

use std::time::Duration;

use ccda_export::report::ExitCode;

use super::{stand_in::in_turn, *};

const HOUR: Duration = Duration::from_secs(3600);

/// A server whose token endpoint answers so for ever, and whose documents are good.
async fn tokens(accounts: usize, answer: Answer) -> StandIn {
    StandIn::start(accounts, 3 * accounts, move |request| if request.is_token() { answer.clone() } else { request.good() }).await
}

/// Three tries, then the tenant rests: how every fault that passes must end.
async fn rests_after_three_tries(answer: Answer, status: &str, reason: &str) {
    let stand_in = tokens(1, answer).await;
    stand_in.site.edit("job.toml", "deadline = \"5m\"", "deadline = \"5m\"\ntimeouts.token = \"300ms\"");
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 69, "{ended:#?}");
    assert_eq!(stand_in.site.attempts().await, all(3, &format!("token {status} passing {reason}")));
    assert_eq!(stand_in.site.fetches().await, all(3, "pending - 0"));
    assert_eq!(stand_in.site.tenant().await, format!("resting {reason}"));
    assert_eq!(stand_in.site.failing().await, all(3, &format!("pending {reason}")));
    assert!(!ended.told(reason).is_empty(), "{ended:#?}");
    // A rest lasts for one run.
    assert_eq!(stand_in.run(&[]).await.code(), 69);
    assert_eq!(stand_in.logins(), 6);
}

/// One request, then the account is suspended and stays so in the next run: how every rejection must end.
async fn suspended_at_once(answer: Answer, status: &str, reason: &str, exit: i32) -> (StandIn, crate::harness::Ended) {
    let stand_in = tokens(1, answer).await;
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), exit, "{ended:#?}");
    assert_eq!(stand_in.run(&[]).await.code(), exit);
    assert_eq!(stand_in.site.attempts().await, [format!("token {status} permanent {reason}")]);
    assert_eq!(stand_in.site.fetches().await, all(3, "pending - 0"));
    assert_eq!(stand_in.site.accounts().await, [format!("suspended {reason}")]);
    assert_eq!(stand_in.site.failing().await, all(3, &format!("pending {reason}")));
    assert_eq!(stand_in.site.count("SELECT count(*) FROM failing WHERE next_try_at > since").await, 3);
    assert_eq!(ended.told(reason).len(), 1, "{ended:#?}");
    (stand_in, ended)
}

#[tokio::test]
async fn fault_01_a_wrong_password_is_tried_once() {
    for status in [400, 401] {
        let answer = Answer::oauth(status, "invalid_grant", "Invalid user credentials");
        suspended_at_once(answer, &status.to_string(), "rejected_login", 77).await;
    }
}

#[tokio::test]
async fn fault_02_a_disabled_account_is_told_in_the_servers_words() {
    let answer = Answer::oauth(400, "invalid_grant", "Account disabled");
    let (stand_in, ended) = suspended_at_once(answer, "400", "rejected_login", 77).await;
    assert!(ended.told("rejected_login")[0]["detail"].as_str().unwrap().contains("Account disabled"));
    assert_eq!(stand_in.site.count("SELECT count(*) FROM attempts WHERE detail LIKE '%Account disabled%'").await, 1);
}

#[tokio::test]
async fn fault_03_an_account_that_is_not_set_up_is_tried_after_1_4_and_23_hours_and_found_cured() {
    let unfinished = Answer::oauth(400, "invalid_grant", "Account is not fully set up");
    let (stand_in, _) = suspended_at_once(unfinished.clone(), "400", "rejected_login", 77).await;
    assert!(stand_in.site.call("run", &["--log-level", "error"]).await.stdout.contains("log in once in a browser"));

    let turns = in_turn(vec![unfinished.clone(), unfinished.clone(), unfinished]);
    let script = move |request: &Request| if request.is_token() && request.nth <= 3 { turns(request.nth) } else { request.good() };
    let stand_in = StandIn::start(1, 3, script).await;
    let clock = manual::clock();
    manual::run_in_no_time(&stand_in, &clock).await;
    assert_eq!(stand_in.logins(), 1);
    for (tries, wait) in [(2, HOUR), (3, 4 * HOUR)] {
        clock.advance(wait - Duration::from_secs(60));
        manual::run_in_no_time(&stand_in, &clock).await;
        assert_eq!(stand_in.logins(), tries - 1, "a minute before its time");
        clock.advance(Duration::from_secs(60));
        assert_eq!(manual::run_in_no_time(&stand_in, &clock).await.exit_code, ExitCode::Denied);
        assert_eq!(stand_in.logins(), tries);
    }
    clock.advance(23 * HOUR);
    assert_eq!(manual::run(&stand_in, &clock).await.exit_code, ExitCode::Done);
    assert_eq!(stand_in.site.accounts().await, ["active -"]);
    assert_eq!((stand_in.logins(), stand_in.documents()), (4, 3));
}

#[tokio::test]
async fn fault_04_a_rejected_client_suspends_the_tenant_and_no_other_account_is_tried() {
    for error in ["invalid_client", "unauthorized_client"] {
        let stand_in = tokens(4, Answer::oauth(401, error, "Invalid client credentials")).await;
        let ended = stand_in.run(&[]).await;
        assert_eq!(ended.code(), 77, "{ended:#?}");
        assert_eq!(stand_in.run(&[]).await.code(), 77);
        assert_eq!(stand_in.site.attempts().await, ["token 401 permanent rejected_client"]);
        assert_eq!(stand_in.site.tenant().await, "suspended rejected_client");
        assert_eq!(stand_in.site.accounts().await, all(4, "active -"));
        assert_eq!(stand_in.site.failing().await, all(12, "pending rejected_client"));
        assert_eq!(ended.told("rejected_client").len(), 1, "{ended:#?}");
    }
}

#[tokio::test]
async fn fault_04_a_run_whose_tenant_is_suspended_ends_at_once_although_a_retry_is_due() {
    let script = |request: &Request| match request.is_token() {
        true if request.nth > 1 => Answer::oauth(401, "invalid_client", "Invalid client credentials"),
        true => request.token(),
        false => Answer::Raw(Vec::new()),
    };
    let stand_in = StandIn::start(1, 1, script).await;
    stand_in.site.edit("job.toml", "deadline = \"5m\"", "deadline = \"20s\"");
    assert_eq!(stand_in.run(&[]).await.code(), 69);
    assert_eq!(stand_in.site.fetches().await, ["waiting network 0"]);
    assert_eq!(stand_in.run(&[]).await.code(), 77);
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 77, "{ended:#?}");
    assert_eq!((stand_in.logins(), stand_in.site.tenant().await.as_str()), (2, "suspended rejected_client"));
    let waited = "SELECT max(ended_at - started_at) < 10000 FROM runs WHERE id > 1";
    assert_eq!(stand_in.site.count(waited).await, 1, "the run sat on a fetch that it may not ask for");
}

#[tokio::test]
async fn fault_05_a_token_endpoint_in_trouble_is_tried_three_times() {
    rests_after_three_tries(Answer::status(500), "500", "server_error").await;
    rests_after_three_tries(Answer::status(503), "503", "unavailable").await;
}

#[tokio::test]
async fn fault_06_a_throttled_token_request_waits_as_long_as_it_is_asked_to() {
    let script = |request: &Request| match request.is_token() && request.nth == 1 {
        true => Answer::Reply(429, "Retry-After: 120\r\n".into(), Vec::new()),
        false => request.good(),
    };
    let stand_in = StandIn::start(1, 3, script).await;
    let clock = manual::clock();
    let end = manual::run(&stand_in, &clock).await;
    assert_eq!(end.exit_code, ExitCode::Done);
    assert_eq!(stand_in.logins(), 2);
    let waited = stand_in.site.count("SELECT max(started_at) - min(started_at) FROM attempts WHERE kind = 'token'").await;
    assert!((120_000..200_000).contains(&waited), "{waited} ms");

    let stand_in = StandIn::start(1, 3, script).await;
    stand_in.site.edit("job.toml", "deadline = \"5m\"", "deadline = \"1m\"");
    let end = manual::run(&stand_in, &clock).await;
    assert_eq!(end.exit_code, ExitCode::WorkRemains);
    assert_eq!((stand_in.logins(), end.receipt.total.not_tried), (1, 3));
    assert!(end.ended_at - end.started_at < 70_000, "the run sat on it past its deadline");
    assert_eq!(stand_in.site.attempts().await, ["token 429 passing throttled"]);
}

#[tokio::test]
async fn fault_07_a_page_in_place_of_a_token_passes_and_another_shape_suspends() {
    rests_after_three_tries(Answer::html(200), "200", "edge").await;
    for body in ["{}", "[]", "\"ey.access\"", r#"{"token":"ey.access"}"#, r#"{"access_token":"ey.access","tenant":"TENANT_AB"}"#] {
        suspended_at_once(Answer::body(200, "application/json", body), "200", "protocol", 76).await;
    }
}

#[tokio::test]
async fn fault_08_a_token_that_is_no_header_value_is_never_sent() {
    for token in ["", r"ey.access\nX-Injected: 1", "ey.accéss"] {
        let json = format!(r#"{{"token":{{"access_token":"{token}","expires_in":900,"token_type":"Bearer","tenant":"TENANT_AB"}}}}"#);
        let (stand_in, _) = suspended_at_once(Answer::body(200, "application/json", json), "200", "protocol", 76).await;
        assert_eq!(stand_in.documents(), 0);
    }
}

const LIVES: [&str; 6] = [
    r#""refresh_expires_in":1"#,
    r#""expires_in":0"#,
    r#""expires_in":-5"#,
    r#""expires_in":1e12"#,
    r#""expires_in":"60""#,
    r#""expires_in":null"#,
];

#[tokio::test]
async fn fault_09_whatever_life_a_token_is_said_to_have_it_is_used() {
    for life in LIVES {
        let script = move |request: &Request| if request.is_token() { request.token_with(life, "TENANT_AB") } else { request.good() };
        let stand_in = StandIn::start(1, 12, script).await;
        let ended = stand_in.run(&[]).await;
        assert_eq!(ended.code(), 0, "{life}: {ended:#?}");
        // All of it within 30 s: a token's age is no cause for a second one.
        assert_eq!((stand_in.logins(), stand_in.documents()), (1, 12), "{life}");
    }
}

#[tokio::test]
async fn fault_09_tokens_that_are_born_dead_are_asked_for_twice_a_minute_at_most() {
    let script = |request: &Request| if request.is_token() { request.token_with(LIVES[1], "TENANT_AB") } else { request.good() };
    let stand_in = StandIn::start(1, 30, script).await;
    stand_in.site.edit(
        "job.toml",
        "[limits.documents]\nper_second = 1000.0\nburst = 1000",
        "[limits.documents]\nper_second = 0.1\nburst = 1",
    );
    let end = manual::run(&stand_in, &manual::clock()).await;
    assert_eq!(end.exit_code, ExitCode::Done);
    let minutes = (end.ended_at - end.started_at) as f64 / 60_000.0;
    assert!(minutes > 4.5, "{minutes}");
    assert!(stand_in.logins() as f64 <= 1.0 + 2.0 * minutes, "{} logins in {minutes} minutes", stand_in.logins());
}

#[tokio::test]
async fn fault_10_a_token_endpoint_that_hangs_is_given_up_at_its_timeout() {
    rests_after_three_tries(Answer::Hang, "-", "timeout").await;
}

#[tokio::test]
async fn fault_11_forty_fetches_that_need_a_token_at_once_ask_for_one() {
    let stand_in = StandIn::start(1, 40, Request::good).await;
    stand_in.site.edit("job.toml", "concurrent = 8", "concurrent = 40");
    let ended = stand_in.run(&[]).await;
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!((stand_in.logins(), stand_in.documents()), (1, 40));
}

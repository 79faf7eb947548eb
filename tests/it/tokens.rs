//! Tokens over real HTTP: one for many, renewed in time, never for another tenant, never once more after a rejection.

use crate::harness::{Sandbox, call};

#[tokio::test]
async fn a_token_that_expires_in_the_middle_is_renewed_and_nobody_is_lost() {
    // The server takes its tokens back after 20 documents, as it does with expired ones: 403 until there is a new one.
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "60", "--revoke-after", "20"]);
    let ended = sandbox.run(&["--output", "json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.json()["total"]["done"], 60);
    assert_eq!(ended.json()["effort"]["token_requests"], 2);
    // A denial that a new token cured counts as no attempt of the patient.
    assert_eq!(sandbox.count("SELECT max(attempts) FROM fetches").await, 1);
    assert_eq!(
        sandbox.requests_with("document", 403).await as u64,
        sandbox.count("SELECT count(*) FROM attempts WHERE kind = 'replay'").await
    );
}

#[tokio::test]
async fn a_token_with_a_short_life_is_renewed_before_it_is_dead_or_once_it_is() {
    let sandbox =
        Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "40", "--token-lifetime", "1", "--latency-ms", "200"]);
    sandbox.edit("job.toml", "concurrent = 32", "concurrent = 4");
    let ended = sandbox.run(&["--output", "json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.json()["total"]["done"], 40);
    let tokens = ended.json()["effort"]["token_requests"].as_u64().unwrap();
    assert!(tokens >= 2, "40 documents of 200 ms, 4 at once, outlive a token of 1 s, but there were {tokens}");
}

#[tokio::test]
async fn many_fetches_that_need_a_token_at_once_cause_one_request() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "40"]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    assert_eq!(sandbox.requests_with("token", 200).await, 1);
}

#[tokio::test]
async fn a_token_of_another_tenant_suspends_the_account_and_nothing_is_fetched() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "5"]);
    sandbox.edit("roster.toml", "tenant = \"TENANT_A", "tenant = \"TENANT_Z");
    sandbox.edit("patients.csv", "TENANT_A", "TENANT_Z");
    let ended = sandbox.run(&[]);
    assert_eq!(ended.code(), 77, "{ended:#?}");
    assert!(ended.stdout.contains("wrong_tenant"), "{ended:#?}");
    let requests = sandbox.requests().await;
    let documents = requests["requests"].as_array().unwrap().iter().filter(|request| request["kind"] == "document").count();
    assert_eq!(documents, 0);
    assert_eq!(sandbox.ask("SELECT state, state_reason FROM accounts").await, [["suspended", "wrong_tenant"]]);
}

#[tokio::test]
async fn a_rejected_login_is_made_once_and_not_again_by_the_next_runs() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "2", "--patients", "10"]);
    let rejected = spoil_a_password(&sandbox);
    let ended = sandbox.run(&["--output", "json"]);
    assert_eq!(ended.code(), 77, "{ended:#?}");
    assert_eq!(ended.json()["total"]["done"], 5);
    assert_eq!(ended.json()["total"]["not_tried"], 5);
    for _ in 0..3 {
        assert_eq!(sandbox.run(&[]).code(), 77);
    }
    assert_eq!(sandbox.requests_with("token", 401).await, 1);
    assert_eq!(sandbox.count("SELECT max(attempts) FROM fetches WHERE state = 'pending'").await, 0);
    let failing = sandbox.ask("SELECT DISTINCT account, state, reason, next_try_at IS NOT NULL FROM failing").await;
    assert_eq!(failing, [[rejected.as_str(), "pending", "rejected_login", "1"]]);

    // What is mended in the roster is tried at once.
    sandbox.edit("roster.toml", "wrong ", "");
    let mended = sandbox.run(&["--output", "json"]);
    assert_eq!(mended.code(), 0, "{mended:#?}");
    assert_eq!(mended.json()["total"]["done"], 10);
    assert_eq!(sandbox.count("SELECT count(*) FROM accounts WHERE state <> 'active'").await, 0);
}

#[tokio::test]
async fn a_rejected_client_suspends_its_tenant_at_the_first_answer() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "4", "--patients", "8"]);
    sandbox.edit("roster.toml", "client_secret = \"", "client_secret = \"wrong ");
    let ended = sandbox.run(&[]);
    assert_eq!(ended.code(), 77, "{ended:#?}");
    assert_eq!(sandbox.ask("SELECT state, state_reason FROM tenants").await, [["suspended", "rejected_client"]]);
    assert!(sandbox.count("SELECT count(*) FROM attempts").await <= 4);
    let logins = sandbox.requests_with("token", 401).await;
    assert_eq!(sandbox.run(&[]).code(), 77);
    assert_eq!(sandbox.requests_with("token", 401).await, logins);
}

#[tokio::test]
async fn check_login_tells_who_can_log_in_touches_no_document_and_obeys_suspensions() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "3", "--patients", "9"]);
    let rejected = spoil_a_password(&sandbox);
    for _ in 0..2 {
        let ended = call(["check".as_ref(), sandbox.job().as_os_str(), "--login".as_ref()]);
        assert_eq!(ended.code(), 77, "{ended:#?}");
        assert!(ended.stdout.contains("2 of 3 accounts can log in"), "{ended:#?}");
        assert!(ended.stdout.contains(&rejected) && ended.stdout.contains("rejected_login"), "{ended:#?}");
    }
    assert_eq!(sandbox.requests_with("token", 401).await, 1);
    assert_eq!(sandbox.requests_with("document", 200).await, 0);
    // A run that comes after knows of it.
    assert_eq!(sandbox.run(&[]).code(), 77);
    assert_eq!(sandbox.requests_with("token", 401).await, 1);
}

/// Makes the first account's password wrong in the roster; tells the account.
fn spoil_a_password(sandbox: &Sandbox) -> String {
    let roster = std::fs::read_to_string(sandbox.path("roster.toml")).unwrap();
    let at = roster.find("\npassword = \"").unwrap();
    let account = roster[..at].rsplit("account = \"").next().unwrap().split('"').next().unwrap().to_owned();
    let password = &roster[at + "\npassword = \"".len()..];
    let password = &password[..password.find('"').unwrap()];
    sandbox.edit("roster.toml", password, &format!("wrong {password}"));
    account
}

//! What a test may change while the sandbox serves, and what the journal tells of it.

use std::time::Duration;

use reqwest::StatusCode;

use super::{
    super::{Fault, Kind, Sandbox, SandboxOptions},
    manual,
    visit::Visit,
};

#[tokio::test]
async fn a_script_decides_about_each_request_by_who_asks_for_whom_how_often_and_when() {
    let (clock, options) = manual();
    let visit = Visit::new(options).await;
    let line = &visit.patients()[0];
    let token = line.token.clone();
    visit.sandbox.misbehave(move |asked| match asked.kind {
        Kind::Document if asked.patient_token == Some(&*token) && asked.before == 0 => Some(Fault::Document500),
        Kind::Document if asked.at >= Duration::from_secs(60) => Some(Fault::Page503),
        _ => None,
    });
    let bearer = visit.log_in(&line.account).await;
    let ask = async || visit.document(&bearer, &[("patient_token", &line.token)]).await;
    assert_eq!(ask().await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(ask().await.0, StatusCode::OK);
    clock.advance(Duration::from_secs(60));
    let (status, page) = ask().await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.starts_with("<!DOCTYPE html>"));
    let told: Vec<_> =
        visit.sandbox.requests_after(1).iter().map(|request| (request.sequence, request.status, request.asked_at_ms)).collect();
    assert_eq!(told, [(2, Some(500), 0), (3, Some(200), 0), (4, Some(503), 60_000)]);
}

#[tokio::test]
async fn a_patient_who_is_handed_over_is_seen_by_the_new_account_alone() {
    let visit = Visit::new(SandboxOptions::default()).await;
    let line = &visit.patients()[0];
    assert!(visit.sandbox.hand_over(&line.token, "nursing"));
    assert!(!visit.sandbox.hand_over(&line.token, "nobody") && !visit.sandbox.hand_over("nobody", "nursing"));
    for (account, expected) in [("front-desk", StatusCode::FORBIDDEN), ("nursing", StatusCode::OK)] {
        let bearer = visit.log_in(account).await;
        assert_eq!(visit.document(&bearer, &[("patient_token", &line.token)]).await.0, expected, "{account}");
    }
}

#[tokio::test]
async fn a_request_that_hangs_keeps_the_sandbox_busy_until_its_client_leaves_and_stands_in_the_journal() {
    let visit = Visit::new(SandboxOptions::default()).await;
    let line = &visit.patients()[0];
    let bearer = visit.log_in(&line.account).await;
    visit.sandbox.misbehave(|_| Some(Fault::Hang));
    let asking = async { visit.document(&bearer, &[("patient_token", &line.token)]).await };
    let until_busy = async {
        while !visit.sandbox.is_busy() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = asking => panic!("it was answered"),
        () = until_busy => {}
    }
    while visit.sandbox.is_busy() {
        tokio::task::yield_now().await;
    }
    let hung = visit.sandbox.requests_after(1);
    assert_eq!((hung.len(), hung[0].status, hung[0].patient_token.as_deref()), (1, None, Some(&*line.token)));
}

#[test]
fn a_sandbox_outlives_the_runtime_that_it_served_on() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ask = async |address| {
        let url = format!("http://{address}/sandbox/requests");
        reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap().status()
    };
    let mut sandbox = runtime().block_on(Sandbox::start(SandboxOptions::default())).unwrap();
    for _ in 0..2 {
        let status = runtime().block_on(async {
            sandbox.serve_here().unwrap();
            ask(sandbox.address()).await
        });
        assert_eq!(status, StatusCode::OK);
    }
}

//! The faults that the sandbox has switches for, as an operator rehearses them: each comes to its reason.

use crate::harness::Sandbox;

/// The fault, what the attempts are then told with, and how the fourth patient stands.
const REHEARSED: [(&str, &str, &str); 22] = [
    ("token-500", "server_error", "pending"),
    ("token-html", "edge", "pending"),
    ("document-500:4", "server_error", "dead"),
    ("document-503:4", "unavailable", "waiting"),
    ("document-429:4", "throttled", "waiting"),
    ("document-404:4", "", "absent"),
    ("document-403:4", "denied", "dead"),
    ("document-400:4", "rejected", "dead"),
    ("empty:4", "empty", "dead"),
    ("html:4", "not_cda", "dead"),
    ("json:4", "not_cda", "dead"),
    ("truncated:4", "truncated", "dead"),
    ("malformed:4", "malformed", "dead"),
    ("redirect:4", "redirect", "waiting"),
    ("slow:4", "timeout", "dead"),
    ("reset:4", "network", "waiting"),
    ("token-429", "throttled", "pending"),
    ("page-503:4", "edge", "waiting"),
    ("hang:4", "timeout", "dead"),
    ("other-person:4", "identity_mismatch", "quarantined"),
    ("dtd:4", "unsafe_xml", "dead"),
    ("gzip-bomb:4", "too_large", "dead"),
];

#[tokio::test]
async fn every_fault_of_the_sandbox_comes_to_its_reason() {
    for (fault, reason, state) in REHEARSED {
        let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "4", "--fault", fault]);
        sandbox.edit("job.toml", "[retry]", "[timeouts]\ntotal = \"3s\"\nidle = \"200ms\"\n[retry]\nlongest_retry_after = \"50ms\"");
        // One at a time, so that the token is known to be good before the fourth patient is asked for.
        sandbox.edit("job.toml", "concurrent = 32", "concurrent = 1");
        sandbox.edit("job.toml", "first_wait = \"100ms\"\nlongest_wait = \"500ms\"", "first_wait = \"10ms\"\nlongest_wait = \"20ms\"");
        let ended = sandbox.run(&["--output", "json"]);
        let told = sandbox.ask("SELECT DISTINCT reason FROM attempts WHERE reason IS NOT NULL").await;
        assert_eq!(told.concat().join(" "), reason, "{fault}: {ended:#?}");
        let fourth =
            sandbox.ask("SELECT state, (SELECT count(*) FROM fetches WHERE state = 'done') FROM fetches WHERE patient_id = 4").await;
        let done = if fault.starts_with("token") { "0" } else { "3" };
        assert_eq!(fourth, [[state, done]], "{fault}: {ended:#?}");
    }
}

#[tokio::test]
async fn one_chart_for_everybody_is_a_mix_up() {
    let sandbox = Sandbox::start(&["--tenants", "1", "--accounts", "1", "--patients", "6", "--fault", "same-chart"]);
    let ended = sandbox.run(&[]);
    assert_eq!(ended.code(), 76, "{ended:#?}");
    assert_eq!(sandbox.ask("SELECT DISTINCT reason FROM documents").await, [["mixed_up"]]);
    assert_eq!(sandbox.ask("SELECT state_reason FROM tenants").await, [["mixed_up"]]);
}

#[tokio::test]
async fn a_chart_that_shrank_overnight_is_held() {
    let args = ["--tenants", "1", "--accounts", "1", "--patients", "4", "--seed", "5"];
    let sandbox = Sandbox::start(&args);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let shrinking = Sandbox::start(&[&args[..], &["--fault", "shrunk:2"]].concat());
    sandbox.edit("roster.toml", &sandbox.url, &shrinking.url);
    let ended = sandbox.run(&["--again", "--output", "json"]);
    assert_eq!((ended.code(), &ended.json()["total"]["held"]), (0, &2.into()), "{ended:#?}");
}

#[test]
fn an_unknown_fault_is_a_wrong_command_line() {
    let ended = crate::harness::call(["sandbox", "--fault", "earthquake"]);
    assert_eq!(ended.code(), 64, "{ended:#?}");
    assert!(ended.stderr.contains("token-500"), "{ended:#?}");
}

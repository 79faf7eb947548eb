//! A server that does not work is left alone, and asked again by one probe at a time.

use crate::harness::{Sandbox, call};

use super::{
    night::{Night, Past},
    server::{Asked, Reply},
};

fn is_document(asked: &Asked) -> bool {
    asked.patient.is_some()
}

/// That all requests after the breaker opened came one by one, half a minute apart.
fn assert_probes(times: &[f64], in_flight: usize) {
    let opened = times[9];
    let probes: Vec<_> = times[10..].iter().copied().filter(|at| *at > opened + 15.0).collect();
    assert!(times.len() - probes.len() <= 10 + in_flight, "{times:?}");
    assert!((17..=21).contains(&probes.len()), "{} probes: {times:?}", probes.len());
    // What the disk takes before a request goes out is time on this clock too: single gaps are less exact than all of them together.
    assert!(probes.windows(2).all(|pair| pair[1] - pair[0] >= 20.0), "{probes:?}");
    assert!((probes[probes.len() - 1] - probes[0]) / (probes.len() - 1) as f64 >= 29.0, "{probes:?}");
}

async fn assert_nothing_lost(past: &Past, patients: u64) {
    let waiting = "SELECT count(*) FROM fetches WHERE state IN ('pending', 'waiting') AND attempts = 0";
    assert_eq!(past.count(waiting).await, patients);
    assert_eq!(past.count("SELECT count(*) FROM accounts WHERE state <> 'active'").await, 0);
}

#[tokio::test]
async fn fault_25_an_unavailable_tenant_gets_ten_requests_and_then_one_probe_every_thirty_seconds() {
    let script = |asked: &Asked| match asked {
        asked if is_document(asked) => Reply::status("503 Service Unavailable", ""),
        asked => Reply::healthy(asked),
    };
    let past = Night::of(&[("A", 60)]).pass(script).await;
    assert_eq!(past.code(), 69);
    assert_probes(&past.times(), 7);
    assert_nothing_lost(&past, 60).await;
    assert!(past.took < 700.0, "the run waited {} s for the breaker", past.took);
    assert_eq!(past.ask("SELECT tenant_id IS NOT NULL, breaker FROM paces").await, [["1", "open"]]);
}

#[tokio::test]
async fn fault_25_the_first_success_closes_the_breaker_and_the_rest_follows() {
    let past = Night::of(&[("A", 60)])
        .pass(|asked| match asked {
            asked if is_document(asked) && asked.at < 200.0 => Reply::status("502 Bad Gateway", ""),
            asked => Reply::healthy(asked),
        })
        .await;
    assert_eq!(past.code(), 0);
    assert_eq!(past.count("SELECT count(*) FROM fetches WHERE state = 'done' AND attempts = 1").await, 60);
    assert!(past.between(60.0, 200.0) <= 6, "{:?}", past.times());
    assert_eq!(past.ask("SELECT breaker FROM paces").await, [["closed"]]);
}

#[tokio::test]
async fn fault_25_when_tokens_are_unavailable_too_the_tenant_rests_after_three_tries() {
    let past = Night::of(&[("A", 60)]).pass(|_| Reply::status("503 Service Unavailable", "")).await;
    assert_eq!(past.code(), 69);
    assert_eq!((past.server.tokens().len(), past.server.documents().len()), (3, 0));
    assert_eq!(past.count("SELECT count(*) FROM fetches WHERE state IN ('pending', 'waiting') AND attempts = 0").await, 60);
}

#[tokio::test]
async fn fault_28_a_host_without_an_address_is_waited_for_and_costs_nobody_an_attempt() {
    let night = Night { url: Some("https://ehr.invalid".into()), ..Night::of(&[("A", 20)]) };
    let past = night.pass(Reply::healthy).await;
    assert_eq!(past.code(), 69);
    assert_eq!(past.ask("SELECT DISTINCT reason FROM attempts").await, [["network"]]);
    assert_nothing_lost(&past, 20).await;
}

#[tokio::test]
async fn fault_29_a_refused_connection_is_waited_for_and_all_tenants_of_the_host_share_its_breaker() {
    let tenants = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"].map(|name| (name, 4));
    // A port that nobody listens at: it was free a moment ago.
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let night = Night { url: Some(format!("http://{free}")), ..Night::of(&tenants) };
    let past = night.pass(Reply::healthy).await;
    assert_eq!(past.code(), 69);
    assert_eq!(past.ask("SELECT DISTINCT reason FROM attempts").await, [["network"]]);
    assert_nothing_lost(&past, 40).await;
    // Ten to open it, what was on its way then, and a probe every half minute for ten minutes.
    let requests = past.count("SELECT count(*) FROM attempts").await;
    assert!(requests <= 10 + 10 + 20, "{requests} requests to a dead host");
    assert_eq!(past.ask("SELECT breaker FROM paces WHERE host IS NOT NULL").await, [["open"]]);
}

#[tokio::test]
async fn fault_29_a_connection_that_is_reset_before_or_in_the_middle_of_the_body_is_tried_again() {
    for cut in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n<?xml version=\"1.0\"?><Clinical"] {
        let past = Night::of(&[("A", 6)])
            .pass(move |asked| match asked {
                asked if is_document(asked) && asked.tries == 0 => Reply::Reset(cut),
                asked => Reply::healthy(asked),
            })
            .await;
        assert_eq!(past.code(), 0, "{cut:?}");
        assert_eq!(past.server.documents().len(), 12, "{cut:?}");
        assert_eq!(past.count("SELECT count(*) FROM fetches WHERE state = 'done'").await, 6);
        assert_eq!(past.count("SELECT count(*) FROM bodies").await, 6);
    }
}

#[tokio::test]
async fn fault_73_a_page_of_the_cdn_for_every_document_opens_the_hosts_breaker_and_nobody_is_dead() {
    for status in ["403 Forbidden", "429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable", "522 Timed Out"] {
        let past = Night::of(&[("A", 25), ("B", 25)])
            .pass(move |asked| match asked {
                asked if is_document(asked) => Reply::page(status),
                asked => Reply::healthy(asked),
            })
            .await;
        assert!([69, 75].contains(&past.code()), "{status}: {}", past.code());
        assert_nothing_lost(&past, 50).await;
        assert_eq!(past.ask("SELECT breaker FROM paces WHERE host IS NOT NULL").await, [["open"]], "{status}");
        let slowed = past.count("SELECT count(*) FROM paces WHERE host IS NOT NULL AND documents_per_second < 20").await;
        assert_eq!(slowed == 1, status.starts_with("429") || status.starts_with("503"), "{status}");
    }
}

#[tokio::test]
async fn fault_73_a_page_of_the_cdn_for_tokens_suspends_nobody_and_the_run_goes_on_when_it_passes() {
    let past = Night::of(&[("A", 5)])
        .pass(|asked| match asked {
            asked if !is_document(asked) && asked.before < 2 => Reply::page("403 Forbidden"),
            asked => Reply::healthy(asked),
        })
        .await;
    assert_eq!(past.code(), 0);
    assert_eq!(past.server.tokens().len(), 3);
    assert_eq!(past.count("SELECT count(*) FROM accounts WHERE state = 'active'").await, 1);
}

#[tokio::test]
async fn fault_29_the_binary_tells_of_a_dead_host_once_and_says_what_to_do() {
    let sandbox = Sandbox::start(&["--tenants", "4", "--accounts", "4", "--patients", "40"]);
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    sandbox.edit("roster.toml", &sandbox.url, &format!("http://{free}"));
    sandbox.edit("job.toml", "deadline = \"1h\"", "deadline = \"1h\"\npatience = \"5s\"");
    let ended = sandbox.run(&["--output", "json", "--log-format", "json"]);
    assert_eq!(ended.code(), 69, "{ended:#?}");
    assert_eq!(ended.json()["total"]["not_tried"], 40);
    let opened: Vec<_> = ended.stderr.lines().filter(|line| line.contains("breaker of the host opened")).collect();
    assert_eq!(opened.len(), 1, "{ended:#?}");
    assert!(opened[0].contains(&format!("\"host\":\"{free}\"")) && opened[0].contains("network"), "{opened:?}");
    assert_eq!(sandbox.ask("SELECT host, breaker FROM paces").await, [[free.to_string(), "open".to_owned()]]);
    let told = call(["status".as_ref(), sandbox.job().as_os_str()]).stdout;
    let line = told.lines().find(|line| line.contains(&free.to_string())).unwrap_or_else(|| panic!("{told}"));
    assert!(line.split_whitespace().any(|word| word == "open"), "{told}");
}

//! What the server asks for: fewer requests, a pause, or another try.

use std::time::Duration;

use super::{
    night::Night,
    server::{Reply, chart},
};

#[tokio::test]
async fn fault_20_a_server_error_that_passes_costs_one_more_attempt() {
    let past = Night::of(&[("A", 4)])
        .pass(|asked| match asked {
            asked if asked.patient.is_some() && asked.tries == 0 => Reply::status("500 Internal Server Error", ""),
            asked => Reply::healthy(asked),
        })
        .await;
    assert_eq!(past.code(), 0);
    assert_eq!(past.server.documents().len(), 8);
    assert_eq!(past.count("SELECT count(*) FROM fetches WHERE state = 'done' AND attempts = 2").await, 4);
    let second = past.server.documents().iter().filter(|asked| asked.tries == 1).map(|asked| asked.at).fold(f64::MAX, f64::min);
    assert!(second >= 5.0, "the second try came after {second} s");
}

/// The first document is answered with 429 and this header; gives the longest time in which no patient was asked for the first time, in seconds.
async fn throttled_once(headers: &'static str) -> f64 {
    let mut night = Night::of(&[("A", 24)]);
    night.limits.documents.burst = 1;
    let past = night
        .pass(move |asked| match asked {
            asked if asked.patient.is_some() && asked.before == 0 => Reply::status("429 Too Many Requests", headers),
            asked => Reply::healthy(asked),
        })
        .await;
    assert_eq!(past.code(), 0, "{headers}");
    assert_eq!(past.count("SELECT count(*) FROM fetches WHERE state = 'done' AND attempts = 1").await, 24);
    let first: Vec<_> = past.server.documents().iter().filter(|asked| asked.tries == 0).map(|asked| asked.at).collect();
    let gap = first.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    // Halved to 2.5/s, and 3.5/s after 20 s of quiet: what took 4.6 s at the full rate takes 6 s and more beside the pause.
    let beside = first[23] - first[0] - gap;
    assert!(beside >= 5.2, "{headers}: {first:?}");
    assert_eq!(past.ask("SELECT breaker, tokens_per_second FROM paces").await, [["closed", "5.0"]]);
    gap
}

#[tokio::test]
async fn fault_22_the_whole_tenant_waits_as_long_as_the_server_asks_and_goes_on_at_half_the_rate() {
    let three = throttled_once("Retry-After: 3\r\n").await;
    assert!((2.0..8.0).contains(&three), "{three}");
    let date = throttled_once("Date: Sun, 01 Mar 2026 02:00:00 GMT\r\nRetry-After: Sun, 01 Mar 2026 02:00:20 GMT\r\n").await;
    assert!((18.0..27.0).contains(&date), "{date}");
    for own in ["Retry-After: Sun, 01 Mar 2020 02:00:00 GMT\r\n", "Retry-After: 0\r\n", "Retry-After: soon\r\n", ""] {
        let pause = throttled_once(own).await;
        assert!(pause < 4.0, "{own:?}: {pause}");
    }
}

#[tokio::test]
async fn fault_23_a_retry_after_of_days_is_capped_and_no_run_sits_on_it_past_its_deadline() {
    let script = |asked: &super::server::Asked| match asked {
        asked if asked.patient.is_some() && asked.before == 0 => Reply::status("429 Too Many Requests", "Retry-After: 1000000\r\n"),
        asked => Reply::healthy(asked),
    };
    let mut short = Night::of(&[("A", 3)]);
    short.limits.documents.concurrent = 1;
    short.settings.deadline = Duration::from_secs(600);
    let past = short.pass(script).await;
    assert_eq!(past.code(), 75);
    assert_eq!(past.server.documents().len(), 1);
    assert!(past.took < 60.0, "the run ended after {} s", past.took);
    assert_eq!(
        past.count("SELECT count(*) FROM fetches WHERE state = 'waiting' AND attempts = 0 AND due_at <= changed_at + 900000").await,
        1
    );

    let mut long = Night::of(&[("A", 3)]);
    long.limits.documents.concurrent = 1;
    let past = long.pass(script).await;
    assert_eq!(past.code(), 0);
    let times = past.times();
    assert!((895.0..930.0).contains(&(times[1] - times[0])), "{times:?}");
}

#[tokio::test]
async fn fault_24_a_used_up_limit_pauses_the_tenant_before_it_is_hit() {
    let mut night = Night::of(&[("A", 30)]);
    night.limits.documents.concurrent = 1;
    let past = night
        .pass(|asked| match asked {
            asked if asked.patient.is_some() && asked.before == 9 => {
                Reply::Answer("200 OK", "RateLimit: limit=10, remaining=0, reset=30\r\n".into(), chart("limited"))
            }
            asked => Reply::healthy(asked),
        })
        .await;
    assert_eq!(past.code(), 0);
    let times = past.times();
    assert_eq!(times.len(), 30);
    assert!((29.0..36.0).contains(&(times[10] - times[9])), "{times:?}");
}

#[tokio::test]
async fn a_server_that_throttles_for_a_minute_is_asked_at_a_fraction_and_then_at_the_full_rate_again() {
    let mut night = Night::of(&[("A", 700)]);
    night.limits.documents.burst = 1;
    night.limits.documents.concurrent = 32;
    night.settings.retry.first_wait = Duration::from_secs(1);
    let past = night
        .pass(|asked| match asked {
            asked if asked.patient.is_some() && asked.at < 60.0 => Reply::status("429 Too Many Requests", ""),
            asked => Reply::healthy(asked),
        })
        .await;
    assert_eq!(past.code(), 0);
    // From 40 s on the rate is a tenth of 5/s; 100 s of quiet later it is whole again (exactly how is proved on the limit itself: here a slow disk
    // takes its part of a second).
    let (throttled, whole) = (past.between(40.0, 60.0), past.between(170.0, 190.0));
    assert!((6..=14).contains(&throttled), "{throttled}");
    assert!((65..=104).contains(&whole), "{whole}");
    assert_eq!(past.ask("SELECT documents_per_second, breaker FROM paces").await, [["5.0", "closed"]]);
}

//! Bodies: whole, cut, too large, too slow, and many at once.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use flate2::{Compression, write::GzEncoder};
use futures_util::future::join_all;

use super::*;

const LIMIT: usize = 2 << 20;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn with_length(headers: &str, body: &[u8]) -> Vec<u8> {
    answer("200 OK", &format!("{headers}Content-Length: {}\r\n", body.len()), body)
}

/// One chunk, and the end if it is to be `whole`.
fn chunked(headers: &str, body: &[u8], whole: bool) -> Vec<u8> {
    let end: &[u8] = if whole { b"\r\n0\r\n\r\n" } else { b"" };
    let framed = [format!("{:x}\r\n", body.len()).as_bytes(), body, end].concat();
    answer("200 OK", &format!("{headers}Transfer-Encoding: chunked\r\n"), &framed)
}

fn zipped(body: &[u8]) -> Vec<u8> {
    with_length("Content-Encoding: gzip\r\n", body)
}

#[tokio::test]
async fn bodies_come_as_they_were_sent_however_they_are_framed() {
    let chart = vec![b'x'; 300_000];
    let until_close = answer("200 OK", "Content-Type: application/xml\r\n", &chart);
    let members = [gzip(&chart[..1000]), gzip(&chart[1000..])].concat();
    for sent in [with_length("", &chart), chunked("", &chart, true), until_close, zipped(&gzip(&chart)), zipped(&members)] {
        let exchange = fetch_sent(sent).await;
        assert_eq!(exchange.bytes, 300_000);
        assert_eq!(body(exchange).bytes, chart);
    }
}

#[tokio::test]
async fn the_media_types_name_is_kept_and_not_believed() {
    let exchange = fetch_sent(with_length("Content-Type: Text/HTML; charset=x\r\n", b"<html/>")).await;
    assert_eq!(body(exchange).media_type.as_deref(), Some("Text/HTML"));
}

#[tokio::test]
async fn fault_33_a_body_that_ends_too_early_is_truncated() {
    let short = fetch_sent(answer("200 OK", "Content-Length: 100\r\n", b"<ClinicalDocument")).await;
    assert_eq!((short.http_status, short.bytes), (Some(200), 17));
    assert_eq!(reason(short), Reason::Truncated);
    assert_eq!(reason(fetch_sent(chunked("", b"<ClinicalDocument", false)).await), Reason::Truncated);
    assert_eq!(reason(fetch_sent(answer("200 OK", "Transfer-Encoding: chunked\r\n", b"zz\r\n")).await), Reason::Truncated);
}

#[tokio::test]
async fn a_gzip_body_that_is_cut_or_damaged_anywhere_is_truncated() {
    let mut noise = fastrand::Rng::with_seed(7);
    let chart: Vec<u8> = std::iter::repeat_with(|| noise.u8(..)).take(500).collect();
    let whole = gzip(&chart);
    for length in (1..whole.len()).step_by(37).chain([whole.len() - 1, whole.len() - 8]) {
        assert_eq!(reason(fetch_sent(zipped(&whole[..length])).await), Reason::Truncated, "{length}");
    }
    let mut damaged = whole;
    damaged[100] ^= 1;
    assert_eq!(reason(fetch_sent(zipped(&damaged)).await), Reason::Truncated);
}

#[tokio::test]
async fn fault_29_a_reset_in_the_middle_of_the_body_is_the_networks() {
    // The pause lets the client see the bytes before the reset, which would throw them away.
    let acts = [
        Act::Send(answer("200 OK", "Content-Length: 100\r\n", b"<Clin")),
        Act::Dribble(b"i".to_vec(), Duration::from_millis(20)),
        Act::Reset,
    ];
    let exchange = fetch(acts).await;
    assert_eq!(exchange.http_status, Some(200));
    assert_eq!(reason(exchange), Reason::Network);
}

#[tokio::test]
async fn fault_34_a_gzip_bomb_is_ended_at_the_limit() {
    let bomb = gzip(&vec![0; 50 << 20]);
    assert!(bomb.len() < 100_000);
    for sent in [zipped(&bomb), chunked("Content-Encoding: x-gzip\r\n", &bomb, true)] {
        let exchange = fetch_sent(sent).await;
        assert_eq!(exchange.bytes, LIMIT as u64);
        assert_eq!(reason(exchange), Reason::TooLarge);
    }
}

#[tokio::test]
async fn fault_35_a_plain_body_is_ended_at_the_limit() {
    let large = vec![b'x'; LIMIT + 1];
    let announced = fetch_sent(answer("200 OK", "Content-Length: 100000000\r\n", b"x")).await;
    assert_eq!((announced.bytes, reason(announced)), (0, Reason::TooLarge));
    assert_eq!(reason(fetch_sent(chunked("", &large, true)).await), Reason::TooLarge);
    assert_eq!(reason(fetch_sent(answer("200 OK", "", &large)).await), Reason::TooLarge);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken() {
    let chart = vec![b'x'; LIMIT];
    for sent in [with_length("", &chart), chunked("", &chart, true), zipped(&gzip(&chart))] {
        assert_eq!(body(fetch_sent(sent).await).bytes.len(), LIMIT);
    }
}

#[tokio::test]
async fn fault_32_a_body_that_dribbles_is_ended() {
    let mut settings = settings();
    settings.timeouts.idle = Duration::from_millis(100);
    settings.timeouts.total = Duration::from_millis(300);
    let head = answer("200 OK", "Content-Length: 1000\r\n", b"");
    let silent = Server::start([Act::Send(head.clone()), Act::Hang]).await;
    assert_eq!(reason(fetch_from(&settings, &silent).await), Reason::Timeout);
    let dribbling = Server::start([Act::Send(head), Act::Dribble(vec![b'x'; 1000], Duration::from_millis(20))]).await;
    let exchange = fetch_from(&settings, &dribbling).await;
    assert!((1..30).contains(&exchange.bytes), "{}", exchange.bytes);
    assert_eq!(reason(exchange), Reason::Timeout);
}

#[tokio::test]
async fn fault_36_an_empty_body_is_no_document() {
    for sent in [with_length("", b""), answer("200 OK", "", b""), zipped(b""), zipped(&gzip(b"")), answer("204 No Content", "", b"")] {
        assert_eq!(reason(fetch_sent(sent).await), Reason::Empty);
    }
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_no_chart() {
    for encoding in ["br", "deflate", "gzip, gzip", "gzip\r\nContent-Encoding: gzip"] {
        let exchange = fetch_sent(with_length(&format!("Content-Encoding: {encoding}\r\n"), b"??")).await;
        assert_eq!(reason(exchange), Reason::NotCda, "{encoding}");
    }
}

const MEMORY: usize = 8 * LIMIT;

/// Fetches 40 bodies at once, of up to 4 times [`LIMIT`] each; the most of their bytes that were held together.
///
/// Each is held for a while, as by a writer that is behind, so that more would be held if the memory for bodies did not forbid it.
async fn most_held_at_once(sent: Vec<u8>) -> usize {
    let server = Server::sending(sent).await;
    let settings = HttpSettings { body_limit: 4 * LIMIT as u64, memory_limit: MEMORY as u64, ..settings() };
    let client = client(&settings, &server.url);
    let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    join_all((0..40).map(|_| async {
        let body = body(client.patient_data(&token(), &PatientToken::new(PATIENT), None).await);
        let now = held.fetch_add(body.bytes.len(), Ordering::Relaxed) + body.bytes.len();
        most.fetch_max(now, Ordering::Relaxed);
        for _ in 0..500 {
            tokio::task::yield_now().await;
        }
        held.fetch_sub(body.bytes.len(), Ordering::Relaxed);
    }))
    .await;
    most.into_inner()
}

#[tokio::test]
async fn fault_75_forty_large_bodies_at_once_all_come_within_the_memory_for_bodies() {
    let chart = vec![b'x'; 4 * LIMIT - 100_000];
    for sent in [with_length("", &chart), chunked("", &chart, true), zipped(&gzip(&chart))] {
        let most = most_held_at_once(sent).await;
        assert!((chart.len()..=MEMORY).contains(&most), "{most}");
    }
}

#[tokio::test]
async fn memory_is_given_back_by_whoever_drops_the_body_and_by_requests_that_are_cancelled() {
    let server = Server::sending(chunked("", &vec![b'x'; LIMIT], true)).await;
    let client = Arc::new(client(&settings(), &server.url));
    for _ in 0..20 {
        let fetch = tokio::spawn({
            let client = Arc::clone(&client);
            async move { client.patient_data(&token(), &PatientToken::new(PATIENT), None).await }
        });
        tokio::task::yield_now().await;
        fetch.abort();
        let _ = fetch.await;
        body(client.patient_data(&token(), &PatientToken::new(PATIENT), None).await);
    }
}

//! What reaches the server, and what the head of its answer comes to.

use ccda_export::edvak::{Credentials, RequestedDates};

use super::*;

fn jo() -> Credentials {
    Credentials { username: SecretString::from("jo@example.org"), password: SecretString::from("pass word+&é") }
}

fn granted() -> Vec<u8> {
    let token = r#"{"message":"ok","token":{"access_token":"ey.x","expires_in":60,"token_type":"bearer","not-before-policy":1,"tenant":"TENANT_AB"}}"#;
    answer("200 OK", &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", token.len()), token.as_bytes())
}

#[tokio::test]
async fn a_document_request_is_the_contracts_to_the_letter() {
    let server = Server::sending(answer("404 Not Found", "Content-Length: 0\r\n", b"")).await;
    let settings = HttpSettings { contact: Some("ops@example.org".into()), ..settings() };
    let dates = RequestedDates { start: "2026-01-01".parse().unwrap(), end: "2026-02-01".parse().unwrap() };
    let exchange = client(&settings, &server.url).patient_data(&token(), &PatientToken::new(PATIENT), Some(dates)).await;
    assert!(matches!(exchange.result, Ok(DocumentAnswer::Absent)));
    let request = server.requests().remove(0).replace(&server.url["http://".len()..], "HOST");
    let mut lines: Vec<&str> = request.trim_end().split("\r\n").collect();
    lines[1..].sort_unstable();
    assert_eq!(
        lines,
        [
            "GET /ccda/ccda/patient_data?patient_token=FUV4BKA3%26ev%3Dm+Av9&start_date=2026-01-01&end_date=2026-02-01 HTTP/1.1",
            "accept-encoding: gzip",
            "accept: */*",
            "authorization: Bearer ey.token",
            "content-type: application/x-www-form-urlencoded",
            "host: HOST",
            &format!("user-agent: ccda-export/{} (+ops@example.org)", env!("CARGO_PKG_VERSION")),
        ]
    );
}

#[tokio::test]
async fn a_whole_chart_is_asked_for_without_dates() {
    let server = Server::sending(answer("404 Not Found", "Content-Length: 0\r\n", b"")).await;
    fetch_from(&settings(), &server).await.result.unwrap();
    assert!(server.requests()[0].starts_with("GET /ccda/ccda/patient_data?patient_token=FUV4BKA3%26ev%3Dm+Av9 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_token_request_is_a_form_with_the_four_fields() {
    let server = Server::sending(granted()).await;
    let exchange = client(&settings(), &server.url).generate_token(&jo()).await;
    assert_eq!(exchange.http_status, Some(200));
    exchange.result.unwrap();
    let request = server.requests().remove(0);
    let (head, form) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /ccda/ccda/generate-token HTTP/1.1\r\n"));
    assert!(head.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"));
    assert_eq!(form, "client_id=client-1&client_secret=s%26cret%3D1&username=jo%40example.org&password=pass+word%2B%26%C3%A9");
}

#[tokio::test]
async fn a_rejected_login_is_told_in_the_servers_words() {
    let error = br#"{"error":"invalid_grant","error_description":"Account disabled"}"#;
    let server = Server::sending(answer("400 Bad Request", "Content-Type: text/html\r\n", error)).await;
    let failure = failure(client(&settings(), &server.url).generate_token(&jo()).await);
    assert_eq!(failure.reason, Reason::RejectedLogin);
    assert_eq!(failure.detail, "the server answered 400: invalid_grant: Account disabled");
}

#[tokio::test]
async fn fault_27_a_redirect_is_not_followed_by_either_endpoint() {
    let second = Server::sending(granted()).await;
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("Location: {}/ccda/ccda/generate-token\r\nContent-Length: 0\r\n", second.url);
        let first = Server::sending(answer(status, &location, b"")).await;
        assert_eq!(reason(client(&settings(), &first.url).generate_token(&jo()).await), Reason::Redirect);
        assert_eq!(reason(fetch_from(&settings(), &first).await), Reason::Redirect);
        assert_eq!(first.requests().len(), 2);
    }
    assert_eq!(second.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn fault_10_a_token_endpoint_that_hangs_ends_at_its_own_timeout() {
    let server = Server::start([Act::Hang]).await;
    let mut settings = settings();
    settings.timeouts.token = Duration::from_millis(20);
    assert_eq!(reason(client(&settings, &server.url).generate_token(&jo()).await), Reason::Timeout);
}

#[tokio::test]
async fn fault_29_connections_that_break_before_an_answer_are_the_networks() {
    assert_eq!(reason(fetch([Act::Reset]).await), Reason::Network);
    assert_eq!(reason(fetch([]).await), Reason::Network);
    assert_eq!(reason(fetch_sent("HTTP/1.1 200 OK\r\nContent-").await), Reason::Network);
    assert_eq!(reason(fetch_sent("SSH-2.0-server\r\n\r\n").await), Reason::Network);
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let refused = client(&settings(), &url).patient_data(&token(), &PatientToken::new(PATIENT), None).await;
    assert_eq!((refused.http_status, reason(refused)), (None, Reason::Network));
}

#[tokio::test]
async fn fault_73_a_page_of_the_cdn_is_told_from_a_refusal() {
    let page = |status: &str| answer(status, "Content-Type: text/html\r\n", b"<!DOCTYPE html><html>blocked</html>");
    let denied = failure(fetch_sent(page("403 Forbidden")).await);
    assert_eq!((denied.reason, denied.html), (Reason::Denied, true));
    let denied = failure(fetch_sent(answer("403 Forbidden", "", b"{}")).await);
    assert_eq!((denied.reason, denied.html), (Reason::Denied, false));
    assert_eq!(reason(fetch_sent(page("503 Unavailable")).await), Reason::Edge);
    assert_eq!(reason(fetch_sent(page("522 Timed Out")).await), Reason::Edge);
}

#[tokio::test]
async fn what_a_server_says_about_its_limits_is_passed_on() {
    let headers =
        "Retry-After: Sun, 06 Nov 1994 08:49:40 GMT\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nRateLimit: \"default\";r=0;t=30\r\n";
    let exchange = fetch_sent(answer("429 Too Many", headers, b"")).await;
    assert_eq!(exchange.retry_after, Some(Duration::from_secs(3)));
    assert_eq!(exchange.rate_limit.map(|limit| limit.reset), Some(Duration::from_secs(30)));
    assert_eq!(reason(exchange), Reason::Throttled);
    let exchange = fetch_sent(answer("429 Too Many", "RateLimit-Remaining: 0\r\nRateLimit-Reset: 7\r\n", b"")).await;
    assert_eq!(exchange.rate_limit.map(|limit| limit.reset), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_status_is_believed_although_its_body_is_cut_or_strangely_encoded() {
    assert_eq!(reason(fetch_sent(answer("500 Oops", "Content-Length: 100\r\n", b"short")).await), Reason::ServerError);
    assert_eq!(reason(fetch_sent(answer("503 Oops", "Content-Encoding: br\r\n", b"??")).await), Reason::Unavailable);
    let absent = fetch_sent(answer("404 Not Found", "Content-Length: 99999999999\r\n", b"")).await;
    assert!(matches!(absent.result, Ok(DocumentAnswer::Absent)));
}

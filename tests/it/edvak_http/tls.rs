//! Servers whose TLS is not to be trusted.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use reqwest::Certificate;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ALL_VERSIONS, ServerConfig, SupportedProtocolVersion,
        pki_types::PrivatePkcs8KeyDer,
        version::{TLS12, TLS13},
    },
};

use super::*;

/// An authority that the tests' tenants trust, and a key for what it signs.
pub fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Not the name that rcgen gives to all: a self-signed certificate must not look like one of this authority's.
    params.distinguished_name.push(DnType::CommonName, "authority of these tests");
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for a host that is valid until the year 4096.
pub fn valid_for(host: &str) -> CertificateParams {
    CertificateParams::new([host.to_owned()]).unwrap()
}

/// Starts a server that says 404 under TLS with this certificate; its URL.
pub async fn serve(certificate: rcgen::Certificate, key: &KeyPair) -> String {
    serve_versions(certificate, key, ALL_VERSIONS).await
}

/// The same for a server that speaks these versions alone.
async fn serve_versions(certificate: rcgen::Certificate, key: &KeyPair, versions: &[&'static SupportedProtocolVersion]) -> String {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = ServerConfig::builder_with_protocol_versions(versions).with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
                // A connection that is closed with something unread in it is reset, and takes the answer with it.
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            }
        }
    });
    url
}

/// What a server with a certificate of `params` comes to for a tenant that trusts its authority.
async fn trusting(params: CertificateParams) -> Exchange<DocumentAnswer> {
    let (authority, key) = (authority(), KeyPair::generate().unwrap());
    let url = serve(params.signed_by(&key, &authority).unwrap(), &key).await;
    fetch_over_tls(&url, &authority).await
}

/// A document request of a tenant that trusts `authority`.
async fn fetch_over_tls(url: &str, authority: &CertifiedIssuer<'static, KeyPair>) -> Exchange<DocumentAnswer> {
    let certificates = vec![Certificate::from_der(authority.der()).unwrap()];
    let edvak = Edvak::new(&settings(), Clock::system()).unwrap();
    let client = edvak.tenant(&Endpoint { certificates, ..endpoint(url) }).unwrap();
    client.patient_data(&token(), &PatientToken::new(PATIENT), None).await
}

fn refusal(exchange: Exchange<DocumentAnswer>) -> String {
    let failure = failure(exchange);
    assert_eq!(failure.reason, Reason::Certificate);
    failure.detail
}

#[tokio::test]
async fn a_tenants_own_authority_is_trusted_beside_the_platforms() {
    assert!(matches!(trusting(valid_for("127.0.0.1")).await.result, Ok(DocumentAnswer::Absent)));
}

#[tokio::test]
async fn fault_30_an_expired_certificate_is_told() {
    let mut params = valid_for("127.0.0.1");
    params.not_after = date_time_ymd(2020, 1, 1);
    assert_eq!(refusal(trusting(params).await), "the server's certificate has expired");
}

#[tokio::test]
async fn fault_30_a_certificate_of_another_host_is_told() {
    assert_eq!(refusal(trusting(valid_for("ehr.example")).await), "the server's certificate is for another host");
}

#[tokio::test]
async fn fault_30_a_self_signed_certificate_is_told() {
    let key = KeyPair::generate().unwrap();
    let url = serve(valid_for("127.0.0.1").self_signed(&key).unwrap(), &key).await;
    let exchange = fetch_over_tls(&url, &authority()).await;
    assert!(refusal(exchange).contains("self-signed"));
}

/// What a server that answers a handshake with these bytes comes to.
async fn shake(bytes: &[u8]) -> (Failure, Vec<String>) {
    let server = Server::sending(bytes).await;
    let exchange = fetch_over_tls(&server.url.replace("http:", "https:"), &authority()).await;
    assert_eq!(exchange.http_status, None);
    (failure(exchange), server.requests())
}

#[tokio::test]
async fn fault_31_a_server_of_an_old_tls_version_gets_no_credential() {
    // A fatal alert: protocol_version (RFC 8446, section 6.2).
    let (failure, requests) = shake(&[0x15, 3, 1, 0, 2, 2, 70]).await;
    assert_eq!(failure.reason, Reason::Certificate);
    assert!(failure.detail.contains("1.2"), "{}", failure.detail);
    assert!(requests.iter().all(|request| !request.contains("ey.token")));
}

#[tokio::test]
async fn fault_31_a_server_that_chooses_tls_1_1_gets_no_credential() {
    // The first message of such a server (RFC 4346, section 7.4.1.3): version, random, no session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    let mut hello = vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0x00, 0x2f, 0]);
    let (failure, requests) = shake(&hello).await;
    assert_eq!(failure.reason, Reason::Certificate);
    assert!(requests.iter().all(|request| !request.contains("ey.token")));
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken() {
    for version in [&TLS12, &TLS13] {
        let (authority, key) = (authority(), KeyPair::generate().unwrap());
        let certificate = valid_for("127.0.0.1").signed_by(&key, &authority).unwrap();
        let url = serve_versions(certificate, &key, &[version]).await;
        assert!(matches!(fetch_over_tls(&url, &authority).await.result, Ok(DocumentAnswer::Absent)), "{version:?}");
    }
}

#[tokio::test]
async fn no_version_before_1_2_is_offered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let accepted = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 5];
        stream.read_exact(&mut head).await.unwrap();
        let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        stream.read_exact(&mut hello).await.unwrap();
        hello
    });
    assert_eq!(reason(fetch_over_tls(&url, &authority()).await), Reason::Network);
    let mut offered = offered_versions(&accepted.await.unwrap());
    offered.sort_unstable();
    assert_eq!(offered, [0x0303, 0x0304]);
}

/// What a ClientHello offers: its extension `supported_versions` (RFC 8446, section 4.2.1).
fn offered_versions(hello: &[u8]) -> Vec<u16> {
    // After type, length, version and random come three lists: of the session, the ciphers, the compressions; then the extensions.
    let mut rest = &hello[4 + 2 + 32..];
    for width in [1, 2, 1] {
        rest = part(rest, width).1;
    }
    let mut extensions = part(rest, 2).0;
    while !extensions.is_empty() {
        let kind = u16::from_be_bytes([extensions[0], extensions[1]]);
        extensions = &extensions[2..];
        let (content, after) = part(extensions, 2);
        extensions = after;
        if kind == 43 {
            return part(content, 1).0.chunks(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
        }
    }
    panic!("no versions are offered");
}

/// A list that begins with its length in so many bytes, and what follows it.
fn part(bytes: &[u8], width: usize) -> (&[u8], &[u8]) {
    let length = bytes[..width].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    bytes[width..].split_at(length)
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_at_all_is_not_to_be_trusted_either() {
    let (failure, _) = shake(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_eq!(failure.reason, Reason::Certificate);
}

//! Servers whose TLS is not to be trusted.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use reqwest::Certificate;
use tokio::{io::AsyncWriteExt, net::TcpListener};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer},
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
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
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
async fn a_server_that_speaks_no_tls_at_all_is_not_to_be_trusted_either() {
    let (failure, _) = shake(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_eq!(failure.reason, Reason::Certificate);
}

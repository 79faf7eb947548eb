//! FAULTS.md, rows 30 and 31: servers whose TLS is not to be trusted, and URLs without it.

use std::fmt::Write;

use rcgen::{KeyPair, date_time_ymd};

use super::*;
use crate::edvak_http::{
    server::Server,
    tls::{authority, serve, valid_for},
};

/// A site of a tenant at `url` that trusts this authority beside the platform's.
fn trusting(url: &str, authority: &[u8]) -> Site {
    let site = Site::new(url, 2, 4, "ca_file = \"ca.pem\"\n");
    site.write("ca.pem", &pem(authority));
    site
}

/// The first answer rests the tenant, whatever is due: how every fault of TLS must end.
async fn rests_at_once(site: &Site, detail: &str) {
    let ended = site.run(&[]).await;
    assert_eq!(ended.code(), 77, "{ended:#?}");
    assert_eq!(site.attempts().await, ["token - permanent certificate"]);
    assert_eq!(site.tenant().await, "resting certificate");
    assert_eq!(site.fetches().await, all(4, "pending - 0"));
    assert_eq!(site.failing().await, all(4, "pending certificate"));
    assert!(site.lines("SELECT detail FROM attempts").await[0].contains(detail));
    let told = ended.told("certificate");
    assert!(told.len() == 1 && told[0]["detail"].as_str().unwrap().contains(detail), "{ended:#?}");
}

#[tokio::test]
async fn fault_30_a_certificate_that_is_not_to_be_trusted_rests_the_tenant_and_is_told_apart() {
    let (authority, key) = (authority(), KeyPair::generate().unwrap());
    let mut expired = valid_for("127.0.0.1");
    expired.not_after = date_time_ymd(2020, 1, 1);
    let cases = [
        (expired.signed_by(&key, &authority).unwrap(), "has expired"),
        (valid_for("ehr.example").signed_by(&key, &authority).unwrap(), "is for another host"),
        (valid_for("127.0.0.1").self_signed(&key).unwrap(), "self-signed"),
    ];
    for (certificate, detail) in cases {
        let url = serve(certificate, &key).await;
        rests_at_once(&trusting(&url, authority.der()), detail).await;
    }
    // The same with nothing wrong: its 404 comes through.
    let url = serve(valid_for("127.0.0.1").signed_by(&key, &authority).unwrap(), &key).await;
    let site = trusting(&url, authority.der());
    assert_eq!(site.run(&[]).await.code(), 76);
    assert!(site.attempts().await[0].starts_with("token 404"));
}

#[tokio::test]
async fn a_tenants_own_certificates_are_trusted_for_that_tenant_alone() {
    let (authority, key) = (authority(), KeyPair::generate().unwrap());
    let url = serve(valid_for("127.0.0.1").signed_by(&key, &authority).unwrap(), &key).await;
    let site = trusting(&url, authority.der());
    // The same server, asked for another tenant.
    let roster = std::fs::read_to_string(site.path("roster.toml")).unwrap();
    let second = roster.split_once("[[tenants]]").unwrap().1.replace("ca_file = \"ca.pem\"\n", "").replace("TENANT_AB", "TENANT_AC");
    let second = second.replace("client-1", "client-2");
    site.write("roster.toml", &format!("{roster}[[tenants]]{second}"));
    let patients = std::fs::read_to_string(site.path("patients.csv")).unwrap();
    let more = patients.split_once('\n').unwrap().1.replace("TENANT_AB", "TENANT_AC");
    site.write("patients.csv", &format!("{patients}{more}"));
    assert_eq!(site.run(&[]).await.code(), 77);
    let attempts = "SELECT DISTINCT t.tenant, x.http_status, x.reason FROM attempts x JOIN accounts a ON a.id = x.account_id
                    JOIN tenants t ON t.id = a.tenant_id ORDER BY t.tenant";
    assert_eq!(site.lines(attempts).await, ["TENANT_AB 404 protocol", "TENANT_AC  certificate"]);
}

#[tokio::test]
async fn fault_31_a_server_of_an_old_tls_version_gets_no_credential() {
    // A fatal alert: protocol_version (RFC 8446, section 6.2).
    let server = Server::sending([0x15, 3, 1, 0, 2, 2, 70]).await;
    let site = trusting(&server.url.replace("http:", "https:"), authority().der());
    rests_at_once(&site, "no TLS version from 1.2 on").await;
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(["client-1", "client-secret", "user-", "password-of-"].iter().all(|secret| !requests[0].contains(secret)));
}

#[tokio::test]
async fn fault_31_a_base_url_without_tls_is_refused_by_check_and_at_the_start() {
    let site = Site::new("http://ehr.example", 1, 1, "");
    for command in ["check", "run"] {
        let ended = site.call(command, &[]).await;
        assert_eq!(ended.code(), 78, "{ended:#?}");
        assert!(ended.stderr.contains("base_url") && ended.stderr.contains("https://"), "{ended:#?}");
    }
    assert!(!site.path("export.sqlite").exists());
}

/// A certificate as text (RFC 7468).
pub fn pem(der: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----");
    for (index, three) in der.chunks(3).enumerate() {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        let letter = |at: usize| if at <= three.len() { char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]) } else { '=' };
        let line = if index % 16 == 0 { "\n" } else { "" };
        write!(text, "{line}{}{}{}{}", letter(0), letter(1), letter(2), letter(3)).unwrap();
    }
    text + "\n-----END CERTIFICATE-----\n"
}

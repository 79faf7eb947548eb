//! Why a request or a body broke off, read from the errors of the HTTP client.
//!
//! The client's errors hold URLs, and URLs hold patient tokens: no text of theirs is passed on. What people are told is said here, or by the
//! operating system and the TLS library about sockets and certificates.

use std::{error::Error, io};

use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::Failure;
use crate::domain::Reason;

/// The failure of a request whose answer did not begin.
pub(super) fn before_head(error: &reqwest::Error) -> Failure {
    if let Some(tls) = find::<rustls::Error>(error) {
        return Failure::new(Reason::Certificate, tls_words(tls));
    }
    if error.is_timeout() {
        return Failure::new(Reason::Timeout, "the connection was not made in time");
    }
    let detail = match find::<io::Error>(error) {
        _ if error.is_dns() => "the host name does not resolve".to_owned(),
        Some(cause) if error.is_connect() => format!("no connection: {}", cause.kind()),
        Some(cause) => format!("the connection broke before an answer: {}", cause.kind()),
        None if error.is_connect() => "no connection".to_owned(),
        None => "the connection ended before an answer, or what came is no HTTP".to_owned(),
    };
    Failure::new(Reason::Network, detail)
}

/// Why a request got no answer, in words that hold nothing of its URL; for requests to others than the vendor.
pub fn why_unanswered(error: &reqwest::Error) -> String {
    before_head(error).detail
}

/// The failure of a body whose head came: a connection that was reset is the network's, one that ended in order is the server's.
pub(super) fn in_body(error: &reqwest::Error) -> Failure {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, HostUnreachable, NetworkDown, NetworkUnreachable, TimedOut};
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(kind @ (BrokenPipe | ConnectionAborted | ConnectionReset | HostUnreachable | NetworkDown | NetworkUnreachable | TimedOut)) => {
            Failure::new(Reason::Network, format!("the connection broke in the middle of the body: {kind}"))
        }
        _ => Failure::new(Reason::Truncated, "the body ended before its announced end"),
    }
}

/// The first error of type `T` among the causes. An `io::Error` shows what it wraps only when asked.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::Error::{AlertReceived, InvalidCertificate, PeerIncompatible};
    match error {
        InvalidCertificate(fault) => certificate_words(fault),
        PeerIncompatible(_) | AlertReceived(AlertDescription::ProtocolVersion) => "the server has no TLS version from 1.2 on".to_owned(),
        rustls::Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion | InvalidMessage::InvalidContentType) => {
            "the server does not speak TLS from 1.2 on at this port".to_owned()
        }
        other => format!("the TLS handshake failed: {other}"),
    }
}

fn certificate_words(fault: &CertificateError) -> String {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext, Revoked, UnknownIssuer,
    };
    match fault {
        Expired | ExpiredContext { .. } => "the server's certificate has expired".to_owned(),
        NotValidYet | NotValidYetContext { .. } => "the server's certificate is not valid yet".to_owned(),
        NotValidForName | NotValidForNameContext { .. } => "the server's certificate is for another host".to_owned(),
        UnknownIssuer => "the server's certificate is self-signed or from an issuer that is not trusted here".to_owned(),
        Revoked => "the server's certificate is revoked".to_owned(),
        other => format!("the server's certificate is not to be trusted: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_found_inside_an_io_error() {
        let tls = rustls::Error::InvalidCertificate(CertificateError::Expired);
        let wrapped = io::Error::other(io::Error::other(tls));
        assert_eq!(tls_words(find(&wrapped).unwrap()), "the server's certificate has expired");
        assert!(find::<rustls::Error>(&io::Error::from(io::ErrorKind::ConnectionReset)).is_none());
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_told() {
        let cases = [
            (CertificateError::NotValidForName, "another host"),
            (CertificateError::UnknownIssuer, "self-signed"),
            (CertificateError::NotValidYet, "not valid yet"),
            (CertificateError::BadSignature, "not to be trusted"),
        ];
        for (fault, words) in cases {
            assert!(tls_words(&rustls::Error::InvalidCertificate(fault)).contains(words), "{words}");
        }
        assert!(tls_words(&rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)).contains("1.2"));
    }
}

//! The address of a tenant's server: `https`, or `http` where nothing leaves this machine.

use std::net::IpAddr;

use reqwest::Url;

/// The environments that the contract names, with their base URLs.
pub(super) const ENVIRONMENTS: [(&str, &str); 2] = [("sandbox", "https://darwinapi.edvak.com"), ("production", "https://ehr.edvak.com")];

/// Reads scheme, host and port; the paths of the API are the exporter's business.
pub(super) fn parse(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is no URL ({error}); expected one such as \"https://ehr.edvak.com\""))?;
    // First, and without showing the URL: what stands there may be a password.
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password; they belong in the accounts".to_owned());
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err("is http:// to another machine, which would send credentials and charts in the clear; use https://".to_owned());
        }
        // Not shown: in "user:password@host" it is the user name.
        _ => return Err("begins with another scheme; expected https://".to_owned()),
    }
    if url.host_str().is_none_or(str::is_empty) || url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("expected scheme, host and port alone, such as \"https://ehr.edvak.com\"; the exporter adds the path".to_owned());
    }
    Ok(url)
}

/// Whether the server is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_on_loopback_are_accepted() {
        for good in [
            "https://ehr.edvak.com",
            "https://ehr.edvak.com/",
            "https://10.0.0.1:8443",
            "http://127.0.0.1:8123",
            "http://[::1]:1/",
            "http://localhost:80",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "http://ehr.edvak.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://128.0.0.1",
            "ftp://ehr.edvak.com",
            "https://user@ehr.edvak.com",
            "https://:pass@ehr.edvak.com",
            "https://ehr.edvak.com/ccda",
            "https://ehr.edvak.com?x=1",
            "https://ehr.edvak.com#top",
            "ehr.edvak.com",
            "",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}

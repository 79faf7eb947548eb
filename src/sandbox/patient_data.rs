//! `GET /ccda/ccda/patient_data`: who may see whom, for which dates, and the document itself.
//!
//! The order of the checks is that of a gateway before an application: the token, the parameters, the patient, the permission.

use std::{
    io::{self, Write},
    sync::Arc,
};

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use flate2::{Compression, write::GzEncoder};
use serde::Deserialize;

use super::{
    directory::{Patient, Source},
    faults::{self, Fault},
    journal::{Facts, Kind},
    server::{World, refusal},
    visitor::Visitor,
};
use crate::domain::Window;

/// The query, as it was sent.
#[derive(Debug, Default, Deserialize)]
pub(super) struct DocumentQuery {
    patient_token: Option<String>,
    date: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
}

/// The answer to a document request; no query where it could not be read.
pub(super) async fn answer(world: &World, headers: &HeaderMap, query: Option<DocumentQuery>, visitor: &mut Visitor<'_>) -> Response {
    let (index, account, window) = match permitted(world, headers, query, &mut visitor.facts) {
        Ok(permitted) => permitted,
        Err((status, message)) => return refusal(status, message),
    };
    visitor.wait(world.latency()).await;
    let fault = world.fault(Kind::Document, index, account, visitor.came_at());
    // A file that vanished or may not be read: the contract's unexpected error.
    let Ok(document) = served(world, index, window, fault).await else {
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    };
    if let Some(fault) = fault {
        return faults::answer(fault, document, &world.options.clock).await;
    }
    world.tokens().served(world.options.clock.now().timestamp());
    send(document, world.options.gzip && accepts_gzip(headers))
}

type Refused = (StatusCode, &'static str);

/// Patient, account and dates of a request that is to be granted.
fn permitted(
    world: &World,
    headers: &HeaderMap,
    query: Option<DocumentQuery>,
    facts: &mut Facts,
) -> Result<(usize, usize, Option<Window>), Refused> {
    let query = query.ok_or((StatusCode::BAD_REQUEST, "Bad Request"))?;
    facts.patient_token = query.patient_token.as_deref().map(Arc::from);
    (facts.start_date, facts.end_date) = (query.start_date.clone(), query.end_date.clone());
    let account = authorized(world, headers, facts).ok_or((StatusCode::FORBIDDEN, "Forbidden"))?;
    let window = window(&query).map_err(|message| (StatusCode::BAD_REQUEST, message))?;
    let token = query.patient_token.ok_or((StatusCode::BAD_REQUEST, "patient_token is required"))?;
    let patient = world.directory.patient_of_token(&token).ok_or((StatusCode::NOT_FOUND, "Not Found"))?;
    if world.account_of(patient) == account { Ok((patient, account, window)) } else { Err((StatusCode::FORBIDDEN, "Forbidden")) }
}

/// The account of the bearer token (RFC 6750), where it is a valid one.
fn authorized(world: &World, headers: &HeaderMap, facts: &mut Facts) -> Option<usize> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let bearer = scheme.eq_ignore_ascii_case("bearer");
    let account = world.tokens().account(token, world.options.clock.elapsed()).filter(|_| bearer)?;
    let known = &world.directory.accounts[account];
    facts.account = Some(Arc::clone(&known.name));
    facts.tenant = Some(Arc::clone(&world.directory.tenants[known.tenant].name));
    Some(account)
}

/// The dates that the data are asked for. Both ends count as included; a range may be open at either.
fn window(query: &DocumentQuery) -> Result<Option<Window>, &'static str> {
    let [day, start, end] = [&query.date, &query.start_date, &query.end_date].map(|text| text.as_deref().map(date).transpose());
    match (day?, start?, end?) {
        (None, None, None) => Ok(None),
        (Some(day), None, None) => Ok(Some(Window { start: day, end: day })),
        (Some(_), ..) => Err("date cannot be combined with start_date or end_date"),
        (None, Some(start), Some(end)) if end < start => Err("end_date is before start_date"),
        (None, start, end) => Ok(Some(Window { start: start.unwrap_or(NaiveDate::MIN), end: end.unwrap_or(NaiveDate::MAX) })),
    }
}

/// `YYYY-MM-DD` and nothing shorter.
fn date(text: &str) -> Result<NaiveDate, &'static str> {
    let parsed = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|date| date.to_string() == text);
    parsed.ok_or("dates must be given as YYYY-MM-DD")
}

/// Every chart of this window is next to empty.
const LONG_AGO: Window = Window { start: NaiveDate::MIN, end: NaiveDate::MIN };

/// The document that is served: the patient's own, unless the fault is that it is not.
async fn served(world: &World, index: usize, window: Option<Window>, fault: Option<Fault>) -> io::Result<Bytes> {
    let (patients, now) = (&world.directory.patients, world.options.clock.now());
    match fault {
        Some(Fault::OtherPerson) => document(world, &patients[(index + 1) % patients.len()], window, (world.next_document(), now)).await,
        Some(Fault::SameChart) => document(world, &patients[0], window, (0, DateTime::UNIX_EPOCH)).await,
        Some(Fault::Shrunk) => document(world, &patients[index], Some(LONG_AGO), (world.next_document(), now)).await,
        _ => document(world, &patients[index], window, (world.next_document(), now)).await,
    }
}

/// The document of a patient, made for this request at this time.
async fn document(world: &World, patient: &Patient, window: Option<Window>, (request, now): (u64, DateTime<Utc>)) -> io::Result<Bytes> {
    match (&patient.chart, &world.directory.documents) {
        (Source::Synthetic(number), _) => {
            let tenant = &world.directory.tenants[world.directory.accounts[patient.account].tenant];
            Ok(tenant.population.document(*number, window, request, now).into())
        }
        // A real file is what it is, whatever dates were asked for.
        (Source::File(path), Some(folder)) => Ok(tokio::fs::read(folder.join(path)).await?.into()),
        (Source::File(_), None) => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Whether the client said that it accepts gzip, and not that it does not (`q=0`, RFC 9110, section 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight: Option<f32> = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_some_and(|weight| weight > 0.0)
    })
}

fn send(document: Bytes, gzip: bool) -> Response {
    let xml = (header::CONTENT_TYPE, "application/xml");
    match gzip.then(|| compress(&document)) {
        Some(Ok(compressed)) => ([xml, (header::CONTENT_ENCODING, "gzip")], compressed).into_response(),
        _ => ([xml], document).into_response(),
    }
}

fn compress(document: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(document.len() / 4), Compression::fast());
    encoder.write_all(document)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(date: Option<&str>, start: Option<&str>, end: Option<&str>) -> DocumentQuery {
        let [date, start_date, end_date] = [date, start, end].map(|text| text.map(str::to_owned));
        DocumentQuery { patient_token: None, date, start_date, end_date }
    }

    #[test]
    fn dates_are_days_that_exist_written_in_full() {
        for bad in ["", "2026-02-30", "2026-1-1", "01/02/2026", "2026-01-01T00:00", "yesterday", "+2026-01-1"] {
            assert!(window(&query(Some(bad), None, None)).is_err(), "{bad:?}");
        }
        assert!(window(&query(Some("2024-02-29"), None, None)).unwrap().is_some());
    }

    #[test]
    fn a_day_and_a_range_exclude_each_other_and_a_range_may_be_open() {
        let day = Some("2026-01-02");
        assert!(window(&query(day, day, None)).is_err() && window(&query(day, None, day)).is_err());
        assert!(window(&query(None, Some("2026-01-03"), day)).is_err());
        assert_eq!(window(&query(None, day, None)).unwrap().unwrap().end, NaiveDate::MAX);
        assert_eq!(window(&query(None, None, None)).unwrap(), None);
    }

    #[test]
    fn gzip_is_sent_to_who_accepts_it() {
        let accepts = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
            accepts_gzip(&headers)
        };
        assert!(accepts("gzip") && accepts("br, GZIP;q=0.5") && !accepts("br") && !accepts("gzip;q=0"));
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}

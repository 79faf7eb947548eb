//! Every rule of the stand-in over real HTTP: what the contract promises, and what it refuses.

use std::{collections::HashMap, fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use chrono::{TimeZone, Utc};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{Sandbox, SandboxOptions};
use crate::clock::Clock;

mod conduct;
mod visit;

use visit::Visit;

fn manual() -> (Clock, SandboxOptions) {
    let clock = Clock::manual(Utc.with_ymd_and_hms(2026, 3, 1, 2, 0, 0).unwrap());
    let options = SandboxOptions { clock: clock.clone(), seed: Some(1), ..SandboxOptions::default() };
    (clock, options)
}

#[tokio::test]
async fn every_patient_of_the_roster_has_a_document_for_the_account_that_it_names() {
    let visit = Visit::new(SandboxOptions::default()).await;
    let patients = visit.patients();
    let mut tokens = HashMap::new();
    for line in &patients {
        if !tokens.contains_key(&line.account) {
            tokens.insert(line.account.clone(), visit.log_in(&line.account).await);
        }
        let (status, body) = visit.document(&tokens[&line.account], &[("patient_token", &line.token)]).await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains(&format!("extension=\"{}\"", line.own)), "the record number of the roster stands in the document");
    }
    let tenants: std::collections::BTreeSet<_> = patients.iter().map(|line| &line.tenant).collect();
    assert_eq!((patients.len(), tokens.len(), tenants.len()), (60, 5, 3));
    visit.sandbox.stop().await;
}

#[tokio::test]
async fn a_token_answer_has_every_field_of_the_contract() {
    let (_, options) = manual();
    let visit = Visit::new(options).await;
    let (_, answer) = visit.log_in_with(&visit.form("front-desk")).await;
    assert_eq!(answer["message"], "Token generated successfully");
    let token = answer["token"].as_object().unwrap();
    let strings = ["access_token", "refresh_token", "token_type", "session_state", "scope", "patient", "tenant"];
    assert!(strings.iter().all(|field| token[*field].is_string()), "{token:?}");
    assert_eq!((token["expires_in"].as_i64(), token["tenant"].as_str()), (Some(900), Some("TENANT_AA")));
    assert!(token["not-before-policy"].is_i64() && token["refresh_expires_in"].is_i64());
    assert_eq!(token.len(), 10);
}

#[tokio::test]
async fn tokens_that_are_missing_malformed_unknown_or_expired_are_forbidden() {
    let (clock, options) = manual();
    let visit = Visit::new(options).await;
    let patient = &visit.patients()[0];
    let path = format!("/ccda/ccda/patient_data?patient_token={}", patient.token);
    let bearer = visit.log_in(&patient.account).await;
    for header in [None, Some("Bearer".to_owned()), Some("Bearer nonsense".to_owned()), Some(format!("Basic {bearer}"))] {
        let request = header.into_iter().fold(visit.ask(Method::GET, &path), |request, value| request.header("authorization", value));
        assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    }
    clock.advance(Duration::from_secs(899));
    assert_eq!(visit.document(&bearer, &[("patient_token", &patient.token)]).await.0, StatusCode::OK);
    clock.advance(Duration::from_secs(1));
    assert_eq!(visit.document(&bearer, &[("patient_token", &patient.token)]).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn nobody_sees_the_patients_of_another_account_or_tenant() {
    let visit = Visit::new(SandboxOptions::default()).await;
    let bearer = visit.log_in("front-desk").await;
    for line in visit.patients() {
        let expected = if line.account == "front-desk" { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(visit.document(&bearer, &[("patient_token", &line.token)]).await.0, expected);
    }
    let (mut mixed, foreign) = (visit.form("front-desk"), visit.form("laboratory"));
    mixed.insert("client_id", foreign["client_id"].clone());
    mixed.insert("client_secret", foreign["client_secret"].clone());
    assert_eq!(visit.log_in_with(&mixed).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn unknown_patients_paths_and_methods_are_not_found() {
    let visit = Visit::new(SandboxOptions::default()).await;
    let bearer = visit.log_in("nursing").await;
    assert_eq!(visit.document(&bearer, &[("patient_token", "nobody")]).await.0, StatusCode::NOT_FOUND);
    for (method, path) in [(Method::GET, "/"), (Method::GET, "/ccda/patient_data"), (Method::DELETE, "/ccda/ccda/generate-token")] {
        assert_eq!(visit.ask(method, path).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn bad_dates_and_a_missing_patient_are_bad_requests_and_good_dates_cut_the_chart() {
    let visit = Visit::new(SandboxOptions::default()).await;
    let patient = &visit.patients()[0];
    let bearer = visit.log_in(&patient.account).await;
    let with = |parameters: &[(&'static str, &'static str)]| {
        let all: Vec<_> = std::iter::once(("patient_token", patient.token.as_str())).chain(parameters.iter().copied()).collect();
        let (visit, bearer) = (&visit, &bearer);
        async move { visit.document(bearer, &all).await }
    };
    for bad in [vec![("date", "2026-02-30")], vec![("date", "2026-02-01"), ("end_date", "2026-02-02")], vec![("start_date", "soon")]] {
        assert_eq!(with(&bad).await.0, StatusCode::BAD_REQUEST, "{bad:?}");
    }
    assert_eq!(visit.document(&bearer, &[]).await.0, StatusCode::BAD_REQUEST);
    let (whole, windowed) = (with(&[]).await, with(&[("start_date", "1900-01-01"), ("end_date", "1900-12-31")]).await);
    assert_eq!((whole.0, windowed.0), (StatusCode::OK, StatusCode::OK));
    assert!(whole.1.contains("encounter-1") && !windowed.1.contains("encounter-1"));
}

#[tokio::test]
async fn thirty_wrong_passwords_lock_the_user_in_the_same_words() {
    let visit = Visit::new(SandboxOptions::default()).await;
    let mut form = visit.form("billing");
    let right = form.insert("password", "wrong".to_owned()).unwrap();
    for _ in 0..30 {
        let (status, answer) = visit.log_in_with(&form).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer, serde_json::json!({"error": "invalid_grant", "error_description": "Invalid user credentials"}));
    }
    form.insert("password", right);
    assert_eq!(visit.log_in_with(&form).await.1["error_description"], "Invalid user credentials");
    visit.log_in("front-desk").await;
}

#[tokio::test]
async fn unknown_users_and_clients_and_incomplete_forms_are_refused() {
    let visit = Visit::new(SandboxOptions::default()).await;
    for (field, value, status, error) in [
        ("username", "nobody", 401, "invalid_grant"),
        ("client_id", "nobody", 401, "invalid_client"),
        ("client_secret", "wrong", 401, "unauthorized_client"),
    ] {
        let mut form = visit.form("front-desk");
        form.insert(field, value.to_owned());
        let (found, answer) = visit.log_in_with(&form).await;
        assert_eq!((found.as_u16(), answer["error"].as_str()), (status, Some(error)));
    }
    let mut form = visit.form("front-desk");
    form.remove("password");
    assert_eq!(visit.log_in_with(&form).await.0, StatusCode::BAD_REQUEST);
    let no_form = visit.ask(Method::POST, "/ccda/ccda/generate-token").body("{}").send().await.unwrap();
    assert_eq!(no_form.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_revocation_forbids_the_old_tokens_and_shows_in_the_new_ones() {
    let (_, options) = manual();
    let visit = Visit::new(SandboxOptions { revoke_after: Some(2), ..options }).await;
    let patient = &visit.patients()[0];
    let policy = |answer: &Value| answer["token"]["not-before-policy"].as_i64().unwrap();
    let (_, before) = visit.log_in_with(&visit.form(&patient.account)).await;
    let bearer = before["token"]["access_token"].as_str().unwrap();
    for expected in [StatusCode::OK, StatusCode::OK, StatusCode::FORBIDDEN] {
        assert_eq!(visit.document(bearer, &[("patient_token", &patient.token)]).await.0, expected);
    }
    let (_, after) = visit.log_in_with(&visit.form(&patient.account)).await;
    assert!(policy(&after) > policy(&before));
    let bearer = after["token"]["access_token"].as_str().unwrap();
    for _ in 0..5 {
        assert_eq!(visit.document(bearer, &[("patient_token", &patient.token)]).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn chosen_accounts_are_rejected_or_claim_another_tenant() {
    let options =
        SandboxOptions { reject: vec!["nursing".to_owned()], wrong_tenant: vec!["billing".to_owned()], ..SandboxOptions::default() };
    let visit = Visit::new(options).await;
    assert_eq!(visit.log_in_with(&visit.form("nursing")).await.0, StatusCode::UNAUTHORIZED);
    let line = visit.patients().into_iter().find(|line| line.account == "billing").unwrap();
    let (_, answer) = visit.log_in_with(&visit.form("billing")).await;
    assert_ne!(answer["token"]["tenant"].as_str().unwrap(), line.tenant);
}

#[tokio::test]
async fn documents_are_xml_and_gzip_for_who_accepts_it() {
    let visit = Visit::new(SandboxOptions::default()).await;
    let patient = &visit.patients()[0];
    let bearer = visit.log_in(&patient.account).await;
    let path = format!("/ccda/ccda/patient_data?patient_token={}", patient.token);
    let response = visit.ask(Method::GET, &path).bearer_auth(&bearer).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(
        (&response.headers()["content-type"], &response.headers()["content-encoding"]),
        (&"application/xml".parse().unwrap(), &"gzip".parse().unwrap())
    );
    let bytes = response.bytes().await.unwrap();
    let inflated = std::io::read_to_string(flate2::read::GzDecoder::new(&bytes[..])).unwrap();
    assert!(inflated.contains("<ClinicalDocument") && bytes.len() * 3 < inflated.len());
}

#[tokio::test]
async fn real_files_are_served_byte_for_byte_and_a_vanished_one_is_a_server_error() {
    let documents = tempfile::tempdir().unwrap();
    let contents: HashMap<&str, &[u8]> =
        HashMap::from([("b.xml", &b"\xef\xbb\xbf<a/>"[..]), ("deep/é, \"x\".TXT", b"\x00\xff"), ("z", b"")]);
    fs::create_dir(documents.path().join("deep")).unwrap();
    contents.iter().for_each(|(name, bytes)| fs::write(documents.path().join(name), bytes).unwrap());
    fs::write(documents.path().join(".hidden"), "x").unwrap();
    let visit = Visit::new(SandboxOptions { documents: Some(documents.path().to_owned()), ..SandboxOptions::default() }).await;
    let patients = visit.patients();
    assert_eq!(patients.iter().map(|line| line.own.as_str()).collect::<Vec<_>>(), ["b.xml", "deep/é, \"x\".TXT", "z"]);
    let bearer = visit.log_in("front-desk").await;
    for line in &patients {
        let path = format!("/ccda/ccda/patient_data?patient_token={}", line.token);
        let response = visit.ask(Method::GET, &path).bearer_auth(&bearer).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/xml");
        assert_eq!(&response.bytes().await.unwrap()[..], contents[line.own.as_str()]);
    }
    fs::remove_file(documents.path().join("z")).unwrap();
    assert_eq!(visit.document(&bearer, &[("patient_token", &patients[2].token)]).await.0, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn the_journal_counts_and_lists_every_request_but_its_own() {
    let visit = Visit::new(SandboxOptions::default()).await;
    let patient = &visit.patients()[0];
    let bearer = visit.log_in(&patient.account).await;
    visit.document(&bearer, &[("patient_token", &patient.token)]).await;
    visit.document("nonsense", &[("patient_token", &patient.token)]).await;
    visit.journal().await;
    let journal = visit.journal().await;
    assert_eq!(journal["counts"], serde_json::json!({"token": {"200": 1}, "document": {"200": 1, "403": 1}}));
    let second = &journal["requests"][1];
    assert_eq!((second["sequence"].as_u64(), second["kind"].as_str(), second["status"].as_u64()), (Some(2), Some("document"), Some(200)));
    assert_eq!((second["tenant"].as_str(), second["account"].as_str()), (Some(patient.tenant.as_str()), Some(patient.account.as_str())));
    assert_eq!(second["patient_token"].as_str(), Some(patient.token.as_str()));
    assert_eq!(second["content_type"], "application/x-www-form-urlencoded");
    assert!(second["at_ms"].is_u64());
}

#[tokio::test]
async fn the_roster_is_for_its_owner_alone_and_many_accounts_stand_in_a_file_of_their_own() {
    let visit = Visit::new(SandboxOptions { accounts: Some(30), patients: Some(30), ..SandboxOptions::default() }).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let fresh = visit.folder.path().join("fresh");
    visit.sandbox.write_roster(&fresh).unwrap();
    let mut names: Vec<_> = fs::read_dir(&fresh).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["credentials.csv", "job.toml", "patients.csv", "roster.toml"]);
    assert!(names.iter().all(|name| mode(&fresh.join(name)) == 0o600));
    assert_eq!(mode(&fresh), 0o700);
    assert_eq!(csv::Reader::from_path(fresh.join("credentials.csv")).unwrap().records().count(), 30);
    let (roster, job) = (visit.read("roster.toml"), visit.read("job.toml"));
    assert_eq!((roster["credentials"].as_str(), job["database"].as_str()), (Some("credentials.csv"), Some("export.sqlite")));
    assert!(roster["tenants"][0].get("accounts").is_none());
}

#[tokio::test]
async fn a_latency_is_waited_for_on_the_clock() {
    let (clock, options) = manual();
    let visit = Visit::new(SandboxOptions { latency: Duration::from_secs(60), ..options }).await;
    let patient = &visit.patients()[0];
    let bearer = visit.log_in(&patient.account).await;
    let parameters = [("patient_token", patient.token.as_str())];
    let mut request = std::pin::pin!(visit.document(&bearer, &parameters));
    // The clock is moved until the answer comes; were it not waited for, the clock would still stand.
    let status = loop {
        tokio::select! {
            biased;
            (status, _) = &mut request => break status,
            () = tokio::task::yield_now() => clock.advance(Duration::from_millis(1)),
        }
    };
    assert_eq!(status, StatusCode::OK);
    assert!(clock.elapsed() >= Duration::from_secs(60));
}

#[tokio::test]
async fn impossible_options_are_refused_with_words() {
    let empty = tempfile::tempdir().unwrap();
    let folder = Some(empty.path().to_owned());
    for (options, words) in [
        (SandboxOptions { tenants: Some(3), accounts: Some(2), ..SandboxOptions::default() }, "every tenant needs one"),
        (SandboxOptions { documents: folder.clone(), ..SandboxOptions::default() }, "no file"),
        (SandboxOptions { documents: folder, patients: Some(1), ..SandboxOptions::default() }, "the folder tells"),
    ] {
        let error = Sandbox::start(options).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

//! `POST /ccda/ccda/generate-token`: who may log in, and in which words the others are refused. The words are Keycloak's, whose answer it is.

use std::{io, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{
    faults,
    journal::{Facts, Kind},
    server::World,
    tokens::Issued,
    visitor::Visitor,
};

/// The form; that all of it is required is checked here, to say what is missing.
#[derive(Deserialize)]
pub(super) struct LoginForm {
    client_id: Option<String>,
    client_secret: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    message: &'static str,
    token: Token<'a>,
}

/// What Keycloak says about a token.
#[derive(Serialize)]
struct Token<'a> {
    access_token: &'a str,
    expires_in: u64,
    refresh_expires_in: u64,
    refresh_token: &'a str,
    token_type: &'static str,
    #[serde(rename = "not-before-policy")]
    not_before_policy: i64,
    session_state: &'a str,
    scope: &'static str,
    patient: String,
    tenant: &'a str,
}

/// Why a login is refused: status, OAuth error (RFC 6749, section 5.2) and Keycloak's words.
struct Refused(StatusCode, &'static str, String);

const SCOPE: &str = "patient/Patient.rs patient/MedicationDispense.rs patient/DocumentReference.rs profile tenant";

/// 95 days, as in the contract's example.
const REFRESH_SECONDS: u64 = 8_208_000;

/// The answer to a login; no form where it was none.
pub(super) async fn answer(world: &World, form: Option<LoginForm>, visitor: &mut Visitor<'_>) -> Response {
    let account = match account(world, form, &mut visitor.facts) {
        Ok(account) => account,
        Err(Refused(status, error, description)) => {
            return (status, Json(serde_json::json!({ "error": error, "error_description": description }))).into_response();
        }
    };
    match world.fault(Kind::Token, account, account, visitor.came_at()) {
        Some(fault) => faults::answer(fault, Bytes::new(), &world.options.clock).await,
        None => token(world, account).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()),
    }
}

/// Whom the form logs in.
fn account(world: &World, form: Option<LoginForm>, facts: &mut Facts) -> Result<usize, Refused> {
    let form = form.ok_or_else(|| bad_request("Invalid form"))?;
    let client_id = form.client_id.ok_or_else(|| missing("client_id"))?;
    let client_secret = form.client_secret.ok_or_else(|| missing("client_secret"))?;
    let username = form.username.ok_or_else(|| missing("username"))?;
    let password = form.password.ok_or_else(|| missing("password"))?;
    let tenant = client(world, &client_id, &client_secret)?;
    facts.tenant = Some(Arc::clone(&world.directory.tenants[tenant].name));
    user(world, tenant, &username, &password, facts)
}

fn client(world: &World, client_id: &str, client_secret: &str) -> Result<usize, Refused> {
    let refused = |error| Refused(StatusCode::UNAUTHORIZED, error, "Invalid client or Invalid client credentials".to_owned());
    let tenant = world.directory.tenant_of_client(client_id).ok_or_else(|| refused("invalid_client"))?;
    let right = world.directory.tenants[tenant].client_secret == client_secret;
    right.then_some(tenant).ok_or_else(|| refused("unauthorized_client"))
}

/// An unknown user, a wrong password and a locked user are refused in the same words.
fn user(world: &World, tenant: usize, username: &str, password: &str, facts: &mut Facts) -> Result<usize, Refused> {
    let refused = || Refused(StatusCode::UNAUTHORIZED, "invalid_grant", "Invalid user credentials".to_owned());
    let known = world.directory.account_of_user(username);
    let index = known.filter(|index| world.directory.accounts[*index].tenant == tenant).ok_or_else(refused)?;
    let account = &world.directory.accounts[index];
    facts.account = Some(Arc::clone(&account.name));
    let mut tokens = world.tokens();
    if account.rejected || account.password != password {
        tokens.failed(index);
        return Err(refused());
    }
    if tokens.locked(index) { Err(refused()) } else { Ok(index) }
}

fn bad_request(description: &str) -> Refused {
    Refused(StatusCode::BAD_REQUEST, "invalid_request", description.to_owned())
}

fn missing(field: &str) -> Refused {
    bad_request(&format!("Missing form parameter: {field}"))
}

fn token(world: &World, account: usize) -> io::Result<Response> {
    let elapsed = world.options.clock.elapsed();
    // The chance is locked before the tokens, here and nowhere the other way round.
    let Issued { access_token, refresh_token, session, not_before } = {
        let mut chance = world.chance();
        world.tokens().issue(account, &mut chance, elapsed)?
    };
    let token = Token {
        access_token: &access_token,
        expires_in: world.options.token_lifetime.as_secs(),
        refresh_expires_in: REFRESH_SECONDS,
        refresh_token: &refresh_token,
        token_type: "Bearer",
        not_before_policy: not_before,
        session_state: &session,
        scope: SCOPE,
        patient: (world.directory.first_patient(account) + 1).to_string(),
        tenant: &world.directory.accounts[account].claimed_tenant,
    };
    Ok(Json(Answer { message: "Token generated successfully", token }).into_response())
}

//! Tokens, and how the answers of `generate-token` are read: the vendor's JSON in, our types out.
//!
//! Knows nothing of HTTP: which status makes an answer worth reading is decided in `verdict`.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::TenantName;

/// The life of a token as the contract has it: what is assumed where `expires_in` says nothing, and the most that is believed.
const LONGEST_LIFE: f64 = 900.0;

/// Which token: later ones have greater ids. Times would not do, because two may be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenId(u64);

static ISSUED: AtomicU64 = AtomicU64::new(0);

/// An access token of one account. Nothing of it can be printed but its age.
pub struct Token {
    id: TokenId,
    secret: SecretString,
    asked_at: Duration,
    issued_at: Duration,
    lifetime: Duration,
    not_before_policy: i64,
    brought_document: AtomicBool,
}

/// When a token was asked for and when it came, on the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Issue {
    pub asked_at: Duration,
    pub issued_at: Duration,
}

impl Token {
    /// A token as it was issued; `not_before_policy` in Unix seconds, 0 for none.
    pub fn new(secret: SecretString, issue: Issue, lifetime: Duration, not_before_policy: i64) -> Self {
        let Issue { asked_at, issued_at } = issue;
        let id = TokenId(ISSUED.fetch_add(1, Ordering::Relaxed));
        Self { id, secret, asked_at, issued_at, lifetime, not_before_policy, brought_document: AtomicBool::new(false) }
    }

    /// To be kept when it is refused, and given to [`Need::NewerThan`](super::Need::NewerThan).
    pub fn id(&self) -> TokenId {
        self.id
    }

    /// When it came, on the monotonic clock: whether before or after another token's refusal tells whether its own refusal is a verdict.
    pub fn issued_at(&self) -> Duration {
        self.issued_at
    }

    /// Notes that the server gave a document for it: when it is refused later, a new one may be asked for at once.
    pub fn brought_document(&self) {
        self.brought_document.store(true, Ordering::Relaxed);
    }

    /// Whether a document came for it: it was good once.
    pub fn has_brought_document(&self) -> bool {
        self.brought_document.load(Ordering::Relaxed)
    }

    /// The end of its life. It is counted from the moment of asking, so that a slow answer makes it shorter and never longer.
    pub(super) fn expires_at(&self) -> Duration {
        self.asked_at + self.lifetime
    }

    pub(super) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    pub(super) fn not_before_policy(&self) -> i64 {
        self.not_before_policy
    }

    pub(super) fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("issued_at", &self.issued_at).field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// Why a 200 of the token endpoint is no token that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenFault {
    /// Not the contract's shape, in these words.
    Shape(&'static str),
    /// A token of another tenant, or of none.
    WrongTenant,
}

#[derive(Deserialize)]
struct Answer {
    token: Granted,
}

/// What is needed of Keycloak's answer. What is lenient here is no part of the token's worth: a life that says nothing is bounded instead.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    #[serde(default)]
    expires_in: Value,
    #[serde(default, rename = "not-before-policy")]
    not_before_policy: Value,
    #[serde(default)]
    tenant: Value,
}

/// Reads the body of a 200; the token must be one of `tenant`.
pub(super) fn read_token(body: &[u8], tenant: &TenantName, issue: Issue) -> Result<Token, TokenFault> {
    let Answer { token } = serde_json::from_slice(body).map_err(|_| TokenFault::Shape("the answer is not the contract's JSON"))?;
    if token.access_token.is_empty() || !token.access_token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TokenFault::Shape("the access token is empty or not printable ASCII"));
    }
    if !token.token_type.eq_ignore_ascii_case("bearer") {
        return Err(TokenFault::Shape("the token is not a bearer token"));
    }
    if token.tenant.as_str() != Some(tenant.0.as_str()) {
        return Err(TokenFault::WrongTenant);
    }
    let policy = token.not_before_policy.as_i64().unwrap_or(0);
    Ok(Token::new(SecretString::from(token.access_token), issue, lifetime(&token.expires_in), policy))
}

/// A life between 0 and 900 s, whatever the server says of it.
fn lifetime(expires_in: &Value) -> Duration {
    let seconds = expires_in.as_f64().or_else(|| expires_in.as_str()?.trim().parse().ok()).filter(|seconds| !seconds.is_nan());
    Duration::from_secs_f64(seconds.unwrap_or(LONGEST_LIFE).clamp(0.0, LONGEST_LIFE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const NOW: Issue = Issue { asked_at: Duration::from_secs(1), issued_at: Duration::from_secs(2) };

    fn granted(change: impl FnOnce(&mut Value)) -> Result<Token, TokenFault> {
        let mut token = json!({
            "access_token": "ey.J-x", "expires_in": 900, "refresh_expires_in": 1, "refresh_token": "r", "token_type": "Bearer",
            "not-before-policy": 1_741_856_296, "session_state": "s", "scope": "tenant", "patient": "3", "tenant": "TENANT_AB"
        });
        change(&mut token);
        read_token(json!({ "message": "m", "token": token }).to_string().as_bytes(), &TenantName("TENANT_AB".into()), NOW)
    }

    #[test]
    fn the_contracts_answer_is_a_token() {
        let token = granted(|_| ()).unwrap();
        assert_eq!((token.expose(), token.not_before_policy(), token.issued_at()), ("ey.J-x", 1_741_856_296, Duration::from_secs(2)));
        assert_eq!(token.expires_at(), Duration::from_secs(901));
    }

    #[test]
    fn a_token_prints_nothing_of_itself() {
        let shown = format!("{:?}", granted(|_| ()).unwrap());
        assert!(!shown.contains("ey") && !shown.contains("1741856296"), "{shown}");
    }

    #[test]
    fn another_shape_is_no_token() {
        for (key, value) in
            [("access_token", json!("")), ("access_token", json!("a\nb")), ("access_token", json!("é")), ("token_type", json!("mac"))]
        {
            assert!(matches!(granted(|token| token[key] = value), Err(TokenFault::Shape(_))), "{key}");
        }
        for body in ["", "[]", "{}", "{\"token\":\"ey\"}", "{\"access_token\":\"ey\",\"token_type\":\"Bearer\",\"tenant\":\"T\"}"] {
            assert!(matches!(read_token(body.as_bytes(), &TenantName("T".into()), NOW), Err(TokenFault::Shape(_))), "{body}");
        }
    }

    #[test]
    fn a_token_of_another_tenant_or_of_none_is_not_used() {
        for tenant in [json!("TENANT_A"), json!("tenant_ab"), json!(""), json!(null), json!(["TENANT_AB"])] {
            assert_eq!(granted(|token| token["tenant"] = tenant).unwrap_err(), TokenFault::WrongTenant);
        }
    }

    #[test]
    fn the_life_of_a_token_is_bounded_whatever_is_said_of_it() {
        let cases = [
            (json!(null), 900),
            (json!(0), 0),
            (json!(-5), 0),
            (json!(1e12), 900),
            (json!("60"), 60),
            (json!("soon"), 900),
            (json!("NaN"), 900),
        ];
        for (expires_in, seconds) in cases {
            let token = granted(|token| token["expires_in"] = expires_in.clone()).unwrap();
            assert_eq!(token.lifetime(), Duration::from_secs(seconds), "{expires_in}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(read_token(&body, &TenantName("T".into()), NOW).is_err());
        }

        #[test]
        fn every_life_lies_between_0_and_900_seconds(seconds in any::<f64>()) {
            prop_assert!(lifetime(&json!(seconds)) <= Duration::from_secs(900));
            prop_assert!(lifetime(&json!(seconds.to_string())) <= Duration::from_secs(900));
        }
    }
}

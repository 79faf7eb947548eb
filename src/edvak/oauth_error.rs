//! Errors of OAuth in the answers of `generate-token` (RFC 6749, section 5.2): which they are, and what of them people may read. Pure.

use serde_json::Value;

use super::verdict::TokenBody;

/// The words of an OAuth error.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OAuthError {
    pub(super) error: String,
    pub(super) description: Option<String>,
}

impl OAuthError {
    /// Finds the error at the top of a JSON answer, or in its `token`, where the vendor puts Keycloak's answers.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let answer: Value = serde_json::from_slice(body).ok()?;
        let within = [&answer, &answer["token"], &answer["error"]].into_iter().find(|value| value["error"].is_string())?;
        let word = |key: &str| within[key].as_str().map(str::to_owned);
        Some(Self { error: word("error")?, description: word("error_description") })
    }

    pub(super) fn body(&self) -> TokenBody {
        match self.error.as_str() {
            "invalid_grant" => TokenBody::InvalidGrant,
            "invalid_client" | "unauthorized_client" => TokenBody::InvalidClient,
            _ => TokenBody::Other,
        }
    }

    /// The server's words for people: printable, 200 characters at most, and without the description where that repeats one of `secrets`.
    pub(super) fn words(&self, secrets: &[&str]) -> String {
        let tells = |text: &str| secrets.iter().any(|secret| !secret.is_empty() && text.to_lowercase().contains(&secret.to_lowercase()));
        let said: Vec<&str> =
            [Some(self.error.as_str()), self.description.as_deref()].into_iter().flatten().filter(|text| !tells(text)).collect();
        said.join(": ").chars().filter(|character| !character.is_control()).take(200).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_oauth_error_is_found_at_the_top_and_where_the_vendor_nests_it() {
        for body in [
            r#"{"error":"invalid_grant"}"#,
            r#"{"message":"no","token":{"error":"invalid_grant"}}"#,
            r#"{"error":{"error":"invalid_grant"}}"#,
        ] {
            assert_eq!(OAuthError::read(body.as_bytes()).unwrap().body(), TokenBody::InvalidGrant, "{body}");
        }
        assert_eq!(OAuthError::read(br#"{"error":"unauthorized_client"}"#).unwrap().body(), TokenBody::InvalidClient);
        assert_eq!(OAuthError::read(br#"{"error":"invalid_request"}"#).unwrap().body(), TokenBody::Other);
        assert_eq!(OAuthError::read(b"invalid_grant"), None);
    }

    #[test]
    fn words_that_repeat_a_secret_are_not_passed_on() {
        let error = OAuthError { error: "invalid_grant".into(), description: Some("Unknown user Jo@Example.org\u{7}".into()) };
        assert_eq!(error.words(&["jo@example.org", ""]), "invalid_grant");
        assert_eq!(error.words(&["other"]), "invalid_grant: Unknown user Jo@Example.org");
        let long = OAuthError { error: "x".repeat(500), description: None };
        assert_eq!(long.words(&[]).len(), 200);
    }

    proptest! {
        #[test]
        fn words_are_short_printable_and_free_of_secrets(error in "\\PC*", before in "\\PC{0,300}", secret in "[a-z]{4,20}") {
            let error = OAuthError { error, description: Some(format!("{before}{}", secret.to_uppercase())) };
            let words = error.words(&[&secret]);
            prop_assert!(words.chars().count() <= 200 && !words.chars().any(char::is_control));
            prop_assert!(!words.to_lowercase().contains(&secret));
        }
    }
}

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

    /// The server's words for people: 200 characters at most, nothing that repeats one of `secrets`, and plain words alone.
    pub(super) fn words(&self, secrets: &[&str]) -> String {
        let secrets: Vec<String> = secrets.iter().map(|secret| secret.to_lowercase()).filter(|secret| !secret.is_empty()).collect();
        let said = [Some(self.error.as_str()), self.description.as_deref()].into_iter().flatten();
        let said: Vec<String> = said.filter_map(|text| tellable(text, &secrets)).collect();
        said.join(": ").chars().take(200).collect()
    }
}

/// What stands in the place of a word that is not told.
const LEFT_OUT: &str = "…";

/// The text as it may be told, or nothing where it repeats one of these secrets in lower case.
fn tellable(text: &str, secrets: &[String]) -> Option<String> {
    // Without them first: a control character in the midst of a password does not hide it.
    let text: String = text.chars().filter(|character| !character.is_control()).collect();
    let lower = text.to_lowercase();
    if secrets.iter().any(|secret| lower.contains(secret)) {
        return None;
    }
    if is_code(&text) {
        return Some(text);
    }
    let first = text.split_whitespace().next().unwrap_or_default();
    let mut told: Vec<&str> = text.split_whitespace().map(|word| if is_plain(word, first, secrets) { word } else { LEFT_OUT }).collect();
    told.dedup_by(|next, before| *next == LEFT_OUT && *before == LEFT_OUT);
    Some(told.join(" "))
}

/// One of OAuth's own words, such as `invalid_grant`.
fn is_code(text: &str) -> bool {
    text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Whether it is a word as sentences have them: letters, not capital but at the beginning. Anything else may be a token, an address or somebody's
/// name; so may a piece of the user name.
fn is_plain(word: &str, first: &str, secrets: &[String]) -> bool {
    let letters = word.trim_matches(|character: char| character.is_ascii_punctuation());
    let lower = letters.to_lowercase();
    let in_user_name = |secret: &String| {
        let user = secret.split('@').next().unwrap_or_default();
        user.split(|character: char| !character.is_alphanumeric()).any(|piece| piece == lower)
    };
    let shape = letters.chars().count() <= 20 && letters.chars().all(|character| character.is_alphabetic() || "'’-".contains(character));
    shape && (word == first || letters == lower) && !secrets.iter().any(in_user_name)
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
        let hidden = OAuthError { error: "invalid_grant".into(), description: Some("no hun\u{0}ter here".into()) };
        assert_eq!(hidden.words(&["hunter"]), "invalid_grant");
        let long = OAuthError { error: "x ".repeat(500), description: None };
        assert_eq!(long.words(&[]).len(), 200);
    }

    #[test]
    fn of_a_sentence_the_plain_words_are_passed_on_and_nothing_that_may_be_a_name_or_a_token() {
        let cases = [
            ("Account is not fully set up", "Account is not fully set up"),
            ("Invalid client or Invalid client credentials", "Invalid client or Invalid client credentials"),
            ("Client doesn't exist (disabled)", "Client doesn't exist (disabled)"),
            ("Unknown user Jo@Example.org", "Unknown user …"),
            ("Account of Maria Lopez, born 1970-01-01, is disabled", "Account of … born … is disabled"),
            ("Token ey.abc-1 and user=maria%40example.org are bad", "Token … and … are bad"),
            ("user lopez is locked", "user … is locked"),
            ("Lopez is locked", "… is locked"),
            ("secretwithoutanyspaceorend is wrong", "… is wrong"),
        ];
        for (description, told) in cases {
            let error = OAuthError { error: "invalid_grant".into(), description: Some(description.into()) };
            assert_eq!(error.words(&["maria.lopez@example.net", "pa55word"]), format!("invalid_grant: {told}"));
        }
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

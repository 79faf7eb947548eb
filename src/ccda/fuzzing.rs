//! A door for `fuzz/` to what flattening reads of an accepted text; there is none in an ordinary build. Decides nothing.

use super::tokens::{Token, Tokens};

/// Each token in words: whose a start tag's name is and its attributes, an end, and text, as much as stands together.
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Tokens::new(text);
    let (mut told, mut heard) = (Vec::new(), String::new());
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => {
                heard.push_str(&text);
                continue;
            }
            _ if heard.is_empty() => {}
            _ => told.push(std::mem::take(&mut heard)),
        }
        told.push(match token {
            Token::Start { space, local, .. } => format!("<{space:?} {local} {:?}>", tokens.attributes()),
            _ => "</>".to_owned(),
        });
    }
    told
}

//! The tokens of a statement, as far as somebody has to know them who does not run it: where one ends, and what is text or a comment and no SQL.
//!
//! The rules are those of SQLite's own tokenizer (<https://www.sqlite.org/lang_comment.html>, <https://www.sqlite.org/lang_keywords.html>).

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, a bare name or a number.
    Word,
    /// A text or a name in quotes.
    Quoted,
    /// One character of an operator or a bracket.
    Symbol,
    /// What ends a statement.
    Semicolon,
}

/// A token, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub range: Range<usize>,
}

/// All tokens in order; white space and comments are none.
pub(super) fn tokens(sql: &str) -> impl Iterator<Item = Token> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += gap(&sql[at..]);
        let rest = &sql[at..];
        let first = rest.chars().next()?;
        let (kind, length) = match first {
            ';' => (Kind::Semicolon, 1),
            '\'' | '"' | '`' => (Kind::Quoted, quoted(rest, first)),
            '[' => (Kind::Quoted, rest.find(']').map_or(rest.len(), |end| end + 1)),
            first if is_of_word(first) => (Kind::Word, rest.find(|char| !is_of_word(char)).unwrap_or(rest.len())),
            first => (Kind::Symbol, first.len_utf8()),
        };
        let range = at..at + length;
        at = range.end;
        Some(Token { kind, range })
    })
}

/// Every character beyond ASCII may be part of a name.
fn is_of_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_' || char == '$' || !char.is_ascii()
}

/// The length of the white space and comments at the beginning. A comment that is not closed ends with the text.
fn gap(sql: &str) -> usize {
    let mut rest = sql;
    loop {
        let text = rest.trim_start_matches([' ', '\t', '\n', '\x0c', '\r', '\u{feff}']);
        rest = if text.starts_with("--") {
            text.find('\n').map_or("", |end| &text[end..])
        } else if let Some(comment) = text.strip_prefix("/*") {
            comment.find("*/").map_or("", |end| &comment[end + 2..])
        } else {
            return sql.len() - text.len();
        };
    }
}

/// The length of what stands in quotes, in which a doubled quote is one of the text.
fn quoted(sql: &str, quote: char) -> usize {
    let mut end = 1;
    while let Some(found) = sql[end..].find(quote) {
        end += found + 1;
        if !sql[end..].starts_with(quote) {
            return end;
        }
        end += 1;
    }
    sql.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql).map(|token| &sql[token.range]).collect()
    }

    #[test]
    fn texts_and_comments_hide_what_would_end_a_statement() {
        assert_eq!(
            texts("SELECT ';--' -- ; a\n, \";\" /* ; */ , `;`, [;];"),
            ["SELECT", "';--'", ",", "\";\"", ",", "`;`", ",", "[;]", ";"]
        );
    }

    #[test]
    fn a_doubled_quote_is_one_of_the_text() {
        assert_eq!(texts("'it''s; it' 'a' \"b\"\"c\""), ["'it''s; it'", "'a'", "\"b\"\"c\""]);
    }

    #[test]
    fn what_is_not_closed_ends_with_the_text() {
        assert_eq!(texts("a 'b;c"), ["a", "'b;c"]);
        assert_eq!(texts("a [b;c"), ["a", "[b;c"]);
        assert_eq!(texts("a /* b;c"), ["a"]);
        assert_eq!(texts("a -- b"), ["a"]);
        assert_eq!(texts("a 'b''"), ["a", "'b''"]);
    }

    #[test]
    fn names_may_have_any_letter() {
        assert_eq!(texts("\u{feff}größe_1$.x>=2"), ["größe_1$", ".", "x", ">", "=", "2"]);
    }
}

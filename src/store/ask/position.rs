//! Where in a statement the mistake is that SQLite speaks of. What SQLite knows of it is not to be had through sqlx, so it is found again from the
//! words of the message, and said only where there is no doubt.

use std::fmt;

use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, SqliteConnection};

use super::tokens::{Kind, Token, tokens};

/// A place in a text; both numbers begin with 1, and columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Position {
    /// Of the byte `at`, which has to be a character's first or the end.
    pub(super) fn of(text: &str, at: usize) -> Self {
        let before = &text[..at];
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The messages that end with the name which is wrong.
const OF_A_NAME: [&str; 4] = ["no such column: ", "no such table: ", "no such function: ", "ambiguous column name: "];

/// Where the mistake of this message is; the statement must have been refused with it when it was prepared.
pub(super) async fn of_message(connection: &mut SqliteConnection, sql: &str, message: &str) -> Option<Position> {
    if let Some(token) = between(message, "near \"", "\": syntax error").or_else(|| between(message, "unrecognized token: \"", "\"")) {
        return of_token(connection, sql, token, message).await;
    }
    let name = OF_A_NAME
        .iter()
        .find_map(|words| message.strip_prefix(words))
        .or_else(|| between(message, "wrong number of arguments to function ", "()"));
    Some(Position::of(sql, of_name(sql, name?)?))
}

/// The first place of this token at which the statement up to its end is refused with the same message: the parser had no need of what follows.
async fn of_token(connection: &mut SqliteConnection, sql: &str, token: &str, message: &str) -> Option<Position> {
    let ranges: Vec<_> = tokens(sql).map(|token| token.range).collect();
    let is_token = |at: usize, end: usize| ranges.iter().any(|range| range.start == at) && ranges.iter().any(|range| range.end == end);
    for (at, _) in sql.match_indices(token) {
        let end = at + token.len();
        if is_token(at, end) && refusal(connection, &sql[..end]).await.is_some_and(|refusal| refusal == message) {
            return Some(Position::of(sql, at));
        }
    }
    None
}

async fn refusal(connection: &mut SqliteConnection, sql: &str) -> Option<String> {
    let error = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await.err()?;
    Some(error.as_database_error()?.message().to_owned())
}

/// Where this name stands, which may have a table's and a schema's before it, if it stands in one place only.
fn of_name(sql: &str, name: &str) -> Option<usize> {
    let (name, tokens) = (name.to_ascii_lowercase(), tokens(sql).collect::<Vec<_>>());
    let is_name = |found: &&[Token]| found.iter().map(|token| plain(sql, token)).collect::<String>() == name;
    let places: Vec<_> = [1, 3, 5].into_iter().flat_map(|parts| tokens.windows(parts).filter(is_name)).collect();
    match places.as_slice() {
        [[first, ..]] => Some(first.range.start),
        _ => None,
    }
}

/// A name as SQLite compares it: without quotes, whatever the case.
fn plain(sql: &str, token: &Token) -> String {
    let text = &sql[token.range.clone()];
    match token.kind {
        Kind::Quoted => text.get(1..text.len() - 1).unwrap_or_default().to_ascii_lowercase(),
        _ => text.to_ascii_lowercase(),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.strip_suffix(after)
}

#[cfg(test)]
mod tests {
    use sqlx::Connection;

    use super::*;

    async fn position(sql: &str) -> Option<String> {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let message = refusal(&mut connection, sql).await.unwrap_or_else(|| panic!("{sql} is no mistake"));
        of_message(&mut connection, sql, &message).await.map(|position| position.to_string())
    }

    #[tokio::test]
    async fn a_mistake_is_found_where_it_is_and_not_where_the_same_word_is_right() {
        for (sql, expected) in [
            ("SELECT 1 FORM a", Some("line 1, column 15")),
            ("SELECT 'FROM' AS \"FROM\",\n  1 FROM FROM a", Some("line 2, column 10")),
            ("SELECT (1, 2)) FROM a", Some("line 1, column 14")),
            ("SELECT größe + # 1", Some("line 1, column 16")),
            ("SELECT 1 WHERE nope = 1", Some("line 1, column 16")),
            ("SELECT s.nope, nope FROM sqlite_schema s", Some("line 1, column 8")),
            ("SELECT 1\nFROM \"No Such\"", Some("line 2, column 6")),
            ("SELECT nope(1)", Some("line 1, column 8")),
            ("SELECT upper()", Some("line 1, column 8")),
            // Which of the two SQLite means is not to be known.
            ("SELECT nope, nope FROM sqlite_schema", None),
            ("SELECT 1 +", None),
        ] {
            assert_eq!(position(sql).await.as_deref(), expected, "{sql}");
        }
    }
}

//! Whether a text is one statement that reads. A connection that cannot write is no answer to all of it: ATTACH opens other files, VACUUM INTO makes
//! them, and a PRAGMA takes effect while it is prepared, even behind EXPLAIN (<https://www.sqlite.org/pragma.html>).

use super::{
    position::Position,
    tokens::{Kind, Token, tokens},
};

/// What a statement that only reads begins with (<https://www.sqlite.org/lang_select.html>). Behind WITH may stand one that writes; that the
/// connection refuses.
const READING: [&str; 3] = ["SELECT", "VALUES", "WITH"];

/// Why it is none, in words for who typed it.
pub(super) fn refused(sql: &str) -> Option<String> {
    if let Some(at) = sql.find('\0') {
        // SQLite would take it for the end of the text.
        return Some(format!("there is a NUL character at {}", Position::of(sql, at)));
    }
    let mut tokens = tokens(sql).skip_while(|token| token.kind == Kind::Semicolon);
    let Some(first) = tokens.next() else { return Some("there is no statement".to_owned()) };
    let mut verb = word(sql, &first);
    let mut further = tokens.by_ref().take_while(|token| token.kind != Kind::Semicolon).map(|token| word(sql, &token));
    if verb == "EXPLAIN" {
        verb = match further.next() {
            Some(query) if query == "QUERY" => further.nth(1),
            explained => explained,
        }
        .unwrap_or_default();
    }
    further.for_each(drop);
    if !READING.contains(&verb.as_str()) {
        return Some(format!("only a statement that reads is answered: SELECT, VALUES or WITH, or EXPLAIN of one; this one is {verb}"));
    }
    let second = tokens.find(|token| token.kind != Kind::Semicolon)?;
    Some(format!("only one statement is answered at a time; another begins at {}", Position::of(sql, second.range.start)))
}

/// In upper case, as keywords are compared.
fn word(sql: &str, token: &Token) -> String {
    sql[token.range.clone()].to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::refused;

    #[test]
    fn one_statement_that_reads_passes_with_whatever_stands_around_it() {
        for sql in [
            "SELECT 1",
            "select ';' ; -- and that is all\n ;",
            "/* first */ -- second\n;VALUES (1)",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "EXPLAIN SELECT 1",
            "explain query plan select 1",
        ] {
            assert_eq!(refused(sql), None, "{sql}");
        }
    }

    #[test]
    fn whatever_else_is_refused_wherever_it_hides() {
        let verbs = "ATTACH 'a' AS b|DETACH a|PRAGMA user_version|pragma query_only = 0|VACUUM INTO 'a'|DELETE FROM a|INSERT INTO a VALUES (1)|\
                     REPLACE INTO a VALUES (1)|UPDATE a SET b = 1|CREATE TABLE a (b)|DROP TABLE a|ALTER TABLE a RENAME TO b|BEGIN|COMMIT|\
                     SAVEPOINT a|REINDEX|ANALYZE|SELECTED|'SELECT'|\"SELECT\" 1|(SELECT 1)";
        for sql in verbs.split('|') {
            for hidden in [sql.to_owned(), format!("/* SELECT */ ; {sql}"), format!("EXPLAIN {sql}"), format!("EXPLAIN QUERY PLAN {sql}")] {
                assert!(refused(&hidden).unwrap().starts_with("only a statement that reads"), "{hidden}");
            }
            let behind = refused(&format!("SELECT ';';\n{sql}"));
            assert_eq!(behind.unwrap(), "only one statement is answered at a time; another begins at line 2, column 1", "{sql}");
        }
        for sql in ["", " ;; ", "-- SELECT 1", "/* SELECT 1"] {
            assert_eq!(refused(sql).unwrap(), "there is no statement", "{sql:?}");
        }
        assert_eq!(refused("SELECT 1\n \0; ATTACH 'a' AS b").unwrap(), "there is a NUL character at line 2, column 2");
        assert!(refused("EXPLAIN").is_some());
    }
}

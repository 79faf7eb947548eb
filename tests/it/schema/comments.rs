//! The comments of a statement in `sqlite_schema`: what the table or view is, and what each of its columns is.

use std::collections::BTreeMap;

/// What a statement says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// Of the table or view.
    pub whole: Option<String>,
    /// By the name of the column.
    pub columns: BTreeMap<String, String>,
}

/// A part of a statement.
enum Piece {
    Code(String),
    Comment(Kind, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// From `--` on.
    OfALine,
    /// Between `/*` and `*/`.
    Block,
}

/// The comments of CREATE TABLE, of its added columns, and of CREATE VIEW or CREATE VIRTUAL TABLE.
///
/// The first comment is the whole's where it stands before the first column. A column's stands behind its definition, behind the comma too, and goes on
/// in lines that are comments alone; a view's column is the last word before it.
pub fn read(sql: &str, columns: &[String]) -> Comments {
    let mut comments = Comments::default();
    let mut code = String::new();
    let is_view = sql.get(..11).is_some_and(|head| head.eq_ignore_ascii_case("CREATE VIEW"));
    for piece in pieces(sql) {
        match piece {
            Piece::Code(text) => code += &text,
            Piece::Comment(kind, text) => {
                let head = code.trim_end();
                if comments.whole.is_none()
                    && (head.ends_with(" AS") || head.matches('(').count() <= 1 && (head.ends_with('(') || !head.contains('(')))
                {
                    comments.whole = Some(text);
                } else if let Some(column) = place(&code, kind, is_view, columns) {
                    let said = comments.columns.entry(column).or_default();
                    if !said.is_empty() {
                        said.push(' ');
                    }
                    *said += &text;
                }
            }
        }
    }
    comments
}

/// The column of a comment behind this code. Of a view it is the last word. Of a table it is the last definition; but behind a line it is the first of
/// that line, because SQLite puts an added column before the comment of the one that was the last.
fn place(code: &str, comment: Kind, is_view: bool, columns: &[String]) -> Option<String> {
    let line = code.rsplit('\n').next().unwrap_or_default();
    let code = code.trim_end().trim_end_matches(',');
    let item = match comment {
        _ if is_view => code.rsplit(|char: char| !is_of_word(char)).next()?,
        Kind::OfALine if !line.trim().is_empty() => first_word(line),
        _ => first_word(definition(code)),
    };
    columns.iter().find(|column| *column == item).cloned()
}

/// What stands behind the last comma outside of inner brackets.
fn definition(code: &str) -> &str {
    let (mut depth, mut start) = (0, 0);
    let mut quoted = false;
    for (at, char) in code.char_indices() {
        match char {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' => {
                depth += 1;
                if depth == 1 {
                    start = at + 1;
                }
            }
            ')' => depth -= 1,
            ',' if depth <= 1 => start = at + 1,
            _ => {}
        }
    }
    &code[start..]
}

fn first_word(definition: &str) -> &str {
    let definition = definition.trim_start().trim_start_matches('"');
    definition.split(|char: char| !is_of_word(char)).next().unwrap_or_default()
}

fn is_of_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// Code and comments in order; what is quoted is code.
fn pieces(sql: &str) -> Vec<Piece> {
    let (mut pieces, mut rest) = (Vec::new(), sql);
    while !rest.is_empty() {
        let end = code_end(rest);
        let (code, comment) = rest.split_at(end);
        pieces.push(Piece::Code(code.to_owned()));
        let (kind, (text, after)) = match (comment.strip_prefix("--"), comment.strip_prefix("/*")) {
            (Some(comment), _) => (Kind::OfALine, comment.split_at(comment.find('\n').unwrap_or(comment.len()))),
            (_, Some(comment)) => (Kind::Block, comment.split_once("*/").unwrap_or((comment, ""))),
            _ => break,
        };
        pieces.push(Piece::Comment(kind, text.split_whitespace().collect::<Vec<_>>().join(" ")));
        rest = after;
    }
    pieces
}

/// Where the next comment begins.
fn code_end(sql: &str) -> usize {
    let mut quote = None;
    for (at, char) in sql.char_indices() {
        match quote {
            Some(open) if char == open => quote = None,
            Some(_) => {}
            None if char == '\'' || char == '"' => quote = Some(char),
            None if sql[at..].starts_with("--") || sql[at..].starts_with("/*") => return at,
            None => {}
        }
    }
    sql.len()
}

#[test]
fn each_comment_is_its_columns_however_it_stands() {
    let columns = |names: &str| names.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let table = "CREATE TABLE a (  -- what it is\n  id INTEGER PRIMARY KEY,\n  b TEXT CHECK (b IN ('x', '-- y')), -- first\n    -- and more\n  \"end\" TEXT, c INTEGER CHECK (c IN (1, 2)) /* added */, -- last\n  UNIQUE (b)\n)";
    let read_table = read(table, &columns("id b end c"));
    assert_eq!(read_table.whole.as_deref(), Some("what it is"));
    let said: Vec<_> = read_table.columns.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(said, [("b", "first and more"), ("c", "added"), ("end", "last")]);

    let view = "CREATE VIEW v AS -- what it shows\nWITH w AS ( -- an inner one\n SELECT 1)\nSELECT a.b, c.d AS e, -- of both\n  -- and more\n  f -- the last\nFROM a";
    let read_view = read(view, &columns("b e f"));
    assert_eq!(read_view.whole.as_deref(), Some("what it shows"));
    let said: Vec<_> = read_view.columns.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(said, [("e", "of both and more"), ("f", "the last")]);
    assert_eq!(read("CREATE TABLE a (id INTEGER, -- of a\n b)", &columns("id b")).whole, None);
    assert_eq!(read("CREATE VIRTUAL TABLE s /* an index */ USING fts5 (a)", &columns("a")).whole.as_deref(), Some("an index"));
}

//! An answer as a JSON array of objects, a line each. NULL is null, a BLOB a text of hexadecimal digits.

use std::{
    collections::HashSet,
    io::{self, Write},
};

use super::AnswerForm;
use crate::store::Cell;

/// Writes each row at once.
pub struct JsonAnswer<W> {
    out: W,
    /// With their quotes and escapes.
    keys: Vec<String>,
    before_row: &'static str,
}

/// A name that two columns have: an object can have it once.
pub fn repeated_name(columns: &[String]) -> Option<&str> {
    let mut known = HashSet::new();
    columns.iter().map(String::as_str).find(|name| !known.insert(*name))
}

impl<W: Write> JsonAnswer<W> {
    /// Writes the beginning of the array; no two columns may have the same name.
    pub fn begin(columns: &[String], mut out: W) -> io::Result<Self> {
        out.write_all(b"[")?;
        let keys = columns.iter().map(|name| quoted(name)).collect();
        Ok(Self { out, keys, before_row: "\n" })
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn value(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Integer(_) | Cell::Real(_) => cell.to_string(),
        Cell::Text(text) => quoted(text),
        Cell::Blob(_) => quoted(&cell.to_string()),
    }
}

impl<W: Write> AnswerForm for JsonAnswer<W> {
    fn row(&mut self, row: &[Cell]) -> io::Result<bool> {
        let fields: Vec<_> = self.keys.iter().zip(row).map(|(key, cell)| format!("{key}:{}", value(cell))).collect();
        write!(self.out, "{}{{{}}}", self.before_row, fields.join(","))?;
        self.before_row = ",\n";
        Ok(true)
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n]\n")?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_is_what_it_is_and_a_number_keeps_all_its_digits() {
        let columns: Vec<String> = ["n", "i", "r", "t", "b", "a \"name\""].map(String::from).into();
        let row = [
            Cell::Null,
            Cell::Integer(i64::MIN),
            Cell::Real(0.1),
            Cell::Text("\u{1b}\"\n".into()),
            Cell::Blob(vec![0, 171]),
            Cell::Text(String::new()),
        ];
        let mut out = Vec::new();
        let mut answer = JsonAnswer::begin(&columns, &mut out).unwrap();
        answer.row(&row).unwrap();
        answer.row(&row).unwrap();
        answer.end().unwrap();
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let object = json!({"n": null, "i": i64::MIN, "r": 0.1, "t": "\u{1b}\"\n", "b": "00AB", "a \"name\"": ""});
        assert_eq!(read, json!([object, object]));
        assert!(!out.contains(&0x1b));
    }

    #[test]
    fn no_row_is_an_empty_array_and_an_infinite_number_is_still_a_number() {
        let mut out = Vec::new();
        JsonAnswer::begin(&["x".into()], &mut out).unwrap().end().unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).unwrap(), json!([]));
        assert_eq!(value(&Cell::Real(f64::NEG_INFINITY)), "-9e999");
        assert_eq!(value(&Cell::Real(1e300)), "1e300");
    }

    #[test]
    fn a_name_of_two_columns_is_found() {
        assert_eq!(repeated_name(&["a".into(), "b".into(), "a".into()]), Some("a"));
        assert_eq!(repeated_name(&["a".into(), "A".into()]), None);
    }
}

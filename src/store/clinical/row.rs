//! A line of a clinical table, column by column, and how all lines of documents come into their table in one statement.

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::lines::{self, Target};
use crate::domain::{
    DocumentId,
    clinical::{Code, InstanceId, Interval, Time},
};

/// Names and values of its columns, in one order for all lines of a table.
#[derive(Debug, Default)]
pub(super) struct Row {
    columns: Vec<String>,
    values: Vec<Value>,
}

impl Row {
    /// A list or an object becomes JSON.
    pub fn set(mut self, column: &str, value: impl Serialize) -> Self {
        self.columns.push(column.to_owned());
        self.values.push(json!(value));
        self
    }

    /// `race`, `race_system`, `race_system_name`, `race_display`, `race_null_flavor`; the table's main code has a plain `display`.
    pub fn code(self, column: &str, code: &Code) -> Self {
        let Code { code, system, system_name, display, null_flavor, .. } = code;
        let display_column = if column == "code" { "display".to_owned() } else { format!("{column}_display") };
        self.set(column, code)
            .set(&format!("{column}_system"), system)
            .set(&format!("{column}_system_name"), system_name)
            .set(&display_column, display)
            .set(&format!("{column}_null_flavor"), null_flavor)
    }

    /// `birth_time`, `birth_time_precision`, `birth_time_raw`, `birth_time_null_flavor`.
    pub fn time(self, column: &str, time: &Time) -> Self {
        let Time { iso, precision, raw, null_flavor } = time;
        self.set(column, iso)
            .set(&format!("{column}_precision"), precision)
            .set(&format!("{column}_raw"), raw)
            .set(&format!("{column}_null_flavor"), null_flavor)
    }

    /// Its start and its end under these names, each as a time.
    pub fn interval(self, start: &str, end: &str, interval: &Interval) -> Self {
        self.time(start, &interval.start).time(end, &interval.end)
    }

    /// `visit_id_root`, `visit_id_ext`, `visit_id_null_flavor`.
    pub fn id(self, column: &str, id: &InstanceId) -> Self {
        self.set(&format!("{column}_root"), &id.root)
            .set(&format!("{column}_ext"), &id.extension)
            .set(&format!("{column}_null_flavor"), &id.null_flavor)
    }

    /// All of them, each as an array of root, extension and null flavour.
    pub fn ids(self, column: &str, ids: &[InstanceId]) -> Self {
        self.set(column, ids.iter().map(|id| json!([id.root, id.extension, id.null_flavor])).collect::<Vec<_>>())
    }
}

/// Writes the lines of documents.
pub(super) async fn insert(connection: &mut SqliteConnection, table: &'static str, rows: Vec<(DocumentId, Row)>) -> sqlx::Result<()> {
    let Some((_, first)) = rows.first() else { return Ok(()) };
    let target = Target::plain(table, &first.columns.join(", "));
    let lines = rows.into_iter().map(|(document, row)| (document, Value::Array(row.values))).collect();
    lines::insert(connection, &target, lines).await
}

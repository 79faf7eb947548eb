//! A line of a header's table, column by column.

use super::lines;
use crate::{
    domain::clinical::{Code, InstanceId, Interval, Time},
    store::lines::{Cell, Target, cell, json},
};

/// Names and cells of its columns, in one order for all lines of a table.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Each in two parts, so that no line has to put them together.
    columns: Vec<[&'static str; 2]>,
    pub cells: Vec<Cell>,
}

impl Row {
    pub fn set(self, column: &'static str, value: impl Into<Cell>) -> Self {
        self.add([column, ""], cell(value))
    }

    fn add(mut self, column: [&'static str; 2], cell: Cell) -> Self {
        self.columns.push(column);
        self.cells.push(cell);
        self
    }

    /// A list or an object, which becomes JSON.
    pub fn list(self, column: &'static str, value: impl serde::Serialize) -> Self {
        self.add([column, ""], json(value))
    }

    /// `race`, `race_system`, `race_system_name`, `race_display`, `race_null_flavor`; the table's main code has a plain `display`.
    pub fn code(self, column: &'static str, code: &Code) -> Self {
        let Code { code, system, system_name, display, null_flavor, .. } = code;
        let display_column = if column == "code" { ["display", ""] } else { [column, "_display"] };
        self.set(column, code)
            .add([column, "_system"], cell(system))
            .add([column, "_system_name"], cell(system_name))
            .add(display_column, cell(display))
            .add([column, "_null_flavor"], cell(null_flavor))
    }

    /// `birth_time`, `birth_time_precision`, `birth_time_raw`, `birth_time_null_flavor`.
    pub fn time(self, column: &'static str, time: &Time) -> Self {
        let Time { iso, precision, raw, null_flavor } = time;
        self.set(column, iso)
            .add([column, "_precision"], cell(precision))
            .add([column, "_raw"], cell(raw))
            .add([column, "_null_flavor"], cell(null_flavor))
    }

    /// Its start and its end under these names, each as a time.
    pub fn interval(self, start: &'static str, end: &'static str, interval: &Interval) -> Self {
        self.time(start, &interval.start).time(end, &interval.end)
    }

    /// `visit_id_root`, `visit_id_ext`, `visit_id_null_flavor`.
    pub fn id(self, column: &'static str, id: &InstanceId) -> Self {
        self.add([column, "_root"], cell(&id.root))
            .add([column, "_ext"], cell(&id.extension))
            .add([column, "_null_flavor"], cell(&id.null_flavor))
    }

    /// All of them, each as an array of root, extension and null flavour.
    pub fn ids(self, column: &'static str, ids: &[InstanceId]) -> Self {
        self.list(column, ids.iter().map(|id| (&id.root, &id.extension, &id.null_flavor)).collect::<Vec<_>>())
    }

    /// The table that has these columns.
    pub fn target(&self, table: &'static str) -> Target {
        lines::target(table, &self.columns.iter().map(|column| column.concat()).collect::<Vec<_>>().join(", "))
    }
}

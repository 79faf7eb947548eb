//! How complete the rows are, as a table for people and as JSON for machines.

use comfy_table::{CellAlignment, Table, presets};

use crate::store::quality::Completeness;

/// A table: a line for each domain of each tenant, shares as percentages of the rows.
pub fn quality_text(counted: &[Completeness]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["tenant", "domain", "sections", "entries", "unknown", "rows", "elsewhere", "coded", "dated", "placeholders"]);
    for line in counted {
        let Completeness { tenant, domain, sections, entries, unknown_entries, rows, elsewhere, coded, dated, placeholders } = line;
        let counts = [sections, entries, unknown_entries, rows, elsewhere].map(i64::to_string);
        let shares = [coded, dated].map(|part| share(*part, *rows));
        let cells = [tenant.clone(), domain.clone()].into_iter().chain(counts).chain(shares).chain([placeholders.to_string()]);
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// In whole percent, and never rounded up to all: 100 % means that none is missing.
fn share(part: i64, whole: i64) -> String {
    if whole == 0 { String::new() } else { format!("{} %", part * 100 / whole) }
}

/// A JSON array of objects with the counts themselves, on one line.
pub fn quality_json(counted: &[Completeness]) -> String {
    serde_json::to_string(counted).expect("numbers and strings always serialize")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_all_only_when_none_is_missing() {
        assert_eq!((share(999, 1000), share(1000, 1000), share(0, 0)), ("99 %".into(), "100 %".into(), String::new()));
    }
}

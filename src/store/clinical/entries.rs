//! What all tables of entries have alike: their first columns, their codes and their ids.

use std::borrow::Cow;

use super::lines::{self, Line, Lines};
use crate::{
    domain::clinical::{Code, Coded, Entry, Time},
    store::lines::{Cell, Target, cell, cells},
};

/// The columns that every table of entries begins with, but for document and section.
const COLUMNS: &str = "seq, parent_seq, path, context, assertion, element, template_root, template_ext, class, mood, entry_id_root, entry_id_ext, negated,
    null_flavor, status, start, start_raw, start_precision, \"end\", end_raw, end_precision, end_null_flavor, time, time_raw, time_precision,
    date_conflict, code, code_system, display, original_text, code_null_flavor, text, narrative_id, author_time, author_name, author_npi, author_org,
    comment";

/// How many they are.
const CELLS: usize = 38;

/// A coded element, under the role that it has in `codes`.
pub(super) type InRole<'c> = (Cow<'static, str>, &'c Coded);

/// One entry with what its row has beside [`COLUMNS`], and its coded elements, each under its role.
pub(super) struct Entered<'r> {
    pub entry: &'r Entry,
    pub own: Vec<Cell>,
    pub coded: Vec<InRole<'r>>,
}

/// The lines of the tables of entries, with those of `codes` and `entry_ids` beside them.
#[derive(Default)]
pub(super) struct EntryLines {
    pub tables: Vec<Lines>,
    codes: Vec<Line>,
    ids: Vec<Line>,
}

impl EntryLines {
    pub fn add<'r>(&mut self, table: &'static str, entered: impl Iterator<Item = Entered<'r>>) {
        let mut lines = Vec::new();
        for Entered { entry, own, coded } in entered {
            self.add_details(entry, &coded);
            lines.push(Line { section_seq: Some(entry.section_seq), cells: cells_of(entry, own) });
        }
        self.tables.push(Lines { table, lines });
    }

    fn add_details(&mut self, entry: &Entry, coded: &[InRole<'_>]) {
        for (role, coded) in coded {
            self.codes.extend(coded.codes.iter().enumerate().map(|(rank, written)| {
                let Code { code, system, system_name, display, null_flavor, shape_conflict } = written;
                let chosen = coded.chosen == Some(rank);
                cells![entry.seq, role.as_ref(), rank, code, system_name, system, display, null_flavor, shape_conflict, chosen].into()
            }));
        }
        let ids = entry.ids.iter().enumerate();
        self.ids.extend(ids.map(|(rank, id)| cells![entry.seq, rank, &id.root, &id.extension, &id.null_flavor].into()));
    }

    /// All of them, `codes` and `entry_ids` last.
    pub fn finish(mut self) -> Vec<Lines> {
        self.tables.extend([Lines { table: "codes", lines: self.codes }, Lines { table: "entry_ids", lines: self.ids }]);
        self.tables
    }
}

/// How the lines of a table of entries are filled in; `own` are its columns beside [`COLUMNS`], separated by commas.
pub(super) fn target(table: &'static str, own: &str) -> Target {
    lines::target(table, &format!("section_id, {COLUMNS}, {own}"))
}

/// And of the two tables beside them.
pub(super) fn detail_targets() -> [Target; 2] {
    let codes = "seq, role, rank, code, system, system_oid, display, null_flavor, shape_conflict, chosen";
    let ids = "seq, rank, root, extension, null_flavor";
    [lines::target("codes", codes), lines::target("entry_ids", ids)]
}

fn cells_of(entry: &Entry, own: Vec<Cell>) -> Vec<Cell> {
    let Entry { seq, parent_seq, path, context, assertion, element, template_root, template_ext, class, mood, ids, negated, .. } = entry;
    let Entry { null_flavor, status, times, code, text, narrative_id, author, comment, .. } = entry;
    let id = ids.first();
    let [start, end, time] = [&times.start, &times.end, &times.time].map(|time| time.as_ref());
    let raw = |time: Option<&Time>| cell(time.and_then(|time| time.raw.as_deref()));
    let precision = |time: Option<&Time>| cell(time.and_then(|time| time.precision));
    let mut values = Vec::with_capacity(CELLS + own.len());
    values.extend(cells![seq, parent_seq, path, context, assertion.as_str(), element]);
    values.extend(cells![template_root, template_ext, class, mood]);
    values.extend(cells![id.and_then(|id| id.root.as_ref()), id.and_then(|id| id.extension.as_ref())]);
    values.extend(cells![negated, null_flavor, status]);
    values.extend(cells![iso(start), raw(start), precision(start)]);
    values.extend(cells![iso(end), raw(end), precision(end), &times.end_null_flavor]);
    values.extend(cells![iso(time), raw(time), precision(time), times.contradict()]);
    values.extend(cells![code_of(code), system_of(code), code.display(), &code.original_text, &code.null_flavor]);
    values.extend(cells![text, narrative_id, iso(author.time.as_ref()), &author.name, &author.npi]);
    values.extend(cells![&author.organization, comment]);
    values.extend(own);
    values
}

/// A time's ISO text.
pub(super) fn iso(time: Option<&Time>) -> Option<&str> {
    time.and_then(|time| time.iso.as_deref())
}

/// The code that a row carries.
pub(super) fn code_of(coded: &Coded) -> Cell {
    cell(coded.preferred().and_then(|code| code.code.as_ref()))
}

/// And its system.
pub(super) fn system_of(coded: &Coded) -> Cell {
    cell(coded.preferred().and_then(|code| code.system.as_ref()))
}

/// Names of several as a person reads them, each once. Names may have commas in them.
pub(super) fn joined<'n>(names: impl Iterator<Item = &'n str>) -> Cell {
    let mut once = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    cell((!once.is_empty()).then(|| once.join("; ")))
}

/// Coded elements that an entry has one of, each under its role.
pub(super) fn named<'c, const N: usize>(roles: [(&'static str, &'c Coded); N]) -> impl Iterator<Item = InRole<'c>> {
    roles.into_iter().map(|(role, coded)| (role.into(), coded))
}

/// Several coded elements of a kind, each under a role of its own: `indication.1`.
pub(super) fn numbered<'c>(kind: &'static str, coded: impl IntoIterator<Item = &'c Coded>) -> impl Iterator<Item = InRole<'c>> {
    coded.into_iter().zip(1..).map(move |(coded, at)| (format!("{kind}.{at}").into(), coded))
}

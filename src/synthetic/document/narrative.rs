//! The narrative of a section: the text that people read, as tables whose rows the entries point to.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use super::xml::Element;

/// A table of narrative.
pub(super) struct Table {
    headers: &'static [&'static str],
    rows: Vec<Element>,
}

impl Table {
    /// A table with these column headers and no rows.
    pub fn new(headers: &'static [&'static str]) -> Self {
        Self { headers, rows: Vec::new() }
    }

    /// One more row, which entries name by this id.
    pub fn row<const N: usize>(&mut self, id: String, cells: [Cow<'static, str>; N]) {
        let cells = cells.into_iter().map(|cell| Element::text("td", cell));
        self.rows.push(Element::new("tr").with("ID", id).children(cells));
    }

    /// One more row, in which each cell has an id of its own where entries point to it.
    pub fn row_of_cells(&mut self, cells: impl IntoIterator<Item = (Option<String>, String)>) {
        let cells = cells.into_iter().map(|(id, text)| match id {
            Some(id) => Element::text("td", text).with("ID", id),
            None => Element::text("td", text),
        });
        self.rows.push(Element::new("tr").children(cells));
    }

    /// `text` of a section with this table in it.
    pub fn into_text(self) -> Element {
        let headers = self.headers.iter().map(|header| Element::text("th", *header));
        let head = Element::new("thead").child(Element::new("tr").children(headers));
        let body = Element::new("tbody").children(self.rows);
        Element::new("text").child(Element::new("table").with("border", "1").with("width", "100%").child(head).child(body))
    }
}

/// `text` of a section with one sentence in it, to which entries may point.
pub(super) fn sentence(id: &'static str, text: &'static str) -> Element {
    Element::new("text").child(Element::text("paragraph", text).with("ID", id))
}

/// A date as people of the United States write it.
pub(super) fn date(day: NaiveDate) -> String {
    day.format("%m/%d/%Y").to_string()
}

/// A date and time; said to be UTC, because nothing else in the narrative tells.
pub(super) fn date_time(instant: DateTime<Utc>) -> String {
    instant.format("%m/%d/%Y %H:%M UTC").to_string()
}

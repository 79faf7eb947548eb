//! A section's narrative as plain text: a line for each paragraph, item and row, table cells side by side (CDA R2, 4.3.5 "Section Narrative Block").
//!
//! Only local names matter here: some vendors give parts of a narrative prefixes of their own, and a piece that is looked up by its ID comes without
//! the declarations around it.

use std::ops::Range;

use super::element::{Content, Element};

/// Between the cells of a row.
const CELL: &str = " | ";
/// A cell that claims to span more columns or rows than this is taken for one that spans so many.
const WIDEST: usize = 50;
/// Cells of a row that are kept, spanned ones included.
const MOST_CELLS: usize = 200;

/// The text of an element of a narrative; `None` where it says nothing.
pub(super) fn plain(element: Element) -> Option<String> {
    let mut page = Page::default();
    match element.local() {
        // A reference to a row means its cells, one to a cell its text.
        "tr" => page.row(element, &mut Vec::new()),
        _ => page.content(element, false),
    }
    page.finish()
}

/// The page as far as it is written.
#[derive(Default)]
struct Page {
    text: String,
    /// Where the cell begins that is written: a page of its own in the text, so that cells need no memory of theirs.
    begin: usize,
    /// White space came, and is written if more text follows on the line.
    blank: bool,
}

/// A row of a table as far as it is written.
struct Line {
    /// Where it begins in the text.
    begin: usize,
    cells: usize,
    says_something: bool,
}

/// A cell that reaches into the rows below.
struct Hanging {
    column: usize,
    rows: usize,
    text: String,
}

impl Page {
    fn content(&mut self, element: Element, is_verbatim: bool) {
        let is_verbatim = is_verbatim || element.attribute("styleCode").is_some_and(|style| style.contains("Monospace"));
        for content in element.content() {
            match content {
                Content::Text(text) if is_verbatim => self.verbatim(text),
                Content::Text(text) => self.flowing(text),
                Content::Element(child) => self.element(child, is_verbatim),
            }
        }
    }

    fn element(&mut self, element: Element, is_verbatim: bool) {
        match element.local() {
            "br" => self.line(),
            "table" => self.table(element),
            "paragraph" | "item" | "list" | "caption" | "title" | "tr" => {
                self.line();
                self.content(element, is_verbatim);
                self.line();
            }
            "sup" | "sub" => self.mark(element),
            "renderMultiMedia" => {
                if let Some(object) = element.attribute("referencedObject") {
                    self.flowing(&format!(" [{object}] "));
                }
                self.content(element, is_verbatim);
            }
            _ => self.content(element, is_verbatim),
        }
    }

    /// A footnote mark must not become a part of the word that it is glued to.
    fn mark(&mut self, element: Element) {
        if let Some(text) = element.text() {
            self.flowing("^");
            self.flowing(&text);
            self.blank = true;
        }
    }

    fn table(&mut self, table: Element) {
        self.line();
        let mut hanging = Vec::new();
        for part in table.elements() {
            match part.local() {
                "thead" | "tbody" | "tfoot" => {
                    part.elements().filter(|row| row.local() == "tr").for_each(|row| self.row(row, &mut hanging))
                }
                "tr" => self.row(part, &mut hanging),
                "caption" => self.element(part, false),
                _ => {}
            }
        }
        self.line();
    }

    /// A row of a table as one line; spanned cells stand in each of their columns and rows, so that every row has the same ones.
    fn row(&mut self, row: Element, hanging: &mut Vec<Hanging>) {
        self.line();
        let mut line = Line { begin: self.text.len(), cells: 0, says_something: false };
        let mut coming = Vec::new();
        for cell in row.elements().filter(|cell| matches!(cell.local(), "td" | "th")) {
            self.take_hanging(&mut line, hanging);
            if line.cells == MOST_CELLS {
                break;
            }
            let span = |name| cell.attribute(name).and_then(|count| count.parse().ok()).unwrap_or(1usize).clamp(1, WIDEST);
            let (columns, rows) = (span("colspan").min(MOST_CELLS - line.cells), span("rowspan") - 1);
            let column = line.cells;
            let text = self.cell(&mut line, cell);
            if columns > 1 || rows > 0 {
                let text = self.text[text].to_owned();
                (1..columns).for_each(|_| self.repeat(&mut line, &text));
                if rows > 0 {
                    coming.extend((column..column + columns).map(|column| Hanging { column, rows, text: text.clone() }));
                }
            }
        }
        self.take_hanging(&mut line, hanging);
        hanging.retain(|cell| cell.rows > 0);
        hanging.extend(coming);
        // An empty cell is a column too, unless all of them are.
        let end = if line.says_something { self.text[line.begin..].trim_end().len() } else { 0 };
        self.text.truncate(line.begin + end);
        self.line();
    }

    /// Writes the cell in one line; gives where it stands.
    fn cell(&mut self, line: &mut Line, cell: Element) -> Range<usize> {
        self.begin_cell(line);
        let outer = std::mem::replace(&mut self.begin, self.text.len());
        self.content(cell, false);
        let begin = std::mem::replace(&mut self.begin, outer);
        self.blank = false;
        self.text.truncate(begin + self.text[begin..].trim_end().len());
        if self.text[begin..].contains('\n') {
            let in_one_line = self.text[begin..].replace('\n', " ");
            self.text.replace_range(begin.., &in_one_line);
        }
        line.says_something |= begin < self.text.len();
        begin..self.text.len()
    }

    /// Writes a cell that stands here too.
    fn repeat(&mut self, line: &mut Line, text: &str) {
        self.begin_cell(line);
        self.text.push_str(text);
        line.says_something |= !text.is_empty();
    }

    fn begin_cell(&mut self, line: &mut Line) {
        if line.cells > 0 {
            self.text.push_str(CELL);
        }
        line.cells += 1;
    }

    /// Puts the cells that reach down from rows above where they stand in this one.
    fn take_hanging(&mut self, line: &mut Line, hanging: &mut [Hanging]) {
        while let Some(cell) = hanging.iter_mut().find(|cell| cell.column == line.cells && cell.rows > 0) {
            cell.rows -= 1;
            self.repeat(line, &cell.text);
        }
    }

    fn flowing(&mut self, text: &str) {
        for (at, word) in text.split(char::is_whitespace).enumerate() {
            self.blank |= at > 0;
            if word.is_empty() {
                continue;
            }
            if self.blank && self.is_within_a_line() {
                self.text.push(' ');
            }
            self.blank = false;
            self.text.push_str(word);
        }
    }

    fn verbatim(&mut self, text: &str) {
        if std::mem::take(&mut self.blank) && self.is_within_a_line() {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    /// What follows begins a line.
    fn line(&mut self) {
        self.blank = false;
        if self.is_within_a_line() {
            self.text.push('\n');
        }
    }

    fn is_within_a_line(&self) -> bool {
        self.text.len() > self.begin && !self.text.ends_with('\n')
    }

    fn finish(mut self) -> Option<String> {
        self.text.truncate(self.text.trim_end().len());
        Some(self.text).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            element::Piece,
            tokens::{Token, Tokens},
        },
        *,
    };

    fn told(text: &str) -> String {
        let mut tokens = Tokens::new(text);
        let Some(Token::Start { space, local, .. }) = tokens.next() else { panic!("{text}") };
        let mut piece = Piece::default();
        piece.read((space, local), &mut tokens);
        plain(piece.element()).unwrap_or_default()
    }

    #[test]
    fn paragraphs_items_and_breaks_are_lines() {
        let text = "<text>\n  <paragraph>One <content ID='a'>two</content>,\n three</paragraph><list><item>a</item><item>b<br/>c</item></list> d </text>";
        assert_eq!(told(text), "One two, three\na\nb\nc\nd");
        assert_eq!(told("<text> plain   words </text>"), "plain words");
        assert_eq!(told("<text><br/> <content> </content></text>"), "");
    }

    #[test]
    fn tables_keep_their_columns() {
        let text = "<text><table><caption>Vitals</caption><thead><tr><th>Date</th><th colspan='2'>Value</th></tr></thead>\
                    <tbody><tr><td rowspan='2'>May</td><td>1</td><td>kg</td></tr><tr><td><paragraph>2</paragraph><paragraph>x</paragraph></td>\
                    <td>m</td></tr><tr><td/><td>3</td><td/></tr></tbody></table>after</text>";
        assert_eq!(told(text), "Vitals\nDate | Value | Value\nMay | 1 | kg\nMay | 2 x | m\n | 3 |\nafter");
        assert_eq!(told("<tr ID='x'><td>a</td><td>b</td></tr>"), "a | b");
        assert_eq!(told("<td ID='x'>a <content>b</content></td>"), "a b");
    }

    #[test]
    fn footnote_marks_media_and_fixed_width_text_stay_told_apart() {
        assert_eq!(told("<text><sup>1</sup>Color Ur</text>"), "^1 Color Ur");
        assert_eq!(told("<text>see <renderMultiMedia referencedObject='MM1'/> there</text>"), "see [MM1] there");
        assert_eq!(told("<text><content styleCode='xMonospace'>a  b\n  c</content></text>"), "a  b\n  c");
    }

    #[test]
    fn spans_that_no_table_has_cost_nothing() {
        let text = format!("<text><table>{}</table></text>", "<tr><td rowspan='9999999' colspan='9999999'>x</td></tr>".repeat(50));
        assert!(told(&text).len() < 50 * MOST_CELLS * 5);
    }
}

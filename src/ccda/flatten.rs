//! A chart as rows: every section with its narrative, and what its entries say. Streams through the text; what is in memory beside the rows is one
//! piece of a section.
//!
//! What a document says is taken as it stands. What cannot be read is an issue beside the rows, and never stops the rest.

use std::{collections::HashMap, sync::Arc};

use super::{
    digest::Digester,
    element::{Element, Piece},
    encoding,
    entries::{Entries, RawEntry, read_author},
    header_rows::{self, HeaderRowsReader},
    located::Located,
    narrative,
    narratives::Narratives,
    place::lengthen,
    sections::{self, Known},
    tokens::{Space, Token, Tokens},
};
use crate::domain::clinical::{Author, Flat, Issue, IssueReason, Section};

/// The version of the rules by which rows are made. It goes up with every change that makes other rows of the same document.
pub const RULES: u32 = 1;

/// Sections within sections are followed so far.
pub(super) const DEEPEST: usize = 30;

/// Makes rows of a body that [`check`](super::check()) has accepted; of one that it would refuse, what can be read before it breaks.
pub fn flatten(body: &[u8]) -> Flat {
    let Ok(decoded) = encoding::decode(body) else { return Flat { rules: RULES, ..Flat::default() } };
    let (mut tokens, mut digester, mut walk) = (Tokens::new(&decoded.text), Digester::new(), Walk::new(&decoded.text));
    while let Some(token) = tokens.next() {
        digester.take(&token, &tokens);
        walk.take(&token, &tokens);
    }
    let mut flat = walk.finish(&tokens);
    let (digest, of_sections) = digester.finish();
    flat.digest = Some(digest);
    flat.sections.iter_mut().zip(of_sections).for_each(|(section, digest)| section.content_digest = Some(digest));
    flat
}

/// An element that was entered because sections may lie in it.
struct Open<'a> {
    kind: Kind,
    /// Length of the path before it.
    path_before: usize,
    /// How many children of each name have come.
    places: HashMap<&'a str, u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Section,
    /// Whatever may lie around sections. The schema knows what that is; vendors leave steps out and spell them otherwise.
    Around,
}

impl Kind {
    /// What a child of this name is, where sections may lie in it.
    pub fn child(self, local: &str) -> Option<Self> {
        match (self, local) {
            (_, "section") => Some(Self::Section),
            (Self::Around, _) | (Self::Section, "component") => Some(Self::Around),
            (Self::Section, _) => None,
        }
    }
}

/// Makes the rows, while the tokens of a text go by.
struct Walk<'a> {
    entries: Entries<'a>,
    open: Vec<Open<'a>>,
    path: String,
    /// Of the sections that are open, the innermost last: their places in `flat.sections`.
    sections: Vec<usize>,
    /// Of the document, then of each section that is open, where it names one.
    authors: Vec<Option<Arc<Author>>>,
    /// Of a document that names no author.
    nobody: Arc<Author>,
    header: HeaderRowsReader,
    doing: Doing,
    /// The piece that goes by, or the last one that did.
    piece: Piece<'a>,
    flat: Flat,
}

/// What is done with the next token.
#[derive(Debug, Clone, Copy)]
enum Doing {
    /// Looking for what is read.
    Looking,
    /// Passing over an element, so many levels deep.
    Passing(u32),
    /// Reading a piece, the one with this number of its name, from this byte on.
    Reading { place: u32, from: usize },
}

impl<'a> Walk<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            entries: Entries::new(Narratives::new(text)),
            open: Vec::new(),
            path: String::new(),
            sections: Vec::new(),
            authors: vec![None],
            nobody: Arc::default(),
            header: HeaderRowsReader::default(),
            doing: Doing::Looking,
            piece: Piece::default(),
            flat: Flat { rules: RULES, ..Flat::default() },
        }
    }

    /// Takes the token that `tokens` has just given.
    fn take(&mut self, token: &Token<'a>, tokens: &Tokens<'a>) {
        self.entries.pass(token, tokens);
        match (self.doing, token) {
            (Doing::Reading { place, from }, token) => {
                if !self.piece.take(token, tokens) {
                    self.doing = Doing::Looking;
                    self.read(place, tokens.since(from));
                }
            }
            (Doing::Passing(depth), Token::Start { .. }) => self.doing = Doing::Passing(depth + 1),
            (Doing::Passing(1), Token::End { .. }) => self.doing = Doing::Looking,
            (Doing::Passing(depth), Token::End { .. }) => self.doing = Doing::Passing(depth - 1),
            (Doing::Looking, Token::Start { space, local, at }) => self.start((*space, local), *at, tokens),
            (Doing::Looking, Token::End { .. }) => self.end(),
            (_, Token::Text(_)) => {}
        }
    }

    /// All rows, once the text has gone by.
    fn finish(mut self, tokens: &Tokens<'a>) -> Flat {
        // Of a text that breaks off.
        if let Doing::Reading { place, from } = self.doing {
            self.piece.cut();
            self.read(place, tokens.since(from));
        }
        self.flat.header = self.header.finish(&mut self.flat.issues);
        self.flat
    }

    fn start(&mut self, (space, local): (Space, &'a str), at: usize, tokens: &Tokens<'a>) {
        let place = match self.open.last_mut() {
            Some(parent) if space == Space::Hl7 => {
                let place = parent.places.entry(local).or_default();
                *place = place.saturating_add(1);
                *place
            }
            _ => 1,
        };
        let kind = match self.open.last() {
            None => Some(Kind::Around),
            Some(parent) if space == Space::Hl7 => parent.kind.child(local),
            Some(_) => None,
        };
        match kind {
            Some(Kind::Section) if self.sections.len() == DEEPEST => {
                self.issue(local, place, IssueReason::TooDeep);
                self.doing = Doing::Passing(1);
            }
            Some(Kind::Around) if self.is_of_the_header(local) => self.begin((space, local), place, at, tokens),
            Some(kind) => self.enter(kind, local, place, tokens),
            None if self.is_of_a_section(space, local) => self.begin((space, local), place, at, tokens),
            None => self.doing = Doing::Passing(1),
        }
    }

    /// Begins to read a piece.
    fn begin(&mut self, name: (Space, &'a str), place: u32, from: usize, tokens: &Tokens<'a>) {
        self.piece.begin(name, tokens);
        self.doing = Doing::Reading { place, from };
    }

    fn enter(&mut self, kind: Kind, local: &'a str, place: u32, tokens: &Tokens<'a>) {
        let path_before = self.path.len();
        lengthen(&mut self.path, local, place);
        if kind == Kind::Section {
            let parent_seq = self.sections.last().map(|at| self.flat.sections[*at].seq);
            let seq = u32::try_from(self.flat.sections.len() + 1).unwrap_or(u32::MAX);
            let depth = u32::try_from(self.sections.len() + 1).unwrap_or(u32::MAX);
            let null_flavor = attribute(tokens, "nullFlavor");
            self.sections.push(self.flat.sections.len());
            self.authors.push(None);
            self.flat.sections.push(Section { seq, parent_seq, depth, path: self.path.clone(), null_flavor, ..Section::default() });
        }
        self.open.push(Open { kind, path_before, places: HashMap::new() });
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.path.truncate(open.path_before);
        if open.kind == Kind::Section {
            self.sections.pop();
            self.authors.pop();
        }
    }

    /// Takes the piece that has gone by; `raw` is how it stands in the text.
    fn read(&mut self, place: u32, raw: &str) {
        let piece = std::mem::take(&mut self.piece);
        let element = piece.element();
        if !piece.is_whole() {
            self.issue(element.local(), place, IssueReason::TooLarge);
        }
        match self.sections.last().copied() {
            Some(at) => self.take_of_section(at, element, place, raw),
            None => self.take_of_header(element, place),
        }
        // To be filled anew.
        self.piece = piece;
    }

    /// Whether a child of the innermost open element is a part of the header that is read.
    fn is_of_the_header(&self, local: &str) -> bool {
        self.open.len() == 1 && header_rows::holds(local)
    }

    fn take_of_header(&mut self, element: Element<'_, 'a>, place: u32) {
        if element.local() == "author" {
            self.take_author(element);
        }
        self.header.take(&Located { element, path: self.path_to(element.local(), place) });
    }

    /// Whether something is read of a child of the innermost open element.
    fn is_of_a_section(&self, space: Space, local: &str) -> bool {
        let in_section = self.open.last().is_some_and(|open| open.kind == Kind::Section);
        in_section && space == Space::Hl7 && matches!(local, "templateId" | "code" | "title" | "text" | "author" | "entry")
    }

    fn take_of_section(&mut self, at: usize, element: Element<'_, 'a>, place: u32, raw: &str) {
        let local = element.local();
        if local == "entry" {
            self.flat.sections[at].entries += 1;
            let mut path = String::new();
            lengthen(&mut path, local, place);
            let author = self.authors.iter().rev().flatten().next().unwrap_or(&self.nobody);
            let entry = RawEntry { element, path: &path, raw, author };
            return self.entries.read(&entry, at, &mut self.flat);
        }
        let section = &mut self.flat.sections[at];
        match local {
            "templateId" => take_template(section, element),
            "code" if section.code.is_none() => take_code(section, element),
            "title" if section.title.is_none() => section.title = element.text(),
            "text" if section.text.is_none() => section.text = narrative::plain(element),
            "author" => self.take_author(element),
            _ => {}
        }
    }

    /// Of several the first one of the innermost section, or of the document.
    fn take_author(&mut self, author: Element) {
        if let Some(innermost @ None) = self.authors.last_mut() {
            *innermost = Some(Arc::new(read_author(author)));
        }
    }

    fn path_to(&self, local: &str, place: u32) -> String {
        let mut path = self.path.clone();
        lengthen(&mut path, local, place);
        path
    }

    fn issue(&mut self, local: &str, place: u32, reason: IssueReason) {
        self.flat.issues.push(Issue { path: self.path_to(local, place), reason });
    }
}

/// A template by which the section is known comes before all others.
fn take_template(section: &mut Section, template: Element) {
    let Some(root) = template.attribute("root") else { return };
    let extension = template.attribute("extension").map(str::to_owned);
    section.templates.push((root.to_owned(), extension.clone()));
    let known = sections::by_template(root);
    let is_told = section.template_root.as_deref().is_some_and(|root| sections::by_template(root).is_some());
    if section.template_root.is_none() || (known.is_some() && !is_told) {
        section.template_root = Some(root.to_owned());
        section.template_ext = extension;
    }
    if let Some(Known { name, .. }) = known.filter(|_| !is_told) {
        section.name = Some(name);
        section.domain = sections::domain(name);
    }
}

fn take_code(section: &mut Section, code: Element) {
    let text = |name| code.attribute(name).map(str::to_owned);
    (section.code, section.code_system, section.display) = (text("code"), text("codeSystem"), text("displayName"));
    if let Some(code) = section.code.as_deref().filter(|_| section.name.is_none()) {
        section.name = sections::by_code(code, section.code_system.as_deref()).map(|known| known.name);
        section.domain = section.name.and_then(sections::domain);
    }
}

fn attribute(tokens: &Tokens, name: &str) -> Option<String> {
    let (_, value) = tokens.attributes().iter().find(|(known, _)| *known == name)?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;

//! A chart's content as a number: SHA-256 without what is new at every generation of the same chart, and without how it is spelled.
//!
//! Spelling is prefixes, the order of attributes, comments, processing instructions and white space; `canonical` writes what is left, `volatile` says
//! which parts a vendor's system makes anew each time. A section's digest is that of its own content, without the sections in it, as its text and
//! its entries are its own: so a change is told of the section in which it is, and not of all those around it. The digest of the whole is made of
//! all of them and of their nesting.
//!
//! One pass; memory is bounded by the depth and by [`labels::MOST`].

mod canonical;
mod labels;
mod volatile;

use sha2::{Digest as _, Sha256};

use super::{
    flatten::{DEEPEST, Kind},
    tokens::{Space, Token, Tokens},
};
use crate::domain::clinical::{ContentDigest, Digest, Flat};
use canonical::Canonical;
use labels::Labels;
use volatile::Place;

/// The version of the rules by which digests are made. Whoever raises it raises [`RULES`](super::RULES) too, so that `flatten` makes those of older
/// documents anew.
const DIGEST_RULES: u32 = 1;

/// Puts the digests of a text beside what else was read of it.
pub(super) fn add(text: &str, flat: &mut Flat) {
    let mut walk = Walk::new(text);
    walk.run();
    let (digest, sections) = walk.finish();
    flat.digest = Some(digest);
    for (section, digest) in flat.sections.iter_mut().zip(sections) {
        section.content_digest = Some(digest);
    }
}

/// An element that has begun and not ended.
struct Open {
    place: Place,
    /// What it is to sections; `None` where none is looked for in it.
    kind: Option<Kind>,
    target: Target,
}

/// Which digest something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// The section that is innermost.
    Section,
    /// How sections lie in each other.
    Nesting,
    Outside,
}

struct Walk<'a> {
    tokens: Tokens<'a>,
    open: Vec<Open>,
    canonical: Canonical,
    labels: Labels<'a>,
    outside: Sha256,
    nesting: Sha256,
    /// Of the sections that are open, the innermost last: their places in `done`.
    sections: Vec<(usize, Sha256)>,
    /// Of every section that has begun, in the order of the text.
    done: Vec<Digest>,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            tokens: Tokens::new(text),
            open: Vec::new(),
            canonical: Canonical::default(),
            labels: Labels::default(),
            outside: Sha256::new(),
            nesting: Sha256::new(),
            sections: Vec::new(),
            done: Vec::new(),
        }
    }

    fn run(&mut self) {
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Start { space, local, .. } => self.start(space, local),
                Token::End { .. } => self.end(),
                Token::Text(text) => {
                    if let Some(target) = self.open.last().map(|open| open.target) {
                        self.write(target, |canonical, into| canonical.text(&text, into));
                    }
                }
            }
        }
    }

    fn start(&mut self, space: Space, local: &'a str) {
        let parent = self.open.last();
        let Some(place) = volatile::place(parent.map(|parent| parent.place), space, local, &self.tokens) else { return self.skip() };
        let kind = match parent {
            None => Some(Kind::Around),
            Some(parent) => parent.kind.filter(|_| space == Space::Hl7).and_then(|kind| kind.child(local)),
        };
        let kind = kind.filter(|kind| *kind != Kind::Section || self.sections.len() < DEEPEST);
        if let Some(around) = parent.map(|parent| parent.target) {
            self.write(around, Canonical::before_child);
        }
        let target = match kind {
            Some(Kind::Section) => Target::Section,
            Some(Kind::Around) if matches!(local, "component" | "structuredBody") => Target::Nesting,
            None if !self.sections.is_empty() => Target::Section,
            Some(Kind::Around) | None => Target::Outside,
        };
        if kind == Some(Kind::Section) {
            self.nesting.update(b"(");
            self.sections.push((self.done.len(), Sha256::new()));
            self.done.push(Digest::default());
            self.labels.begin();
        }
        let attributes = self.labels.replace(local, self.tokens.attributes());
        self.write(target, |canonical, into| canonical.start(space, local, attributes, into));
        self.open.push(Open { place, kind, target });
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.write(open.target, Canonical::end);
        if open.kind == Some(Kind::Section)
            && let Some((at, section)) = self.sections.pop()
        {
            self.done[at] = section.finalize().into();
            self.nesting.update(self.done[at]);
            self.nesting.update(b")");
            self.labels.end();
        }
    }

    fn write(&mut self, target: Target, write: impl FnOnce(&mut Canonical, &mut Sha256)) {
        let into = match (target, self.sections.last_mut()) {
            (Target::Section, Some((_, section))) => section,
            (Target::Nesting, _) => &mut self.nesting,
            (Target::Outside | Target::Section, _) => &mut self.outside,
        };
        write(&mut self.canonical, into);
    }

    /// Passes over the element that has just begun.
    fn skip(&mut self) {
        let mut depth = 1;
        while depth > 0 {
            match self.tokens.next() {
                Some(Token::Start { .. }) => depth += 1,
                Some(Token::End { .. }) => depth -= 1,
                Some(Token::Text(_)) => {}
                None => return,
            }
        }
    }

    fn finish(self) -> (ContentDigest, Vec<Digest>) {
        let outside: Digest = self.outside.finalize().into();
        let whole = self.nesting.chain_update(outside).finalize().into();
        (ContentDigest { rules: DIGEST_RULES, whole, outside }, self.done)
    }
}

#[cfg(test)]
mod tests;

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

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::{
    encoding,
    flatten::{DEEPEST, Kind},
    tokens::{Space, Token, Tokens},
};
use crate::domain::clinical::{ContentDigest, Digest};
use canonical::Canonical;
use labels::Labels;
use volatile::Place;

/// The version of the rules by which digests are made. Whoever raises it raises [`RULES`](super::RULES) too, so that `flatten` makes those of older
/// documents anew.
const DIGEST_RULES: u32 = 1;

/// The digest that [`flatten`](super::flatten()) gives of a body too; `None` where its text cannot be read.
pub fn digest(body: &[u8]) -> Option<ContentDigest> {
    let decoded = encoding::decode(body).ok()?;
    let (mut tokens, mut digester) = (Tokens::new(&decoded.text), Digester::new());
    while let Some(token) = tokens.next() {
        digester.take(&token, &tokens);
    }
    Some(digester.finish().0)
}

/// An element that has begun and not ended.
struct Open {
    place: Place,
    /// What it is to sections; `None` where none is looked for in it.
    kind: Option<Kind>,
    target: Target,
}

/// Which digest something belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Target {
    /// The section that is innermost.
    Section,
    /// How sections lie in each other.
    Nesting,
    #[default]
    Outside,
}

/// So many bytes of content are kept before they are hashed: hashing each name and value by itself, with a list for each element, took a tenth of the time of
/// flattening. Their place is made at once: growing to it, the allocator tidied up what the chart before had left, five times (a fortieth of a run's CPU).
const HASHED_AT_ONCE: usize = 16 << 10;

/// The digests of a text, while its tokens go by.
#[derive(Default)]
pub(super) struct Digester<'a> {
    open: Vec<Open>,
    canonical: Canonical,
    labels: Labels<'a>,
    /// Of the element that begins, as they are written.
    attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// What is written and not yet hashed, and where it belongs.
    written: Vec<u8>,
    written_for: Target,
    outside: Sha256,
    nesting: Sha256,
    /// Of the sections that are open, the innermost last: their places in `done`.
    sections: Vec<(usize, Sha256)>,
    /// Of every section that has begun, in the order of the text.
    done: Vec<Digest>,
    /// Levels of the volatile element that goes by.
    passed_over: usize,
}

impl<'a> Digester<'a> {
    /// Nothing has gone by.
    pub fn new() -> Self {
        Self { written: Vec::with_capacity(2 * HASHED_AT_ONCE), ..Self::default() }
    }

    /// Takes the token that `tokens` has just given.
    pub fn take(&mut self, token: &Token<'a>, tokens: &Tokens<'a>) {
        match token {
            Token::Start { .. } if self.passed_over > 0 => self.passed_over += 1,
            Token::End { .. } if self.passed_over > 0 => self.passed_over -= 1,
            Token::Text(_) if self.passed_over > 0 => {}
            Token::Start { space, local, .. } => self.start(*space, local, tokens.attributes()),
            Token::End { .. } => self.end(),
            Token::Text(text) => {
                if let Some(target) = self.open.last().map(|open| open.target) {
                    self.write(target, |canonical, into| canonical.text(text, into));
                }
            }
        }
    }

    fn start(&mut self, space: Space, local: &'a str, attributes: &[(&'a str, Cow<'a, str>)]) {
        let parent = self.open.last();
        let Some(place) = volatile::place(parent.map(|parent| parent.place), space, local, attributes) else {
            self.passed_over = 1;
            return;
        };
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
            self.hash();
            self.nesting.update(b"(");
            self.sections.push((self.done.len(), Sha256::new()));
            self.done.push(Digest::default());
            self.labels.begin();
        }
        let mut replaced = std::mem::take(&mut self.attributes);
        self.labels.replace(local, attributes, &mut replaced);
        self.write(target, |canonical, into| canonical.start(space, local, &mut replaced, into));
        self.attributes = replaced;
        self.open.push(Open { place, kind, target });
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.write(open.target, Canonical::end);
        if open.kind == Some(Kind::Section) {
            self.hash();
        }
        if open.kind == Some(Kind::Section)
            && let Some((at, section)) = self.sections.pop()
        {
            self.done[at] = section.finalize().into();
            self.nesting.update(self.done[at]);
            self.nesting.update(b")");
            self.labels.end();
        }
    }

    fn write(&mut self, target: Target, write: impl FnOnce(&mut Canonical, &mut Vec<u8>)) {
        if self.written_for != target || self.written.len() > HASHED_AT_ONCE {
            self.hash();
            self.written_for = target;
        }
        write(&mut self.canonical, &mut self.written);
    }

    /// Hashes what is written.
    fn hash(&mut self) {
        let into = match (self.written_for, self.sections.last_mut()) {
            (Target::Section, Some((_, section))) => section,
            (Target::Nesting, _) => &mut self.nesting,
            (Target::Outside | Target::Section, _) => &mut self.outside,
        };
        into.update(&self.written);
        self.written.clear();
    }

    /// The digest of the text that has gone by, and those of its sections.
    pub fn finish(mut self) -> (ContentDigest, Vec<Digest>) {
        self.hash();
        let outside: Digest = self.outside.finalize().into();
        let whole = self.nesting.chain_update(outside).finalize().into();
        (ContentDigest { rules: DIGEST_RULES, whole, outside }, self.done)
    }
}

#[cfg(test)]
mod tests;

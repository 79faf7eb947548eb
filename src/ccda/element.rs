//! A piece of a document as a tree: one entry, or one part of a header. It borrows from the text, and is dropped with the rows that were made of it.
//!
//! What the tree holds lies in lists in the order of the text, and an [`Element`] is a place in them: a piece that is filled anew takes no memory where an
//! earlier one had as much (a vector in each element, and a second pass over the text, took a seventh of the time of flattening).

use std::{borrow::Cow, ops::Range};

use super::tokens::{Space, Token, Tokens, XSI_TYPE};

/// So many elements make a tree; of a piece that has more, the rest is left out and that is said.
const MOST_ELEMENTS: usize = 100_000;

/// A tree, while its tokens go by and when they have.
#[derive(Debug, Default)]
pub(super) struct Piece<'a> {
    /// Its elements.
    tags: Vec<Tag<'a>>,
    attributes: Vec<(&'a str, Cow<'a, str>)>,
    texts: Vec<Text<'a>>,
    /// The elements that have begun and not ended.
    open: Vec<usize>,
    /// Levels below the last one that is kept.
    beyond: usize,
    is_cut: bool,
}

#[derive(Debug)]
struct Tag<'a> {
    space: Space,
    local: &'a str,
    /// Roots of its `templateId`s, read once: rules ask dozens of times for one.
    templates: Vec<Cow<'a, str>>,
    attributes: Range<usize>,
    /// All that is within it.
    texts: Range<usize>,
    /// The elements within it end before this one.
    end: usize,
}

#[derive(Debug)]
struct Text<'a> {
    text: Cow<'a, str>,
    /// It comes before this element begins.
    before: usize,
}

impl<'a> Piece<'a> {
    /// Reads the element of this name whose start tag `tokens` has just given.
    pub fn read(&mut self, name: (Space, &'a str), tokens: &mut Tokens<'a>) {
        self.begin(name, tokens);
        while let Some(token) = tokens.next()
            && self.take(&token, tokens)
        {}
        if !self.open.is_empty() {
            self.cut();
        }
    }

    /// Begins anew, with the element of this name whose start tag `tokens` has just given.
    pub fn begin(&mut self, name: (Space, &'a str), tokens: &Tokens<'a>) {
        self.tags.clear();
        self.attributes.clear();
        self.texts.clear();
        self.open.clear();
        (self.beyond, self.is_cut) = (0, false);
        self.start(name, tokens);
    }

    /// Takes the token that `tokens` has just given; tells whether there are more to come.
    pub fn take(&mut self, token: &Token<'a>, tokens: &Tokens<'a>) -> bool {
        match token {
            Token::Start { .. } if self.beyond > 0 || self.tags.len() == MOST_ELEMENTS => {
                self.beyond += 1;
                self.is_cut = true;
            }
            Token::Start { space, local, .. } => self.start((*space, local), tokens),
            Token::End { .. } if self.beyond > 0 => self.beyond -= 1,
            Token::End { .. } => self.end(),
            Token::Text(_) if self.beyond > 0 => {}
            Token::Text(text) => self.texts.push(Text { text: text.clone(), before: self.tags.len() }),
        }
        !self.open.is_empty()
    }

    fn start(&mut self, (space, local): (Space, &'a str), tokens: &Tokens<'a>) {
        let from = self.attributes.len();
        self.attributes.extend_from_slice(tokens.attributes());
        let (attributes, texts) = (from..self.attributes.len(), self.texts.len()..usize::MAX);
        self.open.push(self.tags.len());
        self.tags.push(Tag { space, local, templates: Vec::new(), attributes, texts, end: usize::MAX });
        if (space, local) == (Space::Hl7, "templateId") {
            self.take_template(from);
        }
    }

    /// Tells the parent of the `templateId` that has just begun of its root.
    fn take_template(&mut self, attributes: usize) {
        let Some((_, root)) = self.attributes[attributes..].iter().find(|(name, _)| *name == "root") else { return };
        let root = match root {
            Cow::Borrowed(root) => Cow::Borrowed(root.trim()),
            Cow::Owned(root) => Cow::Owned(root.trim().to_owned()),
        };
        let parent = self.open.len().checked_sub(2).map(|parent| self.open[parent]);
        if let Some(parent) = parent {
            self.tags[parent].templates.push(root);
        }
    }

    fn end(&mut self) {
        if let Some(ended) = self.open.pop() {
            let end = self.tags.len();
            let tag = &mut self.tags[ended];
            (tag.end, tag.texts.end) = (end, self.texts.len());
        }
    }

    /// Whether it holds all of the element.
    pub fn is_whole(&self) -> bool {
        !self.is_cut
    }

    /// Ends what a text that breaks off has not ended.
    pub fn cut(&mut self) {
        self.is_cut = true;
        while !self.open.is_empty() {
            self.end();
        }
    }

    /// The element that it is. Only for a piece that was begun.
    pub fn element(&self) -> Element<'_, 'a> {
        Element { piece: self, tag: &self.tags[0], at: 0 }
    }
}

/// An element of a [`Piece`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'e, 'a> {
    piece: &'e Piece<'a>,
    tag: &'e Tag<'a>,
    /// Its place among the elements.
    at: usize,
}

/// What an element holds, in order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'e, 'a> {
    Element(Element<'e, 'a>),
    Text(&'e str),
}

impl<'e, 'a> Element<'e, 'a> {
    pub fn space(self) -> Space {
        self.tag.space
    }

    pub fn local(self) -> &'a str {
        self.tag.local
    }

    /// An attribute without a namespace, blanks around its value cut; `None` where it is missing or blank.
    pub fn attribute(self, name: &str) -> Option<&'e str> {
        let (_, value) = self.attributes().iter().find(|(known, _)| *known == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    fn attributes(self) -> &'e [(&'a str, Cow<'a, str>)] {
        &self.piece.attributes[self.tag.attributes.clone()]
    }

    pub fn elements(self) -> impl Iterator<Item = Element<'e, 'a>> + Clone {
        let Self { piece, tag: Tag { end, .. }, at } = self;
        let child = move |at: usize| (at < *end).then(|| Element { piece, tag: &piece.tags[at], at });
        std::iter::successors(child(at + 1), move |before| child(before.tag.end))
    }

    pub fn content(self) -> impl Iterator<Item = Content<'e, 'a>> + Clone {
        let mut texts = self.tag.texts.clone();
        let mut elements = self.elements().peekable();
        std::iter::from_fn(move || {
            let next = elements.peek().map_or(self.tag.end, |element| element.at);
            if let Some(text) = self.piece.texts[texts.clone()].first().filter(|text| text.before <= next) {
                texts.start += 1;
                return Some(Content::Text(&text.text));
            }
            let element = elements.next()?;
            texts.start = element.tag.texts.end;
            Some(Content::Element(element))
        })
    }

    /// `xsi:type` without its prefix: `CD`, `IVL_TS`.
    pub fn xsi_type(self) -> Option<&'e str> {
        let value = self.attribute(XSI_TYPE)?;
        Some(value.rsplit_once(':').map_or(value, |(_, local)| local))
    }

    /// Whether it has this name: HL7's, or with `sdtc:` before it that of an extension, whatever prefixes the document has for them.
    pub fn is(self, name: &str) -> bool {
        match self.tag.space {
            Space::Hl7 => self.tag.local == name,
            Space::Sdtc => name.strip_prefix("sdtc:") == Some(self.tag.local),
            Space::Other => false,
        }
    }

    /// The children of a name, as [`Element::is`] takes it.
    pub fn children<'n>(self, name: &'n str) -> impl Iterator<Item = Element<'e, 'a>> + use<'e, 'a, 'n> {
        self.elements().filter(move |child| child.is(name))
    }

    /// The first of them.
    pub fn child(self, name: &str) -> Option<Element<'e, 'a>> {
        self.elements().find(|child| child.is(name))
    }

    /// The first element at the end of this path: `consumable/manufacturedProduct`.
    pub fn at(self, path: &str) -> Option<Element<'e, 'a>> {
        path.split(['/']).try_fold(self, |element, step| element.child(step))
    }

    /// Whether one of its `templateId`s has this root, whatever its extension: releases differ in it, and some is nonsense.
    pub fn has_template(self, root: &str) -> bool {
        self.tag.templates.iter().any(|template| template == root)
    }

    /// About how many bytes it takes to hold what it says.
    pub fn weight(self) -> usize {
        let attributes: usize = self.attributes().iter().map(|(name, value)| name.len() + value.len()).sum();
        let content = self.content().map(|content| match content {
            Content::Element(child) => child.weight(),
            Content::Text(text) => text.len(),
        });
        size_of::<Tag>() + attributes + content.sum::<usize>()
    }

    /// All of its text, white space collapsed; `None` where it is blank.
    pub fn text(self) -> Option<String> {
        let texts = || self.piece.texts[self.tag.texts.clone()].iter().map(|it| &*it.text);
        let mut collapsed = String::with_capacity(texts().map(|text| text.trim().len()).sum());
        let mut blank = false;
        for text in texts() {
            for (at, word) in text.split(char::is_whitespace).enumerate() {
                blank |= at > 0;
                if word.is_empty() {
                    continue;
                }
                if std::mem::take(&mut blank) && !collapsed.is_empty() {
                    collapsed.push(' ');
                }
                collapsed.push_str(word);
            }
        }
        Some(collapsed).filter(|text| !text.is_empty())
    }
}

//! A piece of a document as a tree: one entry, or one part of a header. It borrows from the text, and is dropped with the rows that were made of it.

use std::borrow::Cow;

use super::tokens::{Space, Token, Tokens, XSI_TYPE};

/// So many elements make a tree; of a piece that has more, the rest is left out and that is said.
const MOST_ELEMENTS: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub space: Space,
    pub local: &'a str,
    attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// Roots of its `templateId`s, read once: rules ask dozens of times for one.
    templates: Vec<Cow<'a, str>>,
    pub content: Vec<Content<'a>>,
}

/// What an element holds, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content<'a> {
    Element(Element<'a>),
    Text(Cow<'a, str>),
}

/// A tree, and whether it is all of it.
pub(super) struct Read<'a> {
    pub element: Element<'a>,
    pub is_whole: bool,
}

impl<'a> Element<'a> {
    /// Reads the element of this name whose start tag `tokens` has just given.
    pub fn read(tokens: &mut Tokens<'a>, (space, local): (Space, &'a str)) -> Read<'a> {
        let mut open = vec![Self::begin(tokens, (space, local))];
        let (mut count, mut is_whole) = (1, true);
        // Levels below the last one that is kept.
        let mut beyond = 0;
        while let Some(token) = tokens.next() {
            match token {
                Token::Start { .. } if beyond > 0 || count == MOST_ELEMENTS => {
                    beyond += 1;
                    is_whole = false;
                }
                Token::Start { space, local, .. } => {
                    count += 1;
                    open.push(Self::begin(tokens, (space, local)));
                }
                Token::End { .. } if beyond > 0 => beyond -= 1,
                Token::End { .. } => {
                    let Some(ended) = open.pop() else { break };
                    match open.last_mut() {
                        Some(parent) => parent.adopt(ended),
                        None => return Read { element: ended, is_whole },
                    }
                }
                Token::Text(text) if beyond == 0 => {
                    if let Some(parent) = open.last_mut() {
                        parent.content.push(Content::Text(text));
                    }
                }
                Token::Text(_) => {}
            }
        }
        // A text that `check` accepted ends each of its elements.
        Read { element: open.swap_remove(0), is_whole: false }
    }

    fn begin(tokens: &Tokens<'a>, (space, local): (Space, &'a str)) -> Self {
        Self { space, local, attributes: tokens.attributes().to_vec(), templates: Vec::new(), content: Vec::new() }
    }

    fn adopt(&mut self, child: Self) {
        if child.is("templateId") {
            let root = child.attributes.iter().find(|(name, _)| *name == "root");
            self.templates.extend(root.map(|(_, root)| root.clone()));
        }
        self.content.push(Content::Element(child));
    }

    /// An attribute without a namespace, blanks around its value cut; `None` where it is missing or blank.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(known, _)| *known == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    pub fn elements(&self) -> impl Iterator<Item = &Element<'a>> {
        self.content.iter().filter_map(|content| match content {
            Content::Element(element) => Some(element),
            Content::Text(_) => None,
        })
    }

    /// `xsi:type` without its prefix: `CD`, `IVL_TS`.
    pub fn xsi_type(&self) -> Option<&str> {
        let value = self.attribute(XSI_TYPE)?;
        Some(value.rsplit_once(':').map_or(value, |(_, local)| local))
    }

    /// Whether it has this name: HL7's, or with `sdtc:` before it that of an extension, whatever prefixes the document has for them.
    pub fn is(&self, name: &str) -> bool {
        match self.space {
            Space::Hl7 => self.local == name,
            Space::Sdtc => name.strip_prefix("sdtc:") == Some(self.local),
            Space::Other => false,
        }
    }

    /// The children of a name, as [`Element::is`] takes it.
    pub fn children(&self, name: &str) -> impl Iterator<Item = &Element<'a>> {
        self.elements().filter(move |child| child.is(name))
    }

    /// The first of them.
    pub fn child(&self, name: &str) -> Option<&Element<'a>> {
        self.elements().find(|child| child.is(name))
    }

    /// The first element at the end of this path: `consumable/manufacturedProduct`.
    pub fn at(&self, path: &str) -> Option<&Element<'a>> {
        path.split('/').try_fold(self, |element, step| element.child(step))
    }

    /// Whether one of its `templateId`s has this root, whatever its extension: releases differ in it, and some is nonsense.
    pub fn has_template(&self, root: &str) -> bool {
        self.templates.iter().any(|template| template.trim() == root)
    }

    /// About how many bytes it takes to hold what it says.
    pub fn weight(&self) -> usize {
        let attributes: usize = self.attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
        let content = self.content.iter().map(|content| match content {
            Content::Element(child) => child.weight(),
            Content::Text(text) => text.len(),
        });
        size_of::<Self>() + attributes + content.sum::<usize>()
    }

    /// All of its text, white space collapsed; `None` where it is blank.
    pub fn text(&self) -> Option<String> {
        let mut text = String::new();
        self.collect_text(&mut text);
        let collapsed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(collapsed).filter(|text| !text.is_empty())
    }

    fn collect_text(&self, into: &mut String) {
        for content in &self.content {
            match content {
                Content::Text(text) => into.push_str(text),
                Content::Element(element) => element.collect_text(into),
            }
        }
    }
}

//! How content is written for its digest: names without prefixes, attributes sorted, white space collapsed. XML allows no control characters but white
//! space in any of them, so that these part them without doubt.

use std::borrow::Cow;

use crate::ccda::{
    tokens::{Space, XSI_TYPE},
    wellformed::{is_blank, is_space},
};

const START: u8 = 1;
const ATTRIBUTE: u8 = 2;
const VALUE: u8 = 3;
const CONTENT: u8 = 4;
const END: u8 = 5;

/// What came last, as far as white space is judged by it.
///
/// White space is one blank between words, and between a word and an element beside it; at an element's beginning and end, and between two
/// elements, it is how somebody has indented.
#[derive(Debug, Default)]
pub(super) struct Canonical {
    last: Last,
    /// White space came after it.
    blank: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Last {
    #[default]
    Start,
    Text,
    End,
}

impl Canonical {
    /// An element begins within the one that `into` is told of.
    pub fn before_child(&mut self, into: &mut Vec<u8>) {
        if self.blank && self.last == Last::Text {
            into.push(b' ');
        }
        (self.last, self.blank) = (Last::Start, false);
    }

    pub fn start(&mut self, space: Space, local: &str, attributes: &mut [(&str, Cow<str>)], into: &mut Vec<u8>) {
        let space = match space {
            Space::Hl7 => b'h',
            Space::Sdtc => b's',
            Space::Other => b'o',
        };
        into.extend_from_slice(&[START, space]);
        into.extend_from_slice(local.as_bytes());
        attributes.sort_unstable();
        for (name, value) in attributes {
            into.push(ATTRIBUTE);
            into.extend_from_slice(name.as_bytes());
            into.push(VALUE);
            collapse(if *name == XSI_TYPE { without_prefix(value) } else { value }, into);
        }
        into.push(CONTENT);
    }

    /// A piece of text; what is behind it may be a piece of the same.
    pub fn text(&mut self, text: &str, into: &mut Vec<u8>) {
        // Most texts are what elements are indented by.
        if is_blank(text) {
            self.blank |= !text.is_empty();
            return;
        }
        for (at, word) in words(text).enumerate() {
            self.blank |= at > 0;
            if word.is_empty() {
                continue;
            }
            if self.blank && self.last != Last::Start {
                into.push(b' ');
            }
            into.extend_from_slice(word);
            (self.last, self.blank) = (Last::Text, false);
        }
    }

    pub fn end(&mut self, into: &mut Vec<u8>) {
        into.push(END);
        (self.last, self.blank) = (Last::End, false);
    }
}

fn collapse(value: &str, into: &mut Vec<u8>) {
    for (at, word) in words(value).filter(|word| !word.is_empty()).enumerate() {
        if at > 0 {
            into.push(b' ');
        }
        into.extend_from_slice(word);
    }
}

/// What is between the white space; several of it have nothing between them.
fn words(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(|byte| is_space(*byte))
}

/// The value of `xsi:type` is a name, and its prefix as good as any other.
fn without_prefix(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

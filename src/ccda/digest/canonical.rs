//! How content is written for its digest: names without prefixes, attributes sorted, white space collapsed. XML allows no control characters but white
//! space in any of them, so that these part them without doubt.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use crate::ccda::{
    tokens::{Space, XSI_TYPE},
    wellformed::is_space,
};

const START: &[u8] = &[1];
const ATTRIBUTE: &[u8] = &[2];
const VALUE: &[u8] = &[3];
const CONTENT: &[u8] = &[4];
const END: &[u8] = &[5];

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
    pub fn before_child(&mut self, into: &mut Sha256) {
        if self.blank && self.last == Last::Text {
            into.update(b" ");
        }
        (self.last, self.blank) = (Last::Start, false);
    }

    pub fn start(&mut self, space: Space, local: &str, mut attributes: Vec<(&str, Cow<str>)>, into: &mut Sha256) {
        into.update(START);
        into.update(match space {
            Space::Hl7 => b"h",
            Space::Sdtc => b"s",
            Space::Other => b"o",
        });
        into.update(local);
        attributes.sort_unstable();
        for (name, value) in &attributes {
            into.update(ATTRIBUTE);
            into.update(name);
            into.update(VALUE);
            collapse(if *name == XSI_TYPE { without_prefix(value) } else { value }, into);
        }
        into.update(CONTENT);
    }

    /// A piece of text; what is behind it may be a piece of the same.
    pub fn text(&mut self, text: &str, into: &mut Sha256) {
        for (at, word) in text.split(is_white).enumerate() {
            self.blank |= at > 0;
            if word.is_empty() {
                continue;
            }
            if self.blank && self.last != Last::Start {
                into.update(b" ");
            }
            into.update(word);
            (self.last, self.blank) = (Last::Text, false);
        }
    }

    pub fn end(&mut self, into: &mut Sha256) {
        into.update(END);
        (self.last, self.blank) = (Last::End, false);
    }
}

fn collapse(value: &str, into: &mut Sha256) {
    for (at, word) in value.split(is_white).filter(|word| !word.is_empty()).enumerate() {
        if at > 0 {
            into.update(b" ");
        }
        into.update(word);
    }
}

fn is_white(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_space)
}

/// The value of `xsi:type` is a name, and its prefix as good as any other.
fn without_prefix(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

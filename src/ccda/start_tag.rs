//! One start tag: its name and attributes, read in one walk and as strictly as XML 1.0 asks (3.1). Knows nothing of namespaces or of what the names mean.

use std::collections::HashSet;

use memchr::{memchr2, memchr3, memchr3_iter};

use super::{
    references::{self, UNDEFINED_REFERENCE},
    refusal::Fault,
    wellformed::{is_space, measure_name, measure_space},
};
use crate::domain::Reason;

/// More attributes than any element of any chart has.
pub(super) const MOST_ATTRIBUTES: usize = 10_000;

/// So many names are compared with each other one by one; more are hashed, so that time stays linear in the bytes.
const COMPARED_ONE_BY_ONE: usize = 12;

/// A start tag or an empty element's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StartTag<'a> {
    pub name: &'a str,
    /// It ends its element too: `<a/>`.
    pub is_empty: bool,
    /// It declares no namespace, and no name in it has a prefix: most tags are so, and need no look at each name.
    pub is_plain: bool,
    /// The byte behind its `>`.
    pub end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub name: &'a str,
    /// As it stands between the quotes; `references::attribute_value` reads it.
    pub value: &'a str,
    /// Where its name begins in the text.
    pub offset: usize,
}

/// Reads the tag whose `<` stands at this byte of the text, and fills `attributes` anew.
pub(super) fn read<'a>(text: &'a str, at: usize, attributes: &mut Vec<Attribute<'a>>) -> Result<StartTag<'a>, Fault> {
    let mut cursor = Cursor { text, at: at + 1, is_plain: true };
    cursor.read_tag(attributes).map_err(|fault| match fault.reason {
        Reason::UnsafeXml => fault,
        _ => missing_end(text, at).unwrap_or(fault),
    })
}

/// The complaint about a tag at this byte that never ends. It goes before whatever else is wrong in the tag but an excess.
pub(super) fn missing_end(text: &str, at: usize) -> Option<Fault> {
    let bytes = &text.as_bytes()[at..];
    let mut quote = None;
    for byte in memchr3_iter(b'>', b'"', b'\'', bytes).map(|found| bytes[found]) {
        match quote {
            None if byte == b'>' => return None,
            None => quote = Some(byte),
            Some(opening) if opening == byte => quote = None,
            Some(_) => {}
        }
    }
    Some(Fault::malformed(at, if quote.is_some() { "an attribute's value does not end" } else { "a tag does not end" }))
}

/// Reads attributes, each behind white space, from this byte to the end of the text.
pub(super) fn read_attributes(text: &str, at: usize) -> Result<Vec<Attribute<'_>>, Fault> {
    let mut attributes = Vec::new();
    Cursor { text, at, is_plain: true }.read_attributes(&mut attributes, <[u8]>::is_empty)?;
    Ok(attributes)
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// As [`StartTag::is_plain`], of what was read.
    is_plain: bool,
}

impl<'a> Cursor<'a> {
    fn read_tag(&mut self, attributes: &mut Vec<Attribute<'a>>) -> Result<StartTag<'a>, Fault> {
        let start = self.at;
        let name = self.read_name();
        let ends = |rest: &[u8]| matches!(rest, [b'>', ..] | [b'/', b'>', ..]);
        if name.is_empty() || !(ends(self.rest()) || self.peek().is_some_and(is_space)) {
            return Err(Fault::malformed(start - 1, "`<` is followed by no element name"));
        }
        self.read_attributes(attributes, ends)?;
        let is_empty = self.peek() == Some(b'/');
        Ok(StartTag { name, is_empty, is_plain: self.is_plain, end: self.at + 1 + usize::from(is_empty) })
    }

    /// Reads attributes into `attributes`, anew, up to what `ends` them.
    fn read_attributes(&mut self, attributes: &mut Vec<Attribute<'a>>, ends: impl Fn(&[u8]) -> bool) -> Result<(), Fault> {
        attributes.clear();
        loop {
            let space = self.skip_space();
            if ends(self.rest()) {
                return forbid_duplicates(attributes);
            }
            if space == 0 {
                return Err(self.fault("no white space before an attribute"));
            }
            if attributes.len() == MOST_ATTRIBUTES {
                return Err(Fault::unsafe_xml(self.at, format!("more than {MOST_ATTRIBUTES} attributes in an element")));
            }
            attributes.push(self.read_attribute(&ends)?);
        }
    }

    fn read_attribute(&mut self, ends: impl Fn(&[u8]) -> bool) -> Result<Attribute<'a>, Fault> {
        let offset = self.at;
        let name = self.read_name();
        let is_whole = |byte| is_space(byte) || matches!(byte, b'=' | b'"' | b'\'' | b'/' | b'<');
        if name.is_empty() || !(self.peek().is_some_and(is_whole) || ends(self.rest())) {
            return Err(Fault::malformed(offset, "no attribute name where one is expected"));
        }
        self.skip_space();
        if self.peek() != Some(b'=') {
            return Err(self.fault("an attribute without `=`"));
        }
        self.at += 1;
        self.skip_space();
        self.is_plain &= name != "xmlns";
        Ok(Attribute { name, value: self.read_value()?, offset })
    }

    fn read_value(&mut self) -> Result<&'a str, Fault> {
        let Some(quote @ (b'"' | b'\'')) = self.peek() else { return Err(self.fault("an attribute's value without quotes")) };
        self.at += 1;
        let start = self.at;
        self.at += memchr3(quote, b'<', b'&', self.rest()).unwrap_or(self.rest().len());
        let has_reference = self.peek() == Some(b'&');
        if has_reference {
            self.at += memchr2(quote, b'<', self.rest()).unwrap_or(self.rest().len());
        }
        let value = &self.text[start..self.at];
        if self.peek() != Some(quote) {
            return Err(self.fault("`<` in an attribute's value, or no closing quote"));
        }
        self.at += 1;
        match has_reference.then(|| references::first_bad(value)).flatten() {
            Some(at) => Err(Fault::malformed(start + at, UNDEFINED_REFERENCE)),
            None => Ok(value),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// Skips white space and tells how much there was.
    fn skip_space(&mut self) -> usize {
        let length = measure_space(&self.text[self.at..]);
        self.at += length;
        length
    }

    /// Takes a name, which is empty where none begins.
    fn read_name(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let (length, has_colon) = measure_name(rest);
        self.is_plain &= !has_colon;
        self.at += length;
        &rest[..length]
    }

    fn fault(&self, complaint: &str) -> Fault {
        Fault::malformed(self.at, complaint)
    }
}

fn forbid_duplicates(attributes: &[Attribute]) -> Result<(), Fault> {
    let is_few = attributes.len() <= COMPARED_ONE_BY_ONE;
    let duplicate = if is_few { find_duplicate_one_by_one(attributes) } else { find_duplicate_by_hashing(attributes) };
    duplicate.map_or(Ok(()), |offset| Err(Fault::malformed(offset, "an attribute occurs twice in one element")))
}

fn find_duplicate_one_by_one(attributes: &[Attribute]) -> Option<usize> {
    let is_repeated = |&at: &usize| attributes[..at].iter().any(|earlier| earlier.name == attributes[at].name);
    (1..attributes.len()).find(is_repeated).map(|at| attributes[at].offset)
}

fn find_duplicate_by_hashing(attributes: &[Attribute]) -> Option<usize> {
    let mut names = HashSet::with_capacity(attributes.len());
    attributes.iter().find(|attribute| !names.insert(attribute.name)).map(|attribute| attribute.offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn attributes(tag: &str) -> Result<(String, Vec<(String, String)>), Fault> {
        let mut read_into = Vec::new();
        let name = read(tag, 0, &mut read_into)?.name.to_owned();
        Ok((name, read_into.iter().map(|a| (a.name.to_owned(), a.value.to_owned())).collect()))
    }

    #[test]
    fn names_and_values_are_read_in_every_allowed_form() {
        let (name, read) = attributes("<a:b  c='1'\n\td = \"it's > &amp; /\" é=\"\" />").unwrap();
        assert_eq!(name, "a:b");
        let expected = [("c", "1"), ("d", "it's > &amp; /"), ("é", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read, expected);
    }

    #[test]
    fn what_xml_forbids_in_a_tag_is_malformed() {
        let wrong = [
            "<>",
            "< a>",
            "<1>",
            "<a b>",
            "<a b=>",
            "<a b=c>",
            "<a b='c>",
            "<a b='c'd='e'>",
            "<a b='<'>",
            "<a b='&'>",
            "<a b='&nbsp;'>",
            "<a b='&amp'>",
            "<a / >",
            "<a b='c' / >",
            "<a =''>",
            "<a b='' b=\"\">",
            "<a\"b\">",
            "<a 1='x'>",
            "<a b'c'>",
            "<a/b='c'>",
            "<a\u{A0}b='c'>",
            "<a//>",
        ];
        for tag in wrong {
            assert_eq!(attributes(tag).unwrap_err().reason, Reason::Malformed, "{tag}");
        }
    }

    #[test]
    fn ten_thousand_attributes_are_read_and_no_more() {
        let tag = |count: usize| format!("<a{}>", (0..count).map(|n| format!(" a{n}=''")).collect::<String>());
        assert_eq!(attributes(&tag(MOST_ATTRIBUTES)).unwrap().1.len(), MOST_ATTRIBUTES);
        assert_eq!(attributes(&tag(MOST_ATTRIBUTES + 1)).unwrap_err().reason, Reason::UnsafeXml);
    }

    proptest! {
        #[test]
        fn both_searches_find_the_same_duplicates(names in prop::collection::vec("[a-d]{1,2}", 0..30)) {
            let attributes: Vec<_> = names.iter().enumerate().map(|(offset, name)| Attribute { name, value: "", offset }).collect();
            prop_assert_eq!(find_duplicate_one_by_one(&attributes), find_duplicate_by_hashing(&attributes));
        }
    }
}

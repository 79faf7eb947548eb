//! One start tag: its name and attributes, read as strictly as XML 1.0 asks (3.1). Knows nothing of namespaces or of what the names mean.

use super::{
    references,
    refusal::Fault,
    wellformed::{is_name, is_space},
};

/// More attributes than any element of any chart has.
pub(super) const MOST_ATTRIBUTES: usize = 10_000;

/// So many names are compared with each other one by one; more are sorted, so that time stays linear in the bytes.
const COMPARED_ONE_BY_ONE: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub name: &'a str,
    /// As it stands between the quotes; `references::attribute_value` reads it.
    pub value: &'a str,
    /// Where its name begins in the text.
    pub offset: usize,
}

/// Reads a tag from `<` to `>`, which begins at `offset` of the text; gives the name and fills `attributes` anew.
pub(super) fn read<'a>(raw: &'a str, offset: usize, attributes: &mut Vec<Attribute<'a>>) -> Result<&'a str, Fault> {
    let inner = raw.strip_prefix('<').unwrap_or(raw);
    let inner = inner.strip_suffix("/>").or_else(|| inner.strip_suffix('>')).unwrap_or(inner);
    let end = inner.bytes().position(is_space).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    if !is_name(name) {
        return Err(Fault::malformed(offset, "`<` is followed by no element name"));
    }
    attributes.clear();
    if !rest.is_empty() {
        read_attributes(rest, offset + 1 + end, attributes)?;
    }
    Ok(name)
}

/// Reads attributes, each behind white space, into `attributes`.
pub(super) fn read_attributes<'a>(text: &'a str, offset: usize, attributes: &mut Vec<Attribute<'a>>) -> Result<(), Fault> {
    let mut cursor = Cursor { text, at: 0, offset };
    loop {
        let space = cursor.skip_space();
        if cursor.peek().is_none() {
            return forbid_duplicates(attributes);
        }
        if space == 0 {
            return Err(cursor.fault("no white space before an attribute"));
        }
        if attributes.len() == MOST_ATTRIBUTES {
            return Err(Fault::unsafe_xml(offset + cursor.at, format!("more than {MOST_ATTRIBUTES} attributes in an element")));
        }
        attributes.push(cursor.read_attribute()?);
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// Where `text` begins in the whole text.
    offset: usize,
}

impl<'a> Cursor<'a> {
    fn read_attribute(&mut self) -> Result<Attribute<'a>, Fault> {
        let offset = self.offset + self.at;
        let name = self.take_while(|b| !is_space(b) && !matches!(b, b'=' | b'"' | b'\'' | b'/' | b'<'));
        if !is_name(name) {
            return Err(Fault::malformed(offset, "no attribute name where one is expected"));
        }
        self.skip_space();
        if self.peek() != Some(b'=') {
            return Err(self.fault("an attribute without `=`"));
        }
        self.at += 1;
        self.skip_space();
        Ok(Attribute { name, value: self.read_value()?, offset })
    }

    fn read_value(&mut self) -> Result<&'a str, Fault> {
        let Some(quote @ (b'"' | b'\'')) = self.peek() else { return Err(self.fault("an attribute's value without quotes")) };
        self.at += 1;
        let start = self.at;
        let mut has_reference = false;
        let value = self.take_while(|b| {
            has_reference |= b == b'&';
            b != quote && b != b'<'
        });
        if self.peek() != Some(quote) {
            return Err(self.fault("`<` in an attribute's value, or no closing quote"));
        }
        self.at += 1;
        match has_reference.then(|| references::first_bad(value)).flatten() {
            Some(at) => Err(Fault::malformed(self.offset + start + at, "`&` begins no reference that is defined")),
            None => Ok(value),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips white space and tells how much there was.
    fn skip_space(&mut self) -> usize {
        self.take_while(is_space).len()
    }

    /// Takes bytes up to one that does not fit. The predicates stop at ASCII bytes alone, so that characters stay whole.
    fn take_while(&mut self, mut fits: impl FnMut(u8) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|b| !fits(b)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn fault(&self, complaint: &str) -> Fault {
        Fault::malformed(self.offset + self.at, complaint)
    }
}

fn forbid_duplicates(attributes: &[Attribute]) -> Result<(), Fault> {
    let duplicate =
        if attributes.len() <= COMPARED_ONE_BY_ONE { find_duplicate_one_by_one(attributes) } else { find_duplicate_by_sorting(attributes) };
    duplicate.map_or(Ok(()), |offset| Err(Fault::malformed(offset, "an attribute occurs twice in one element")))
}

fn find_duplicate_one_by_one(attributes: &[Attribute]) -> Option<usize> {
    let is_repeated = |&at: &usize| attributes[..at].iter().any(|earlier| earlier.name == attributes[at].name);
    (1..attributes.len()).find(is_repeated).map(|at| attributes[at].offset)
}

fn find_duplicate_by_sorting(attributes: &[Attribute]) -> Option<usize> {
    let mut sorted: Vec<_> = attributes.iter().map(|attribute| (attribute.name, attribute.offset)).collect();
    sorted.sort_unstable();
    sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Reason;
    use proptest::prelude::*;

    fn attributes(tag: &str) -> Result<(String, Vec<(String, String)>), Fault> {
        let mut read_into = Vec::new();
        let name = read(tag, 0, &mut read_into)?.to_owned();
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
            prop_assert_eq!(find_duplicate_one_by_one(&attributes), find_duplicate_by_sorting(&attributes));
        }
    }
}

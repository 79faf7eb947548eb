//! The tokens of a text that `check` has accepted, with HL7's names resolved: what flattening reads. What is not well-formed was refused before, so
//! nothing is checked here again; a text that breaks nevertheless just ends.
//!
//! Tags and texts, which are nearly all of a chart, are read by their ends alone: by `start_tag` and its checks, flattening takes a thirtieth longer. What
//! is rare is read by `markup`, as there.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::{
    markup::{read_cdata, read_comment, read_instruction, read_reference},
    namespaces::{Namespace, Scope, split_name},
    references::{self, attribute_value},
    start_tag::Attribute,
    wellformed::is_space,
};

/// Whose a name is, as far as flattening cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// `urn:hl7-org:v3`, the document's own.
    Hl7,
    /// `urn:hl7-org:sdtc`, HL7's extensions; also where a lenient reader takes an unbound `sdtc:` for it.
    Sdtc,
    Other,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A start tag, from this byte on; its attributes are in [`Tokens::attributes`].
    Start {
        space: Space,
        local: &'a str,
        at: usize,
    },
    /// An element ends before this byte.
    End {
        at: usize,
    },
    Text(Cow<'a, str>),
}

pub(super) struct Tokens<'a> {
    text: &'a str,
    /// So far it was read.
    at: usize,
    scope: Scope<'a>,
    depth: usize,
    attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// The declarations of namespaces among them.
    declarations: Vec<Attribute<'a>>,
    /// The start tag was an empty element's: its end comes next.
    ends_next: bool,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, scope: Scope::default(), depth: 0, attributes: Vec::new(), declarations: Vec::new(), ends_next: false }
    }

    /// The next token; `None` at the end.
    pub fn next(&mut self) -> Option<Token<'a>> {
        if std::mem::take(&mut self.ends_next) {
            return Some(self.end());
        }
        loop {
            let (text, at) = (self.text, self.at);
            match &text.as_bytes()[at..] {
                [] => return None,
                [b'<', b'/', rest @ ..] => {
                    self.at += "</".len() + memchr(b'>', rest)? + ">".len();
                    return Some(self.end());
                }
                [b'<', b'!', b'[', ..] => {
                    let section = read_cdata(text, at).ok()?;
                    self.at = section.end;
                    return Some(Token::Text(Cow::Borrowed(section.content)));
                }
                [b'<', b'!', ..] => self.at = read_comment(text, at).ok()?,
                [b'<', b'?', ..] => self.at = read_instruction(text, at).ok()?,
                [b'<', ..] => return self.start(),
                [b'&', ..] => {
                    let reference = read_reference(text, at).ok()?;
                    self.at = reference.end;
                    return Some(Token::Text(Cow::Owned(references::resolve(reference.content)?.to_string())));
                }
                bytes => return Some(Token::Text(Cow::Borrowed(self.take(memchr2(b'<', b'&', bytes).unwrap_or(bytes.len()))))),
            }
        }
    }

    /// The attributes of the last start tag but for declarations of namespaces: local names, except `xsi:type`, which keeps its prefix.
    pub fn attributes(&self) -> &[(&'a str, Cow<'a, str>)] {
        &self.attributes
    }

    /// What was read since this byte, as it stands.
    pub fn since(&self, at: usize) -> &'a str {
        self.text.get(at..self.at).unwrap_or_default()
    }

    fn start(&mut self) -> Option<Token<'a>> {
        let at = self.at;
        self.at += 1;
        let name = split_name(self.take_while(|b| !is_space(b) && !matches!(b, b'/' | b'>')));
        self.attributes.clear();
        self.declarations.clear();
        loop {
            self.take_while(is_space);
            match self.text.as_bytes().get(self.at)? {
                b'>' => break,
                b'/' => {
                    self.ends_next = true;
                    self.at += 1;
                }
                _ => self.read_attribute()?,
            }
        }
        self.at += 1;
        self.depth += 1;
        if !self.declarations.is_empty() {
            self.scope.open(self.depth, &self.declarations);
        }
        let space = match self.scope.resolve(name.prefix) {
            Namespace::Hl7V3 => Space::Hl7,
            Namespace::Sdtc => Space::Sdtc,
            Namespace::Unbound if name.prefix == "sdtc" => Space::Sdtc,
            Namespace::Other | Namespace::Unbound => Space::Other,
        };
        Some(Token::Start { space, local: name.local, at })
    }

    fn read_attribute(&mut self) -> Option<()> {
        let offset = self.at;
        let name = self.take_while(|b| !is_space(b) && b != b'=');
        self.take_while(|b| b != b'"' && b != b'\'');
        let quote = *self.text.as_bytes().get(self.at)?;
        self.at += 1;
        let length = memchr(quote, &self.text.as_bytes()[self.at..])?;
        let value = self.take(length);
        self.at += 1;
        if name == "xmlns" || name.starts_with("xmlns:") {
            self.declarations.push(Attribute { name, value, offset });
        } else {
            let name = split_name(name);
            let local = if name.prefix.is_empty() || name.local != "type" { name.local } else { XSI_TYPE };
            self.attributes.push((local, attribute_value(value)));
        }
        Some(())
    }

    fn end(&mut self) -> Token<'a> {
        self.scope.close(self.depth);
        self.depth = self.depth.saturating_sub(1);
        Token::End { at: self.at }
    }

    /// Takes bytes up to one that does not fit. The predicates stop at ASCII bytes alone, so that characters stay whole.
    fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> &'a str {
        let rest = &self.text.as_bytes()[self.at..];
        self.take(rest.iter().position(|b| !fits(*b)).unwrap_or(rest.len()))
    }

    fn take(&mut self, length: usize) -> &'a str {
        let from = self.at;
        self.at += length;
        &self.text[from..self.at]
    }
}

/// The one attribute of another namespace that says something about an element's content.
pub(super) const XSI_TYPE: &str = "xsi:type";

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let mut tokens = Tokens::new(text);
        let mut told = Vec::new();
        while let Some(token) = tokens.next() {
            told.push(match token {
                Token::Start { space, local, .. } => {
                    let attributes: Vec<_> = tokens.attributes().iter().map(|(name, value)| format!("{name}={value}")).collect();
                    format!("{space:?} {local} {}", attributes.join(" "))
                }
                Token::End { at } => format!("end {at}"),
                Token::Text(text) => format!("text {text}"),
            });
        }
        told
    }

    #[test]
    fn names_are_told_by_their_namespace_and_not_by_their_prefix() {
        let text = "<a xmlns='urn:hl7-org:v3' xmlns:ns2='urn:hl7-org:sdtc' xmlns:xs='http://www.w3.org/2001/XMLSchema-instance'>\
                    <ns2:raceCode code='1&amp;2'/><value xs:type='CD'>x &lt; y</value><sdtc:id/><o:p xmlns:o='urn:o'/></a>";
        assert_eq!(
            told(text),
            [
                "Hl7 a ",
                "Sdtc raceCode code=1&2",
                "end 138",
                "Hl7 value xsi:type=CD",
                "text x ",
                "text <",
                "text  y",
                "end 174",
                "Sdtc id ",
                "end 184",
                "Other p ",
                "end 206",
                "end 210",
            ]
        );
    }

    /// What quick-xml makes of a text: names as they are written, and pieces of text.
    fn by_quick_xml(text: &str) -> Vec<String> {
        use quick_xml::{Reader, events::Event};
        let mut reader = Reader::from_str(text);
        let name = |name: &str| name.rsplit(':').next().unwrap().to_owned();
        let mut told = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) => told.push(format!("start {} {}", name(tag.name().0), tag.attributes().count())),
                Event::Empty(tag) => {
                    told.push(format!("start {} {}", name(tag.name().0), tag.attributes().count()));
                    told.push("end".to_owned());
                }
                Event::End(_) => told.push("end".to_owned()),
                Event::Text(text) => told.push(format!("text {}", &*text)),
                Event::CData(text) => told.push(format!("text {}", &*text)),
                Event::GeneralRef(name) => told.push(format!("text {}", references::resolve(&name).unwrap())),
                Event::Eof => return told,
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::DocType(_) => {}
            }
        }
    }

    fn by_ends(text: &str) -> Vec<String> {
        let mut tokens = Tokens::new(text);
        let mut told = Vec::new();
        while let Some(token) = tokens.next() {
            told.push(match token {
                Token::Start { local, .. } => format!("start {local} {}", tokens.attributes().len() + tokens.declarations.len()),
                Token::End { .. } => "end".to_owned(),
                Token::Text(text) => format!("text {text}"),
            });
        }
        told
    }

    const ODD: &str = "<?xml version='1.0'?><!-- <a> --><r xmlns='urn:hl7-org:v3' t = \"a>b/'\"\n u='&lt;\"'><e/><e a='/' /><e\n/>\
                       <![CDATA[<x>&amp;]]]]><?p <y> ?>é&#233;&amp;<p:q xmlns:p='urn:p' p:a='ü'>]]</p:q ><!----></r>\n";

    #[test]
    fn tokens_are_those_that_quick_xml_reads() {
        assert_eq!(by_ends(ODD), by_quick_xml(ODD));
        let population = crate::synthetic::Population::new(21);
        for patient in 1..=20 {
            let text = population.document(patient, None, 1, chrono::DateTime::UNIX_EPOCH);
            assert_eq!(by_ends(&text), by_quick_xml(&text), "patient {patient}");
        }
    }

    #[test]
    fn a_text_that_breaks_off_anywhere_just_ends() {
        for end in (0..ODD.len()).filter(|end| ODD.is_char_boundary(*end)) {
            assert!(by_ends(&ODD[..end]).len() <= by_ends(ODD).len() + 1, "{end}");
        }
        for broken in ["<", "</", "<!", "<![", "<?", "&", "<a b", "<a b=", "<a b='", "</a", "<é", "&é", "<a/b>", "a>b", "<a 'x'>"] {
            by_ends(broken);
        }
    }
}

//! The tokens of a text that `check` has accepted, with HL7's names resolved: what flattening reads. Read by the same `start_tag` and `markup` as there;
//! but what may stand where was checked before, and a text that breaks nevertheless just ends.

use std::borrow::Cow;

use memchr::memchr;

use super::{
    markup::{read_cdata, read_comment, read_instruction, read_reference, read_text},
    namespaces::{Namespace, Scope, declared_prefix, split_name},
    references::{self, attribute_value},
    start_tag::{self, Attribute},
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
    /// The same as they stand in the tag, with the declarations of namespaces.
    written: Vec<Attribute<'a>>,
    /// The start tag was an empty element's: its end comes next.
    ends_next: bool,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, scope: Scope::default(), depth: 0, attributes: Vec::new(), written: Vec::new(), ends_next: false }
    }

    /// The next token; `None` at the end.
    pub fn next(&mut self) -> Option<Token<'a>> {
        if std::mem::take(&mut self.ends_next) {
            return Some(self.end());
        }
        loop {
            let (text, at) = (self.text, self.at);
            let read = match &text.as_bytes()[at..] {
                [] => return None,
                [b'<', b'/', rest @ ..] => {
                    self.at += memchr(b'>', rest)? + "</>".len();
                    return Some(self.end());
                }
                [b'<', b'?', ..] => {
                    self.at = read_instruction(text, at).ok()?;
                    continue;
                }
                [b'<', b'!', b'[', ..] => read_cdata(text, at).ok()?,
                [b'<', b'!', ..] => {
                    self.at = read_comment(text, at).ok()?;
                    continue;
                }
                [b'<', ..] => return self.start(),
                [b'&', ..] => {
                    let reference = read_reference(text, at).ok()?;
                    self.at = reference.end;
                    return Some(Token::Text(Cow::Owned(references::resolve(reference.content)?.to_string())));
                }
                _ => read_text(text, at).ok()?,
            };
            self.at = read.end;
            return Some(Token::Text(Cow::Borrowed(read.content)));
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
        let tag = start_tag::read(self.text, at, &mut self.written).ok()?;
        self.at = tag.end;
        self.ends_next = tag.is_empty;
        self.depth += 1;
        self.attributes.clear();
        if tag.is_plain {
            self.attributes.extend(self.written.iter().map(|it| (it.name, attribute_value(it.value))));
            return Some(Token::Start { space: self.space(""), local: tag.name, at });
        }
        self.scope.open(self.depth, &self.written);
        self.attributes.extend(self.written.iter().filter(|it| declared_prefix(it.name).is_none()).map(|it| {
            let name = split_name(it.name);
            let local = if name.prefix.is_empty() || name.local != "type" { name.local } else { XSI_TYPE };
            (local, attribute_value(it.value))
        }));
        let name = split_name(tag.name);
        Some(Token::Start { space: self.space(name.prefix), local: name.local, at })
    }

    /// Whose the names with this prefix are.
    fn space(&self, prefix: &str) -> Space {
        match self.scope.resolve(prefix) {
            Namespace::Hl7V3 => Space::Hl7,
            Namespace::Sdtc => Space::Sdtc,
            Namespace::Unbound if prefix == "sdtc" => Space::Sdtc,
            Namespace::Other | Namespace::Unbound => Space::Other,
        }
    }

    fn end(&mut self) -> Token<'a> {
        self.scope.close(self.depth);
        self.depth = self.depth.saturating_sub(1);
        Token::End { at: self.at }
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
                Token::Start { local, .. } => format!("start {local} {}", tokens.written.len()),
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

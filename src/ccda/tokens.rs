//! The tokens of a text that `check` has accepted, with HL7's names resolved: what flattening reads. What is not well-formed was refused before, so
//! nothing is checked here again; a text that breaks nevertheless just ends.

use std::borrow::Cow;

use quick_xml::{Reader, events::Event};

use super::{
    namespaces::{Namespace, Scope, split_name},
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
    reader: Reader<&'a [u8]>,
    scope: Scope<'a>,
    depth: usize,
    raw: Vec<Attribute<'a>>,
    /// The start tag was an empty element's: its end comes next.
    ends_next: bool,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, reader: Reader::from_str(text), scope: Scope::default(), depth: 0, raw: Vec::new(), ends_next: false }
    }

    /// The next token; `None` at the end.
    pub fn next(&mut self) -> Option<Token<'a>> {
        if std::mem::take(&mut self.ends_next) {
            return Some(self.end());
        }
        loop {
            let at = self.position();
            let event = self.reader.read_event().ok()?;
            let raw = &self.text[at..self.position()];
            return Some(match event {
                Event::Start(_) => self.start(raw, at)?,
                Event::Empty(_) => {
                    self.ends_next = true;
                    self.start(raw, at)?
                }
                Event::End(_) => self.end(),
                Event::Text(_) => Token::Text(Cow::Borrowed(raw)),
                Event::CData(_) => Token::Text(Cow::Borrowed(raw.strip_prefix("<![CDATA[")?.strip_suffix("]]>")?)),
                Event::GeneralRef(_) => {
                    let character = references::resolve(raw.strip_prefix('&')?.strip_suffix(';')?)?;
                    Token::Text(Cow::Owned(character.to_string()))
                }
                Event::Eof => return None,
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::DocType(_) => continue,
            });
        }
    }

    /// The attributes of the last start tag but for declarations of namespaces: local names, except `xsi:type`, which keeps its prefix.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        self.raw.iter().filter(|attribute| !is_declaration(attribute.name)).map(|attribute| {
            let name = split_name(attribute.name);
            let local = if name.prefix.is_empty() || name.local != "type" { name.local } else { XSI_TYPE };
            (local, attribute_value(attribute.value))
        })
    }

    /// What was read since this byte, as it stands.
    pub fn since(&self, at: usize) -> &'a str {
        self.text.get(at..self.position()).unwrap_or_default()
    }

    fn start(&mut self, raw: &'a str, at: usize) -> Option<Token<'a>> {
        let name = start_tag::read(raw, at, &mut self.raw).ok()?;
        self.depth += 1;
        self.scope.open(self.depth, &self.raw);
        let parts = split_name(name);
        let space = match self.scope.resolve(parts.prefix) {
            Namespace::Hl7V3 => Space::Hl7,
            Namespace::Sdtc => Space::Sdtc,
            Namespace::Unbound if parts.prefix == "sdtc" => Space::Sdtc,
            Namespace::Other | Namespace::Unbound => Space::Other,
        };
        Some(Token::Start { space, local: parts.local, at })
    }

    fn end(&mut self) -> Token<'a> {
        self.scope.close(self.depth);
        self.depth = self.depth.saturating_sub(1);
        Token::End { at: self.position() }
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(self.text.len())
    }
}

/// The one attribute of another namespace that says something about an element's content.
pub(super) const XSI_TYPE: &str = "xsi:type";

fn is_declaration(name: &str) -> bool {
    name == "xmlns" || name.starts_with("xmlns:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let mut tokens = Tokens::new(text);
        let mut told = Vec::new();
        while let Some(token) = tokens.next() {
            told.push(match token {
                Token::Start { space, local, .. } => {
                    let attributes: Vec<_> = tokens.attributes().map(|(name, value)| format!("{name}={value}")).collect();
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
}

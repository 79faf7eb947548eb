//! The one pass over a text: every token is looked at once, checked for what the tokenizer leaves unchecked, and asked for facts.
//!
//! quick-xml cuts the text into tokens and matches end tags with start tags. Everything else that XML 1.0 asks of a document without a DTD is
//! checked here, on the token as it stands in the text. Memory is bounded by the depth and by one tag's attributes.

use quick_xml::{
    Reader,
    errors::{Error, IllFormedError, SyntaxError},
    events::Event,
};

use super::{
    header::Header,
    header_reader::{HeaderReader, Place},
    markup::{Token, check_comment, check_declaration, check_instruction, check_outside, find_cdata_end},
    namespaces::{Name, Namespace, Scope, is_misshapen, split_name},
    outline_reader::OutlineReader,
    references,
    refusal::{Fault, line_and_column},
    start_tag::{self, Attribute},
    warning::{WarningCode, Warnings},
    wellformed::first_forbidden,
};
use crate::domain::Outline;

/// Deeper than any chart.
const MOST_LEVELS: usize = 1_000;

/// An element that has begun and not ended.
struct Open {
    place: Place,
    /// Where its start tag stands, to tell it when its end tag is wrong.
    offset: usize,
}

pub(super) struct Pass<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    open: Vec<Open>,
    scope: Scope<'a>,
    /// Of the tag at hand; kept to be filled anew.
    attributes: Vec<Attribute<'a>>,
    /// Where the root element begins, and its namespace, once it has.
    root: Option<(usize, Namespace)>,
    header: HeaderReader,
    outline: OutlineReader,
    warnings: Warnings,
    sections: u32,
    entries: u32,
    has_unstructured_body: bool,
}

/// What a document that was read to its end says.
pub(super) struct Facts {
    pub header: Header,
    pub outline: Outline,
    pub warnings: Warnings,
    pub sections: u32,
    pub entries: u32,
}

impl<'a> Pass<'a> {
    pub fn new(text: &'a str) -> Self {
        let reader = Reader::from_str(text);
        Self {
            text,
            reader,
            open: Vec::new(),
            scope: Scope::default(),
            attributes: Vec::new(),
            root: None,
            header: HeaderReader::default(),
            outline: OutlineReader::default(),
            warnings: Warnings::default(),
            sections: 0,
            entries: 0,
            has_unstructured_body: false,
        }
    }

    /// Reads to the end, or to the first place where this is no document or not a safe one.
    pub fn run(&mut self) -> Result<(), Fault> {
        if let Some(offset) = first_forbidden(self.text) {
            return Err(Fault::malformed(offset, "a character that XML forbids"));
        }
        while self.step()? {}
        Ok(())
    }

    /// The root element's place and namespace, if the pass came so far.
    pub fn root(&self) -> Option<(usize, Namespace)> {
        self.root
    }

    /// What was found. Only for a pass that ran to its end.
    pub fn finish(mut self) -> Facts {
        let end = self.text.len();
        let header = self.header.finish(end, &mut self.warnings);
        if self.sections == 0 && !self.has_unstructured_body {
            self.warnings.add(WarningCode::NoSections, end);
        }
        Facts { header, outline: self.outline.finish(), warnings: self.warnings, sections: self.sections, entries: self.entries }
    }

    /// Reads one token; tells whether there may be more.
    fn step(&mut self) -> Result<bool, Fault> {
        let offset = self.position();
        let event = self.reader.read_event().map_err(|error| self.explain(&error))?;
        let token = Token { raw: &self.text[offset..self.position()], offset };
        match event {
            Event::Start(_) => self.start(token)?,
            Event::Empty(_) => {
                self.start(token)?;
                self.end();
            }
            Event::End(_) => self.end(),
            Event::Text(_) => self.hear_text(token)?,
            Event::CData(_) => self.hear_cdata(token)?,
            Event::GeneralRef(_) => self.hear_reference(token)?,
            Event::Comment(_) => check_comment(token)?,
            Event::PI(_) => check_instruction(token)?,
            Event::Decl(_) => check_declaration(token)?,
            Event::DocType(_) => return Err(Fault::unsafe_xml(offset, "the body has a DTD; charts have none, and it is not read")),
            Event::Eof => return self.check_end().map(|()| false),
        }
        Ok(true)
    }

    fn start(&mut self, token: Token<'a>) -> Result<(), Fault> {
        let name = start_tag::read(token.raw, token.offset, &mut self.attributes)?;
        if self.open.is_empty() && self.root.is_some() {
            return Err(Fault::malformed(token.offset, "a second root element"));
        }
        if self.open.len() == MOST_LEVELS {
            return Err(Fault::unsafe_xml(token.offset, format!("more than {MOST_LEVELS} levels of elements")));
        }
        let parts = split_name(name);
        let namespace = self.enter_scope(name, parts, token.offset);
        let place = self.take_facts(parts.local, namespace, token.offset);
        self.open.push(Open { place, offset: token.offset });
        Ok(())
    }

    /// Takes the tag's declarations in, and warns of prefixes that are not as they should be.
    fn enter_scope(&mut self, name: &str, parts: Name, offset: usize) -> Namespace {
        if let Some(misused) = self.scope.open(self.open.len() + 1, &self.attributes) {
            self.warnings.add(WarningCode::MisusedPrefix, misused);
        }
        for attribute in self.attributes.iter().filter(|attribute| attribute.name.as_bytes().contains(&b':')) {
            resolve(&self.scope, attribute.name, split_name(attribute.name), attribute.offset, &mut self.warnings);
        }
        if parts.prefix == "xmlns" {
            self.warnings.add(WarningCode::MisusedPrefix, offset);
        }
        resolve(&self.scope, name, parts, offset, &mut self.warnings)
    }

    fn take_facts(&mut self, local: &str, namespace: Namespace, offset: usize) -> Place {
        let Some(parent) = self.open.last().map(|open| open.place) else {
            self.root = Some((offset, namespace));
            return Place::Document;
        };
        if namespace != Namespace::Hl7V3 {
            return Place::Elsewhere;
        }
        match local {
            "section" => self.sections = self.sections.saturating_add(1),
            "entry" => self.entries = self.entries.saturating_add(1),
            "nonXMLBody" => self.has_unstructured_body = true,
            _ => {}
        }
        self.outline.enter(local, self.open.len(), &self.attributes);
        self.header.enter(parent, local, &self.attributes, offset, &mut self.warnings)
    }

    fn end(&mut self) {
        self.scope.close(self.open.len());
        if let Some(open) = self.open.pop() {
            self.header.leave(open.place);
            self.outline.leave(self.open.len());
        }
    }

    fn hear_text(&mut self, token: Token<'a>) -> Result<(), Fault> {
        let Some(open) = self.open.last() else { return check_outside(token) };
        if let Some(at) = find_cdata_end(token.raw) {
            return Err(Fault::malformed(token.offset + at, "`]]>` in text"));
        }
        self.header.hear(open.place, token.raw);
        Ok(())
    }

    fn hear_cdata(&mut self, token: Token<'a>) -> Result<(), Fault> {
        let Some(open) = self.open.last() else { return check_outside(token) };
        let content = token.raw.strip_prefix("<![CDATA[").and_then(|rest| rest.strip_suffix("]]>"));
        self.header.hear(open.place, content.unwrap_or_default());
        Ok(())
    }

    fn hear_reference(&mut self, token: Token<'a>) -> Result<(), Fault> {
        let Some(open) = self.open.last() else { return check_outside(token) };
        let name = token.raw.strip_prefix('&').and_then(|rest| rest.strip_suffix(';'));
        match name.and_then(references::resolve) {
            Some(character) => self.header.hear(open.place, character.encode_utf8(&mut [0; 4])),
            None => return Err(Fault::malformed(token.offset, UNDEFINED_REFERENCE)),
        }
        Ok(())
    }

    fn check_end(&self) -> Result<(), Fault> {
        let end = self.text.len();
        match self.open.last() {
            Some(open) => {
                Err(Fault::malformed(end, format!("the body ends before the element of line {} does", self.line_of(open.offset))))
            }
            None if self.root.is_none() => Err(Fault::malformed(end, "the body ends before a root element begins")),
            None => Ok(()),
        }
    }

    /// The tokenizer's complaint in our words: its own would quote names from the body.
    fn explain(&self, error: &Error) -> Fault {
        let offset = usize::try_from(self.reader.error_position()).unwrap_or(self.text.len());
        Fault::malformed(
            offset,
            match error {
                Error::IllFormed(IllFormedError::MismatchedEndTag { .. }) => return self.explain_mismatch(offset),
                Error::IllFormed(IllFormedError::UnmatchedEndTag(_)) => "an end tag without a start tag",
                Error::IllFormed(IllFormedError::UnclosedReference) => UNDEFINED_REFERENCE,
                Error::Syntax(SyntaxError::UnclosedComment) => "a comment does not end",
                Error::Syntax(SyntaxError::UnclosedCData) => "a CDATA section does not end",
                Error::Syntax(SyntaxError::UnclosedPI | SyntaxError::UnclosedXmlDecl) => "a processing instruction does not end",
                Error::Syntax(SyntaxError::UnclosedTag) => "a tag does not end",
                Error::Syntax(SyntaxError::UnclosedSingleQuotedAttributeValue | SyntaxError::UnclosedDoubleQuotedAttributeValue) => {
                    "an attribute's value does not end"
                }
                _ => "markup that XML does not know",
            },
        )
    }

    fn explain_mismatch(&self, offset: usize) -> Fault {
        let opened = self.open.last().map_or(1, |open| self.line_of(open.offset));
        Fault::malformed(offset, format!("an end tag that does not match the start tag of line {opened}"))
    }

    fn line_of(&self, offset: usize) -> usize {
        line_and_column(self.text, offset).0
    }

    /// How far the tokenizer has come.
    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(self.text.len())
    }
}

const UNDEFINED_REFERENCE: &str = "`&` begins no reference that is defined";

/// What a name's prefix stands for; warns where it is unbound or misshapen.
fn resolve(scope: &Scope, name: &str, parts: Name, offset: usize, warnings: &mut Warnings) -> Namespace {
    if is_misshapen(name, parts) {
        warnings.add(WarningCode::MisusedPrefix, offset);
    }
    let namespace = scope.resolve(parts.prefix);
    if namespace == Namespace::Unbound {
        warnings.add(WarningCode::UnboundPrefix, offset);
    }
    namespace
}

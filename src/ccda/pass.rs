//! The one pass over a text: every token is read once, checked for all that XML 1.0 asks of a document without a DTD, and asked for facts.
//!
//! `start_tag` and `markup` read the tokens; which of them may stand where, and which end tag belongs to which start tag, is known here. Memory is
//! bounded by the depth and by one tag's attributes.

use super::{
    header::Header,
    header_reader::{HeaderReader, Place},
    markup::{outside_root, read_cdata, read_comment, read_instruction, read_reference, read_space, read_text, unknown_declaration},
    namespaces::{Name, Namespace, Scope, is_misshapen, split_name},
    outline_reader::OutlineReader,
    references::{self, UNDEFINED_REFERENCE},
    refusal::{Fault, line_and_column},
    start_tag::{self, Attribute, missing_end},
    warning::{WarningCode, Warnings},
    wellformed::{first_forbidden, measure_space},
};
use crate::domain::Outline;

/// Deeper than any chart.
const MOST_LEVELS: usize = 1_000;

/// An element that has begun and not ended.
struct Open<'a> {
    name: &'a str,
    place: Place,
    /// Where its start tag stands, to tell it when its end tag is wrong.
    offset: usize,
}

pub(super) struct Pass<'a> {
    text: &'a str,
    /// So far it was read.
    at: usize,
    open: Vec<Open<'a>>,
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
        Self {
            text,
            at: 0,
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
        match &self.text.as_bytes()[self.at..] {
            [] => return self.check_end().map(|()| false),
            [b'<', b'/', ..] => self.read_end_tag()?,
            [b'<', b'?', ..] => self.at = read_instruction(self.text, self.at)?,
            [b'<', b'!', b'-', ..] => self.at = read_comment(self.text, self.at)?,
            [b'<', b'!', b'[', ..] => self.hear_cdata()?,
            [b'<', b'!', ..] => return Err(unknown_declaration(self.text, self.at)),
            [b'<', ..] => self.read_start_tag()?,
            [b'&', ..] => self.hear_reference()?,
            _ => self.hear_text()?,
        }
        Ok(true)
    }

    fn read_start_tag(&mut self) -> Result<(), Fault> {
        let offset = self.at;
        let tag = start_tag::read(self.text, offset, &mut self.attributes)?;
        if self.open.is_empty() && self.root.is_some() {
            return Err(Fault::malformed(offset, "a second root element"));
        }
        if self.open.len() == MOST_LEVELS {
            return Err(Fault::unsafe_xml(offset, format!("more than {MOST_LEVELS} levels of elements")));
        }
        self.at = tag.end;
        let name = if tag.is_plain { Name { prefix: "", local: tag.name } } else { split_name(tag.name) };
        let namespace = if tag.is_plain { self.scope.resolve("") } else { self.enter_scope(tag.name, name, offset) };
        let place = self.take_facts(name.local, namespace, offset);
        self.open.push(Open { name: tag.name, place, offset });
        if tag.is_empty {
            self.end();
        }
        Ok(())
    }

    fn read_end_tag(&mut self) -> Result<(), Fault> {
        let rest = &self.text[self.at + "</".len()..];
        let behind = self.open.last().and_then(|open| rest.strip_prefix(open.name));
        match behind.and_then(|behind| behind[measure_space(behind)..].strip_prefix('>')) {
            Some(behind) => {
                self.at = self.text.len() - behind.len();
                self.end();
                Ok(())
            }
            None => Err(self.explain_end_tag()),
        }
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

    fn hear_text(&mut self) -> Result<(), Fault> {
        let Some(open) = self.open.last() else {
            self.at = read_space(self.text, self.at)?;
            return Ok(());
        };
        let text = read_text(self.text, self.at)?;
        self.at = text.end;
        self.header.hear(open.place, text.content);
        Ok(())
    }

    fn hear_cdata(&mut self) -> Result<(), Fault> {
        let section = read_cdata(self.text, self.at)?;
        let open = self.open.last().ok_or_else(|| outside_root(self.at))?;
        self.at = section.end;
        self.header.hear(open.place, section.content);
        Ok(())
    }

    fn hear_reference(&mut self) -> Result<(), Fault> {
        let reference = read_reference(self.text, self.at)?;
        let open = self.open.last().ok_or_else(|| outside_root(self.at))?;
        let character = references::resolve(reference.content).ok_or_else(|| Fault::malformed(self.at, UNDEFINED_REFERENCE))?;
        self.at = reference.end;
        self.header.hear(open.place, character.encode_utf8(&mut [0; 4]));
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

    /// What is wrong with the end tag that comes next.
    fn explain_end_tag(&self) -> Fault {
        missing_end(self.text, self.at).unwrap_or_else(|| {
            let complaint = match self.open.last() {
                Some(open) => format!("an end tag that does not match the start tag of line {}", self.line_of(open.offset)),
                None => "an end tag without a start tag".to_owned(),
            };
            Fault::malformed(self.at, complaint)
        })
    }

    fn line_of(&self, offset: usize) -> usize {
        line_and_column(self.text, offset).0
    }
}

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

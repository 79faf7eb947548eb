//! Which names are HL7's: prefixes and their declarations in scope ("Namespaces in XML 1.0").
//!
//! Offences against that standard are told and not punished: real vendors' charts have them, and a chart stays a chart.

use std::collections::HashMap;

use super::{references::attribute_value, start_tag::Attribute};

/// The namespace of CDA.
pub(super) const HL7_V3: &str = "urn:hl7-org:v3";
const SDTC: &str = "urn:hl7-org:sdtc";

/// What a name's prefix stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    /// `urn:hl7-org:v3`
    Hl7V3,
    /// `urn:hl7-org:sdtc`, HL7's extensions of CDA
    Sdtc,
    /// Another one, or none.
    Other,
    /// The prefix is declared nowhere.
    Unbound,
}

/// A name in its parts; the prefix is empty where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    pub prefix: &'a str,
    pub local: &'a str,
}

/// Splits a name at its first colon. By bytes: names are too short for a search that has to be prepared.
pub(super) fn split_name(name: &str) -> Name<'_> {
    match name.bytes().position(|b| b == b':') {
        Some(colon) => Name { prefix: &name[..colon], local: &name[colon + 1..] },
        None => Name { prefix: "", local: name },
    }
}

/// Whether a name is none of the forms `local` and `prefix:local`; the parts are its own, found once because a name may be endless.
pub(super) fn is_misshapen(name: &str, Name { prefix, local }: Name) -> bool {
    let is_odd =
        || prefix.is_empty() || local.is_empty() || local.contains(':') || local.starts_with(|c: char| matches!(c, '-' | '.' | '0'..='9'));
    local.len() < name.len() && is_odd()
}

/// The declarations in scope. A lookup is one hash, however many declarations a hostile document makes.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    /// Outermost first.
    bindings: Vec<Binding<'a>>,
    /// Where the innermost binding of each prefix stands.
    innermost: HashMap<&'a str, usize>,
    /// What the empty prefix stands for, which most elements have.
    default: Option<Namespace>,
}

#[derive(Debug)]
struct Binding<'a> {
    prefix: &'a str,
    namespace: Namespace,
    /// Depth of the element that declares it.
    depth: usize,
    /// The binding of the same prefix that this one hides.
    hidden: Option<usize>,
}

impl<'a> Scope<'a> {
    /// Takes an element's declarations in; tells the offset of the first that the standard forbids.
    pub fn open(&mut self, depth: usize, attributes: &[Attribute<'a>]) -> Option<usize> {
        let mut misused = None;
        for attribute in attributes.iter().filter(|attribute| attribute.name.starts_with("xmlns")) {
            let Some(prefix) = declared_prefix(attribute.name) else { continue };
            let uri = attribute_value(attribute.value);
            if !is_allowed(attribute.name, prefix, &uri) {
                misused = misused.or(Some(attribute.offset));
            }
            let namespace = match uri.as_ref() {
                HL7_V3 => Namespace::Hl7V3,
                SDTC => Namespace::Sdtc,
                _ => Namespace::Other,
            };
            self.bind(prefix, namespace, depth);
        }
        misused
    }

    fn bind(&mut self, prefix: &'a str, namespace: Namespace, depth: usize) {
        let hidden = self.innermost.insert(prefix, self.bindings.len());
        self.bindings.push(Binding { prefix, namespace, depth, hidden });
        self.note_default(prefix, Some(namespace));
    }

    /// Forgets the declarations of the element at this depth.
    pub fn close(&mut self, depth: usize) {
        if self.bindings.last().is_some_and(|binding| binding.depth == depth) {
            self.forget(depth);
        }
    }

    fn forget(&mut self, depth: usize) {
        while let Some(binding) = self.bindings.pop_if(|binding| binding.depth == depth) {
            match binding.hidden {
                Some(at) => self.innermost.insert(binding.prefix, at),
                None => self.innermost.remove(binding.prefix),
            };
            self.note_default(binding.prefix, binding.hidden.map(|at| self.bindings[at].namespace));
        }
    }

    fn note_default(&mut self, prefix: &str, namespace: Option<Namespace>) {
        if prefix.is_empty() {
            self.default = namespace;
        }
    }

    /// What a prefix stands for in an element's name; an attribute without one is in no namespace, whatever the default.
    pub fn resolve(&self, prefix: &str) -> Namespace {
        match prefix {
            "" => self.default.unwrap_or(Namespace::Other),
            "xml" | "xmlns" => Namespace::Other,
            _ => self.innermost.get(prefix).map_or(Namespace::Unbound, |&at| self.bindings[at].namespace),
        }
    }
}

/// The prefix that an attribute declares, empty for the default namespace; `None` for an attribute that declares nothing.
fn declared_prefix(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("xmlns")?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(':') }
}

/// `xmlns:p=""` is forbidden, and so is declaring the reserved prefixes or their namespaces otherwise than they are.
fn is_allowed(name: &str, prefix: &str, uri: &str) -> bool {
    const XML: &str = "http://www.w3.org/XML/1998/namespace";
    const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
    let is_default = name == "xmlns";
    (is_default || !prefix.is_empty() && !uri.is_empty()) && prefix != "xmlns" && uri != XMLNS && (prefix == "xml") == (uri == XML)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declare<'a>(name: &'a str, value: &'a str) -> Attribute<'a> {
        Attribute { name, value, offset: 7 }
    }

    #[test]
    fn an_inner_declaration_hides_an_outer_one_until_its_element_ends() {
        let mut scope = Scope::default();
        assert_eq!(scope.resolve(""), Namespace::Other);
        scope.open(1, &[declare("xmlns", HL7_V3), declare("xmlns:n", "urn:hl7-org&#58;v3"), declare("id", "x")]);
        assert_eq!([scope.resolve(""), scope.resolve("n"), scope.resolve("id")], [Namespace::Hl7V3, Namespace::Hl7V3, Namespace::Unbound]);
        scope.open(2, &[declare("xmlns", ""), declare("xmlns:n", "urn:hl7-org:sdtc")]);
        assert_eq!([scope.resolve(""), scope.resolve("n")], [Namespace::Other, Namespace::Sdtc]);
        scope.close(3);
        scope.close(2);
        assert_eq!([scope.resolve(""), scope.resolve("n")], [Namespace::Hl7V3, Namespace::Hl7V3]);
        scope.close(1);
        assert_eq!([scope.resolve(""), scope.resolve("n")], [Namespace::Other, Namespace::Unbound]);
    }

    #[test]
    fn forbidden_declarations_are_told() {
        let forbidden = [
            ("xmlns:p", ""),
            ("xmlns:xml", "urn:x"),
            ("xmlns:xmlns", "urn:x"),
            ("xmlns:p", "http://www.w3.org/XML/1998/namespace"),
            ("xmlns:", "urn:x"),
        ];
        for (name, uri) in forbidden {
            assert_eq!(Scope::default().open(1, &[declare(name, uri)]), Some(7), "{name}");
        }
        for (name, uri) in [("xmlns", ""), ("xmlns:xml", "http://www.w3.org/XML/1998/namespace"), ("xmlnsp", ""), ("xmlns:p", "relative")] {
            assert_eq!(Scope::default().open(1, &[declare(name, uri)]), None, "{name}");
        }
    }

    #[test]
    fn misshapen_names_are_those_with_odd_colons() {
        let is_misshapen = |name| is_misshapen(name, split_name(name));
        assert!([":a", "a:", "a:b:c", "a:1", ":"].into_iter().all(is_misshapen));
        assert!(!["a", "a:b", "a-b:c.d"].into_iter().any(is_misshapen));
    }
}

//! A section: template, code, title, narrative and entries, or the statement that there is no information.

use super::{
    vocabulary::{Template, coded, template_id},
    xml::Element,
};
use crate::synthetic::code::Code;

/// What is fixed about a section.
pub(super) struct SectionKind {
    pub templates: &'static [Template],
    pub code: Code,
    pub title: &'static str,
}

impl SectionKind {
    /// The section with this `text` and these entries, each an element of its own in `entry`.
    pub fn filled(&self, text: Element, entries: impl IntoIterator<Item = Element>) -> Element {
        let entries = entries.into_iter().map(|entry| Element::new("entry").with("typeCode", "DRIV").child(entry));
        component(self.begin(Element::new("section"), text).children(entries))
    }

    /// The section of which nothing is known: it was not asked for, or falls out of the window. That is not to say that there is nothing.
    pub fn without_information(&self) -> Element {
        let section = Element::new("section").with("nullFlavor", "NI");
        component(self.begin(section, Element::new("text").child(Element::text("paragraph", "No information"))))
    }

    fn begin(&self, section: Element, text: Element) -> Element {
        section
            .children(self.templates.iter().map(|template| template_id(*template)))
            .child(coded("code", self.code))
            .child(Element::text("title", self.title))
            .child(text)
    }
}

fn component(section: Element) -> Element {
    Element::new("component").child(section)
}

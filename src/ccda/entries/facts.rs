//! The facts that every row has of its entry, whatever its domain.

use std::sync::Arc;

use super::{Statement, related, template};
use crate::{
    ccda::{data_types, element::Element, header_rows::name, narratives::Narratives, values},
    domain::clinical::{Author, Coded, Entry},
};

/// The row's entry. `domain` names the table, `template` is the root by which the statement was taken, where it has it; `code` is what it is about.
pub(super) fn of(statement: &Statement, domain: &str, template: &str, code: Coded, seq: u32, narratives: &mut Narratives) -> Entry {
    let element = statement.element;
    let attribute = |name| element.attribute(name).map(str::to_owned);
    let known =
        element.children("templateId").find(|known| known.attribute("root") == Some(template)).or_else(|| element.child("templateId"));
    let (text, narrative_id) = element.child("text").map_or((None, None), |text| values::text_of(text, narratives));
    Entry {
        seq,
        parent_seq: statement.parent_seq,
        section_seq: statement.section.seq,
        path: statement.path.to_owned(),
        context: statement.context(domain),
        element: element.local().to_owned(),
        template_root: known.and_then(|known| known.attribute("root")).map(str::to_owned),
        template_ext: known.and_then(|known| known.attribute("extension")).map(str::to_owned),
        class: attribute("classCode"),
        mood: attribute("moodCode"),
        ids: data_types::ids(element),
        negated: is_negated(element),
        null_flavor: attribute("nullFlavor").or_else(|| code.null_flavor.clone()),
        status: status(element),
        times: element.child("effectiveTime").map(values::times).unwrap_or_default(),
        code,
        text,
        narrative_id,
        author: author(statement),
        comment: comment(element, narratives),
        assertion: Default::default(),
    }
}

/// Whether a statement says of itself that there is nothing to tell: a placeholder for an empty section.
pub(super) fn is_void(element: Element) -> bool {
    element.attribute("nullFlavor").is_some()
}

/// Whether it is said not to be so.
pub(super) fn is_negated(element: Element) -> bool {
    matches!(element.attribute("negationInd"), Some("true" | "1"))
}

/// What is administered: the material's code; where it has none, its name.
pub(super) fn material(material: Option<Element>, preferred: &[&str], narratives: &mut Narratives) -> Coded {
    let Some(material) = material else { return Coded::default() };
    let mut code = material.child("code").map(|code| values::coded(code, preferred, narratives)).unwrap_or_default();
    code.original_text = code.original_text.or_else(|| material.child("name").and_then(Element::text));
    code
}

/// `statusCode`, lower case.
pub(super) fn status(element: Element) -> Option<String> {
    element.child("statusCode")?.attribute("code").map(str::to_lowercase)
}

/// The nearest one: of the statement, else of one around it, else of the section or the document.
fn author(statement: &Statement) -> Arc<Author> {
    let mut around = std::iter::once(statement.element).chain(statement.around.iter().rev().copied());
    around
        .find_map(|element| element.child("author"))
        .map_or_else(|| Arc::clone(statement.section.author), |author| Arc::new(read_author(author)))
}

/// Who an `author` element names, and when.
pub(in crate::ccda) fn read_author(author: Element) -> Author {
    let assigned = author.child("assignedAuthor");
    let device = |assigned: Element| assigned.at("assignedAuthoringDevice/softwareName").and_then(Element::text);
    let npi = assigned.and_then(|assigned| data_types::ids(assigned).iter().find_map(|id| id.npi().map(str::to_owned)));
    Author {
        time: author.child("time").and_then(|time| values::time(time).or_else(|| values::times(time).start)),
        name: assigned.and_then(|assigned| person(assigned, "assignedPerson/name").or_else(|| device(assigned))),
        npi,
        organization: assigned.and_then(|assigned| assigned.at("representedOrganization/name")).and_then(Element::text),
    }
}

/// The name at the end of this path, its parts in the order of speech.
pub(super) fn person(element: Element, path: &str) -> Option<String> {
    name(element.at(path)).text
}

/// The comment activity within it.
fn comment(element: Element, narratives: &mut Narratives) -> Option<String> {
    let comment = related(element).map(|(_, statement)| statement).find(|statement| statement.has_template(template!("4.64")))?;
    values::text_of(comment.child("text")?, narratives).0
}

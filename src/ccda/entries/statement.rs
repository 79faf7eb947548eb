//! A statement on the way down through an entry, with what is around it.

use std::sync::Arc;

use super::template;
use crate::{ccda::element::Element, domain::clinical::Author};

/// The section that a statement stands in.
#[derive(Debug, Clone, Copy)]
pub(in crate::ccda) struct Within<'w> {
    pub seq: u32,
    /// Which of the guide's it is.
    pub name: Option<&'static str>,
    /// The table in which its entries belong.
    pub domain: Option<&'static str>,
    /// Its author, else the document's.
    pub author: &'w Arc<Author>,
}

/// A statement on the way down, with what is around it.
pub(in crate::ccda) struct Statement<'s, 'a> {
    pub element: Element<'s, 'a>,
    /// The statements around it, outermost first.
    pub around: &'s [Element<'s, 'a>],
    pub section: Within<'s>,
    /// From the section's element down to this one.
    pub path: &'s str,
    /// The row that it stands within.
    pub parent_seq: Option<u32>,
}

impl<'s, 'a> Statement<'s, 'a> {
    /// The statement directly around it.
    pub fn parent(&self) -> Option<Element<'s, 'a>> {
        self.around.last().copied()
    }

    /// Whether it stands in its domain's own section, by the section's template or LOINC code.
    pub fn is_in(&self, domain: &str) -> bool {
        self.section.name == Some(domain)
    }

    /// Whether it is of this section itself: an entry, or in organizers alone.
    pub fn is_placed_in(&self, domain: &str) -> bool {
        self.is_in(domain) && self.around.iter().all(|around| around.is("organizer"))
    }

    /// Where it stands, for a row of this domain: `section` where the domain has a list of its own, else what is around it, else the section's name.
    pub fn context(&self, domain: &str) -> &'static str {
        if self.is_in(domain) && LISTS.contains(&domain) {
            return "section";
        }
        let around = self.around.iter().rev().find_map(|statement| place(*statement));
        around.or(self.section.name).unwrap_or("unknown_section")
    }
}

/// The domains whose own section is the list of all that there is of them. What other domains tell may stand in several sections, and each has its name.
const LISTS: [&str; 8] = ["problems", "medications", "allergies", "immunizations", "results", "vital_signs", "procedures", "encounters"];

/// What a statement makes of what is within it.
fn place(statement: Element) -> Option<&'static str> {
    const PLACES: [(&str, &str); 9] = [
        (template!("4.80"), "encounter_diagnosis"),
        (template!("4.34"), "admission_diagnosis"),
        (template!("4.33"), "discharge_diagnosis"),
        (template!("4.65"), "preoperative_diagnosis"),
        (template!("4.51"), "postprocedure_diagnosis"),
        (template!("4.132"), "health_concern"),
        (template!("4.136"), "health_concern"),
        (template!("4.36"), "admission_medications"),
        (template!("4.35"), "discharge_medications"),
    ];
    PLACES.iter().find(|(root, _)| statement.has_template(root)).map(|(_, place)| *place)
}

/// What the statement's relations lead to: `entryRelationship/*` with its typeCode, and an organizer's `component/*`.
pub(in crate::ccda) fn related<'s, 'a>(element: Element<'s, 'a>) -> impl Iterator<Item = (Option<&'s str>, Element<'s, 'a>)> {
    let relations = element.elements().filter(|child| child.is("entryRelationship") || child.is("component"));
    relations.flat_map(|relation| relation.elements().map(move |statement| (relation.attribute("typeCode"), statement)))
}

/// The first related statement with this template.
pub(in crate::ccda) fn related_by<'s, 'a>(element: Element<'s, 'a>, root: &str) -> Option<Element<'s, 'a>> {
    related(element).map(|(_, statement)| statement).find(|statement| statement.has_template(root))
}

/// What a related observation says.
pub(in crate::ccda) fn value_of<'s, 'a>(observation: Option<Element<'s, 'a>>) -> Option<Element<'s, 'a>> {
    observation?.child("value")
}

/// Whether a statement does nothing but hold those within it: organizers, concern acts, diagnoses and medications of an admission or a discharge.
pub(super) fn holds_others(statement: Element) -> bool {
    const HOLDERS: [&str; 9] = [
        template!("4.3"),
        template!("4.30"),
        template!("4.26"),
        template!("4.34"),
        template!("4.33"),
        template!("4.65"),
        template!("4.51"),
        template!("4.36"),
        template!("4.35"),
    ];
    HOLDERS.iter().any(|root| statement.has_template(root))
}

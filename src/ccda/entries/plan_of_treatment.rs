//! The plan of treatment: a row for each statement with one of the templates of what is planned, wherever it stands; and for each other one that is an
//! entry of a section of plans and has not happened. A goal is what a plan is for, and no part of it.

use super::{Statement, facts, medications, quantity, related, related_by, social_history, template, value_of};
use crate::{
    ccda::{data_types, element::Element, narratives::Narratives, values},
    domain::clinical::{
        Assertion, Coded, Entry, PlannedItem, Time,
        code_system::{CPT, CVX, HCPCS, LOINC, NCI_THESAURUS, NDC, RXNORM, SNOMED_CT},
    },
};

/// What each template plans, whichever element has it.
const KINDS: [(&str, &str); 11] = [
    (template!("4.39"), "act"),
    (template!("4.40"), "encounter"),
    (template!("4.41"), "procedure"),
    (template!("4.42"), "medication"),
    (template!("4.43"), "supply"),
    (template!("4.44"), "observation"),
    (template!("4.120"), "immunization"),
    (template!("4.129"), "coverage"),
    (template!("4.130"), "nutrition"),
    (template!("4.140"), "referral"),
    (template!("4.146"), "intervention"),
];
/// Instructions for the patient: an act until R3, an observation since R4.
const INSTRUCTIONS: [&str; 2] = [template!("4.20"), template!("4.515")];
/// What any other statement plans.
const ELEMENTS: [(&str, &str); 6] = [
    ("act", "act"),
    ("encounter", "encounter"),
    ("procedure", "procedure"),
    ("substanceAdministration", "medication"),
    ("supply", "supply"),
    ("observation", "observation"),
];

/// Sections whose entries are plans.
const SECTIONS: [&str; 3] = ["plan_of_treatment", "assessment_and_plan", "planned_procedure"];
/// Entries of theirs that are none: what only comments, refers or directs.
const OTHERS: [&str; 5] = [template!("4.64"), template!("4.115"), template!("4.122"), template!("4.147"), template!("4.201")];
const GOAL: &str = template!("4.121");
const INDICATION: &str = template!("4.19");
const PRIORITY_PREFERENCE: &str = template!("4.143");

pub(super) fn takes(statement: &Statement) -> bool {
    let element = statement.element;
    let mood = element.attribute("moodCode");
    let is_goal = mood == Some("GOL") || element.has_template(GOAL);
    let is_an_entry = || SECTIONS.iter().any(|section| statement.is_placed_in(section));
    let is_other = || OTHERS.iter().any(|root| element.has_template(root)) || social_history::has_template(element);
    let is_placed = || is_an_entry() && mood != Some("EVN") && !is_other();
    ELEMENTS.iter().any(|(local, _)| element.is(local)) && !is_goal && (has_template(element) || is_placed())
}

/// Whether it has one of the templates of what is planned.
pub(super) fn has_template(element: Element) -> bool {
    KINDS.iter().any(|(root, _)| element.has_template(root))
}

pub(super) fn read(statement: &Statement, seq: u32, narratives: &mut Narratives) -> PlannedItem {
    let element = statement.element;
    let (template, kind) = template_and_kind(element);
    let same = same(element);
    let code = what(same, kind, narratives);
    let mut coded = |element: Option<Element>, preferred: &[&str]| {
        element.map(|element| values::coded(element, preferred, narratives)).unwrap_or_default()
    };
    let priority = element.child("priorityCode").or_else(|| value_of(related_by(element, PRIORITY_PREFERENCE)));
    let (priority, route) = (coded(priority, &[]), coded(element.child("routeCode"), &[NCI_THESAURUS, SNOMED_CT]));
    let reasons = related(element).filter(|(kind, reason)| *kind == Some("RSON") || reason.has_template(INDICATION));
    let reasons = reasons.filter(|(_, it)| !it.has_template(PRIORITY_PREFERENCE));
    let reasons = reasons.map(|(_, it)| reason(it, narratives)).filter(Coded::says_something).collect();
    let instructions = instructions(element, narratives);
    let value = element.child("value").map(|value| quantity::value(value, narratives)).unwrap_or_default();
    let mut entry = facts::of(statement, "plan_of_treatment", template, code, seq, narratives);
    entry.times = medications::when(same);
    let attribute = |path: &str, name: &str| element.at(path).and_then(|found| found.attribute(name)).map(str::to_owned);
    let name = |path: &str| same.at(path).and_then(Element::text);
    let mut item = PlannedItem {
        planned_for: planned_for(same),
        entry,
        kind,
        priority,
        performer_name: facts::person(same, "performer/assignedEntity/assignedPerson/name").or_else(|| participant(element, "REFT")),
        performer_organization: name("performer/assignedEntity/representedOrganization/name"),
        location: participant(element, "LOC"),
        reasons,
        instructions,
        value,
        dose: attribute("doseQuantity", "value"),
        dose_unit: attribute("doseQuantity", "unit"),
        route,
        quantity: attribute("quantity", "value"),
        quantity_unit: attribute("quantity", "unit"),
    };
    item.entry.assertion = assertion(&item);
    item
}

fn template_and_kind(element: Element) -> (&'static str, &'static str) {
    let instruction = INSTRUCTIONS.iter().map(|root| (*root, "instruction"));
    let known = KINDS.into_iter().chain(instruction).find(|(root, _)| element.has_template(root));
    let by_element = || ELEMENTS.iter().find(|(local, _)| element.is(local)).map_or("act", |(_, kind)| kind);
    known.unwrap_or_else(|| ("", by_element()))
}

/// What tells of it: itself, unless it is bare and refers to a statement with its own id, as some do with appointments and orders.
fn same<'s, 'a>(element: Element<'s, 'a>) -> Element<'s, 'a> {
    let is_bare = !element.elements().any(|child| ["code", "effectiveTime", "consumable", "product"].iter().any(|name| child.is(name)));
    let id = data_types::ids(element).into_iter().find(|id| id.root.is_some());
    let referred = related(element).filter(|(kind, _)| *kind == Some("REFR")).map(|(_, statement)| statement);
    let same = referred.filter(|_| is_bare && id.is_some()).find(|it| data_types::ids(*it).into_iter().next() == id);
    same.unwrap_or(element)
}

/// What is planned, preferring the systems in which it is recorded once it is done.
fn what(element: Element, kind: &str, narratives: &mut Narratives) -> Coded {
    let preferred: &[&str] = match kind {
        "medication" | "supply" => &[RXNORM, NDC],
        "immunization" => &[CVX, NDC, RXNORM],
        "observation" => &[LOINC, SNOMED_CT],
        "encounter" => &[CPT, SNOMED_CT],
        "procedure" => &[CPT, HCPCS, SNOMED_CT],
        _ => &[],
    };
    let product = element.at("consumable/manufacturedProduct").or_else(|| element.at("product/manufacturedProduct"));
    let drug = |name| product.and_then(|product| product.child(name));
    let material = drug("manufacturedMaterial").or_else(|| drug("manufacturedLabeledDrug"));
    match element.child("code") {
        Some(code) if material.is_none() => values::coded(code, preferred, narratives),
        _ => facts::material(material, preferred, narratives),
    }
}

/// The moment, else when it begins, else about when.
fn planned_for(element: Element) -> Option<Time> {
    let time = element.children("effectiveTime").find(|time| !matches!(time.xsi_type(), Some("PIVL_TS" | "EIVL_TS")))?;
    let ends = ["low", "center"].iter().filter_map(|end| time.child(end));
    std::iter::once(time).chain(ends).filter_map(values::time).find(|time| time.iso.is_some())
}

/// What an indication says in its value; some say it in the code, or in the text alone.
fn reason(statement: Element, narratives: &mut Narratives) -> Coded {
    let said = statement.child("value").or_else(|| statement.child("code"));
    let mut reason = said.map(|said| values::coded(said, &[SNOMED_CT], narratives)).unwrap_or_default();
    if !reason.says_something() {
        reason.original_text = statement.child("text").and_then(|text| values::text_of(text, narratives).0);
    }
    reason
}

fn instructions(element: Element, narratives: &mut Narratives) -> Option<String> {
    let instructions = related(element).map(|(_, it)| it).filter(|it| INSTRUCTIONS.iter().any(|root| it.has_template(root)));
    let texts: Vec<_> = instructions
        .filter_map(|it| it.child("text").or_else(|| it.child("value")))
        .filter_map(|text| values::text_of(text, narratives).0)
        .collect();
    Some(texts.join("\n")).filter(|text| !text.is_empty())
}

/// The name of who or what takes part in this way.
fn participant(element: Element, kind: &str) -> Option<String> {
    let participant = element.children("participant").find(|participant| participant.attribute("typeCode") == Some(kind))?;
    facts::person(participant, "participantRole/playingEntity/name")
}

/// Some plan an encounter that has nothing but a time or somebody to see. One without anything is a placeholder, and so is a negated one without a code.
fn assertion(item: &PlannedItem) -> Assertion {
    let PlannedItem { entry, planned_for, performer_name, reasons, value, .. } = item;
    let Entry { code, text, negated, .. } = entry;
    let says_what = code.says_something() || text.is_some() || value.text.is_some();
    match negated {
        true if says_what => Assertion::Absent,
        false if says_what || planned_for.is_some() || performer_name.is_some() || !reasons.is_empty() => Assertion::Present,
        _ => Assertion::NoInformation,
    }
}

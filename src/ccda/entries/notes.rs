//! Notes: a row for each note activity (2.16.840.1.113883.10.20.22.4.202), also where it is a part of an encounter or a procedure; and for each other act
//! with a text that is an entry of the notes section.

use super::{Statement, facts, plan_of_treatment, related, template};
use crate::{
    ccda::{data_types, element::Element, encapsulated, narrative, narratives::Narratives, values},
    domain::clinical::{Assertion, Code, Coded, InstanceId, Note, code_system::LOINC},
};

const ACTIVITY: &str = template!("4.202");
/// LOINC for "note": until R4 the code of each, and its type a translation of it.
const ANY_NOTE: &str = "34109-9";

pub(super) fn takes(statement: &Statement) -> bool {
    let element = statement.element;
    let is_placed = || statement.is_placed_in("notes") && element.is("act") && element.child("text").is_some();
    element.has_template(ACTIVITY) || (is_placed() && !plan_of_treatment::has_template(element))
}

pub(super) fn read(statement: &Statement, seq: u32, narratives: &mut Narratives) -> Note {
    let element = statement.element;
    let text = element.child("text");
    let body = text.and_then(encapsulated::read);
    let kind = element.child("code").map(|code| kind(code, narratives)).unwrap_or_default();
    let mut entry = facts::of(statement, "notes", ACTIVITY, kind, seq, narratives);
    // In its lines, where it stands in the note itself and not only in the narrative.
    let inline = || text.filter(|text| !encapsulated::is_encapsulated(*text)).and_then(narrative::plain);
    let body_bytes = body.as_ref().map(|body| body.bytes);
    entry.text = body.and_then(|body| body.text).or_else(inline).or(entry.text);
    let is_written = entry.text.is_some() || body_bytes.is_some() || entry.narrative_id.is_some();
    entry.assertion = match entry.negated {
        _ if !is_written => Assertion::NoInformation,
        true => Assertion::Absent,
        false => Assertion::Present,
    };
    let attribute = |name| text.and_then(|text| text.attribute(name)).map(str::to_owned);
    Note {
        media_type: attribute("mediaType"),
        representation: attribute("representation"),
        body_bytes,
        encounter: encounter(element),
        entry,
    }
}

/// The type of note: LOINC before others, and anything before "note".
fn kind(code: Element, narratives: &mut Narratives) -> Coded {
    let mut kind = values::coded(code, &[], narratives);
    let tells = |code: &Code| code.code.as_deref().is_some_and(|code| code != ANY_NOTE);
    let is_loinc = |code: &Code| code.system_name == Some(LOINC);
    let of = |wanted: &dyn Fn(&Code) -> bool| kind.codes.iter().position(wanted);
    kind.chosen = of(&|code| tells(code) && is_loinc(code)).or_else(|| of(&tells)).or(kind.chosen);
    kind
}

/// The first id of the encounter that it refers to.
fn encounter(element: Element) -> InstanceId {
    let encounter = related(element).map(|(_, statement)| statement).find(|statement| statement.is("encounter"));
    encounter.and_then(|encounter| encounter.child("id")).map(data_types::id).unwrap_or_default()
}

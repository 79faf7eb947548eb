//! What is new each time that a vendor's system writes the same chart: the document's own id and times, who signed it when, and ids that are made up
//! on the way. Times at which somebody wrote an entry are content.

use std::borrow::Cow;

use crate::ccda::tokens::Space;

/// Where an element stands, as far as something below it is volatile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Document,
    /// Who takes part in the document, with the time of that.
    Participant,
    DocumentationOf,
    ServiceEvent,
    /// From when on the care was given, until now.
    ServiceTime,
    Device,
    /// Elsewhere in the header.
    Header,
    Body,
}

/// The place of an element that has just begun; `None` where it is volatile with all that is in it.
pub(super) fn place(parent: Option<Place>, space: Space, local: &str, attributes: &[(&str, Cow<str>)]) -> Option<Place> {
    let Some(parent) = parent else { return Some(Place::Document) };
    let elsewhere = if parent == Place::Body { Place::Body } else { Place::Header };
    if space != Space::Hl7 {
        return Some(elsewhere);
    }
    Some(match (parent, local) {
        (Place::Document, "id" | "setId" | "versionNumber" | "effectiveTime" | "relatedDocument")
        | (Place::Participant, "time")
        | (Place::ServiceTime, "high")
        | (Place::Device, "softwareName") => return None,
        (Place::Body, "id") if is_made_up(attributes) => return None,
        (Place::Document, "author" | "legalAuthenticator" | "authenticator" | "dataEnterer") => Place::Participant,
        (Place::Document, "documentationOf") => Place::DocumentationOf,
        (Place::Document, "component") => Place::Body,
        (Place::DocumentationOf, "serviceEvent") => Place::ServiceEvent,
        (Place::ServiceEvent, "effectiveTime") => Place::ServiceTime,
        // Of entries too: a new version of a system is no news of its patients.
        (_, "assignedAuthoringDevice") => Place::Device,
        _ => elsewhere,
    })
}

/// Whether the `id` that has just begun is a UUID and nothing else, as systems give to what has no id of its own.
fn is_made_up(attributes: &[(&str, Cow<str>)]) -> bool {
    let mut is_uuid = false;
    for (name, value) in attributes {
        match *name {
            "root" => is_uuid = self::is_uuid(value.trim()),
            "extension" if !value.trim().is_empty() => return false,
            _ => {}
        }
    }
    is_uuid
}

fn is_uuid(text: &str) -> bool {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    LENGTHS.iter().all(|length| parts.next().is_some_and(|part| part.len() == *length && part.bytes().all(|b| b.is_ascii_hexdigit())))
        && parts.next().is_none()
}

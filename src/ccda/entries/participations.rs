//! Who did something, where, and with which device.

use super::template;
use crate::{
    ccda::{
        data_types,
        element::Element,
        header_rows::{address, name},
        narratives::Narratives,
        values,
    },
    domain::clinical::{
        Device, InstanceId, Location, Performer,
        code_system::{HSLOC, SNOMED_CT},
    },
};

/// A product instance, which some put where a location belongs.
const PRODUCT: [&str; 2] = [template!("4.37"), "2.16.840.1.113883.10.20.1.52"];

/// Root of the FDA's unique device identifiers.
const UDI: &str = "2.16.840.1.113883.3.3719";

/// All of them that are named in any way.
pub(super) fn performers(element: Element) -> Vec<Performer> {
    let performer = |performer: Element| {
        let entity = performer.child("assignedEntity")?;
        Some(Performer {
            name: name(entity.at("assignedPerson/name")).text,
            npi: data_types::ids(entity).iter().find_map(InstanceId::npi).map(str::to_owned),
            organization: entity.at("representedOrganization/name").and_then(Element::text),
        })
    };
    element.children("performer").filter_map(performer).filter(|performer| performer.label().is_some()).collect()
}

/// The first place, by preference one with a name.
pub(super) fn location(element: Element, narratives: &mut Narratives) -> Location {
    let named = |role: &Element| role.at("playingEntity/name").and_then(Element::text).is_some();
    let places = || roles(element).filter(|(kind, role)| *kind == Some("LOC") && !is_product(*role)).map(|(_, role)| role);
    let Some(role) = places().find(named).or_else(|| places().next()) else { return Location::default() };
    Location {
        name: role.at("playingEntity/name").and_then(Element::text),
        kind: role.child("code").map(|code| values::coded(code, &[HSLOC], narratives)).unwrap_or_default(),
        address: address(role.child("addr")).text,
    }
}

/// All that are named or numbered.
pub(super) fn devices(element: Element, narratives: &mut Narratives) -> Vec<Device> {
    let devices = roles(element).filter(|(kind, role)| *kind == Some("DEV") || is_product(*role));
    let is_known = |device: &Device| device.code.says_something() || (device.id.root.is_some() && device.id.null_flavor.is_none());
    devices.map(|(_, role)| device(role, narratives)).filter(is_known).collect()
}

fn device(role: Element, narratives: &mut Narratives) -> Device {
    let mut code = role.at("playingDevice/code").map(|code| values::coded(code, &[SNOMED_CT], narratives)).unwrap_or_default();
    code.original_text = code.original_text.or_else(|| role.at("playingDevice/manufacturerModelName").and_then(Element::text));
    let udi = role.children("id").find(|id| id.attribute("root") == Some(UDI)).and_then(|id| id.attribute("extension"));
    Device {
        code,
        udi: udi.map(str::to_owned),
        id: role.child("id").map(data_types::id).unwrap_or_default(),
        manufacturer: role.at("scopingEntity/desc").and_then(Element::text),
    }
}

/// Who or what takes part, each with its typeCode.
fn roles<'s, 'a>(element: Element<'s, 'a>) -> impl Iterator<Item = (Option<&'s str>, Element<'s, 'a>)> {
    let role = |participant: Element<'s, 'a>| Some((participant.attribute("typeCode"), participant.child("participantRole")?));
    element.children("participant").filter_map(role)
}

fn is_product(role: Element) -> bool {
    PRODUCT.iter().any(|root| role.has_template(root))
}

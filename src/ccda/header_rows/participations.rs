//! Who took part: authors, the custodian, those who signed, providers, emergency contacts … CDA has another word for each one's entity, and the same inside.

use super::super::{
    data_types::{code, interval},
    element::Element,
    located::Located,
};
use super::{addresses::address, capped::Capped, names, parts::ids_of, telecoms::telecoms};
use crate::domain::clinical::header::{Participation, Role};

const ENTITIES: &[&str] =
    &["assignedAuthor", "assignedEntity", "relatedEntity", "assignedCustodian", "intendedRecipient", "associatedEntity"];
const PERSONS: &[&str] = &["assignedPerson", "relatedPerson", "associatedPerson", "informationRecipient"];
const ORGANIZATIONS: &[&str] =
    &["representedOrganization", "representedCustodianOrganization", "receivedOrganization", "scopingOrganization"];

/// How somebody takes part in the document under an element of this name.
pub(super) fn role(local: &str) -> Option<Role> {
    Some(match local {
        "author" => Role::Author,
        "dataEnterer" => Role::DataEnterer,
        "informant" => Role::Informant,
        "custodian" => Role::Custodian,
        "informationRecipient" => Role::InformationRecipient,
        "legalAuthenticator" => Role::LegalAuthenticator,
        "authenticator" => Role::Authenticator,
        "participant" => Role::Participant,
        _ => return None,
    })
}

#[derive(Default)]
pub(super) struct Participations(pub Capped<Participation>);

impl Participations {
    pub fn take(&mut self, role: Role, part: &Located) {
        self.0.add(&part.path, |seq| participation(seq, role, part));
    }

    /// Those who take part in an act of the header.
    pub fn take_of_act(&mut self, part: &Located) {
        for event in part.children("serviceEvent") {
            event.children("performer").for_each(|performer| self.take(Role::Performer, &performer));
        }
        for encounter in part.children("encompassingEncounter") {
            encounter.children("responsibleParty").for_each(|party| self.take(Role::ResponsibleParty, &party));
            encounter.children("encounterParticipant").for_each(|participant| self.take(Role::EncounterParticipant, &participant));
        }
    }
}

fn participation(seq: u32, role: Role, part: &Located) -> Participation {
    let element = part.element;
    let entity = first_of(element, ENTITIES);
    let of_entity = |name: &str| entity.and_then(|entity| entity.at(name));
    let person = entity.and_then(|entity| first_of(entity, PERSONS));
    let organization = entity.and_then(|entity| first_of(entity, ORGANIZATIONS));
    let device = |name: &str| of_entity("assignedAuthoringDevice").and_then(|device| device.at(name)).and_then(Element::text);
    // A custodian has nothing but its organisation.
    let told = if role == Role::Custodian { organization } else { entity };
    Participation {
        seq,
        path: part.path.clone(),
        role,
        type_code: element.attribute("typeCode").map(str::to_owned),
        class: entity.and_then(|entity| entity.attribute("classCode")).map(str::to_owned),
        function: code(element.at("functionCode")),
        period: interval(element.at("time")),
        ids: ids_of(told),
        code: code(of_entity("code")),
        name: names::name(person.and_then(|person| person.at("name"))),
        device: device("manufacturerModelName"),
        software: device("softwareName"),
        organization: organization.and_then(|organization| organization.at("name")).and_then(Element::text),
        organization_ids: ids_of(organization),
        telecoms: telecoms(told),
        address: address(told.and_then(|told| told.at("addr"))),
    }
}

fn first_of<'e, 'a>(element: Element<'e, 'a>, names: &[&str]) -> Option<Element<'e, 'a>> {
    names.iter().find_map(|name| element.at(name))
}

//! The document's own facts, with those of the first act of each kind.

use super::super::{
    data_types::{code, id, interval, time},
    element::Element,
    located::Located,
};
use super::{
    capped::MOST_ROWS,
    names,
    parts::{first_telling, ids_of},
};
use crate::domain::clinical::{InstanceId, Time, header::DocumentHeader};

pub(super) fn holds(local: &str) -> bool {
    matches!(
        local,
        "templateId" | "id" | "code" | "title" | "effectiveTime" | "confidentialityCode" | "languageCode" | "setId" | "versionNumber"
    )
}

#[derive(Default)]
pub(super) struct Document {
    header: DocumentHeader,
    ids: Vec<InstanceId>,
    has_related: bool,
    has_service: bool,
    has_visit: bool,
}

impl Document {
    /// Of what stands there twice, the first one counts.
    pub fn take(&mut self, part: &Located) {
        let (element, header) = (part.element, &mut self.header);
        match element.local() {
            "templateId" if header.templates.len() < MOST_ROWS => {
                let template = id(element);
                header.templates.extend(template.root.map(|root| (root, template.extension)));
            }
            "id" if self.ids.len() < MOST_ROWS => self.ids.push(id(element)),
            "setId" if header.set_id == InstanceId::default() => header.set_id = id(element),
            "code" if header.code.code.is_none() => header.code = code(Some(element)),
            "title" if header.title.is_none() => header.title = element.text(),
            "effectiveTime" if header.created == Time::default() => header.created = time(Some(element)),
            "confidentialityCode" if header.confidentiality.code.is_none() => header.confidentiality = code(Some(element)),
            "languageCode" if header.language.code.is_none() => header.language = code(Some(element)),
            "versionNumber" if header.version_number_raw.is_none() => {
                header.version_number_raw = element.attribute("value").map(str::to_owned);
                header.version_number = header.version_number_raw.as_deref().and_then(|version| version.parse().ok());
            }
            _ => {}
        }
    }

    /// Takes the facts of an act that are asked for together with the document.
    pub fn take_act(&mut self, part: &Located) {
        let element = part.element;
        match element.local() {
            "relatedDocument" if !std::mem::replace(&mut self.has_related, true) => self.take_related(element),
            "documentationOf" if !std::mem::replace(&mut self.has_service, true) => {
                self.header.service = interval(element.at("serviceEvent/effectiveTime"));
            }
            "componentOf" if !std::mem::replace(&mut self.has_visit, true) => {
                if let Some(encounter) = element.at("encompassingEncounter") {
                    self.take_visit(encounter);
                }
            }
            _ => {}
        }
    }

    fn take_related(&mut self, related: Element) {
        let header = &mut self.header;
        header.related_type = related.attribute("typeCode").map(str::to_owned);
        header.parent_id = first_telling(&ids_of(related.at("parentDocument")));
        header.parent_set_id = related.at("parentDocument/setId").map(id).unwrap_or_default();
    }

    fn take_visit(&mut self, encounter: Element) {
        let header = &mut self.header;
        header.visit_id = first_telling(&ids_of(Some(encounter)));
        header.visit_code = code(encounter.at("code"));
        header.visit = interval(encounter.at("effectiveTime"));
        header.disposition = code(encounter.at("dischargeDispositionCode"));
        let facility = encounter.at("location/healthCareFacility");
        let of_facility = |steps| facility.and_then(|facility| facility.at(steps)).and_then(Element::text);
        header.location = of_facility("location/name").or_else(|| of_facility("serviceProviderOrganization/name"));
        header.responsible = names::text(encounter.at("responsibleParty/assignedEntity/assignedPerson/name"));
    }

    pub fn finish(mut self) -> DocumentHeader {
        self.header.path = "ClinicalDocument".to_owned();
        self.header.id = first_telling(&self.ids);
        self.header
    }
}

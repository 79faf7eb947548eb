//! Patients of a document: a row for each `recordTarget`, and rows of all that a person may have several of.

use super::super::{
    data_types::{code, time, truth},
    element::Element,
    located::Located,
};
use super::{
    addresses::address,
    capped::Capped,
    names,
    parts::{first_telling, ids_of},
    patient_parts::PatientParts,
    telecoms::telecoms,
};
use crate::domain::clinical::{
    Code, HeaderRows, Issue,
    header::{DocumentPatient, Name, Telecom},
};

#[derive(Default)]
pub(super) struct Patients {
    patients: Capped<DocumentPatient>,
    parts: PatientParts,
}

impl Patients {
    pub fn take(&mut self, target: &Located) {
        let parts = &mut self.parts;
        self.patients.add(&target.path, |seq| {
            if let Some(role) = target.at("patientRole") {
                parts.take(seq, &role);
            }
            patient(seq, target)
        });
    }

    pub fn finish(self, rows: &mut HeaderRows, issues: &mut Vec<Issue>) {
        rows.patients = self.patients.finish(issues);
        self.parts.finish(rows, issues);
    }
}

fn patient(seq: u32, target: &Located) -> DocumentPatient {
    let path = target.path.clone();
    let Some(role) = target.element.at("patientRole") else { return DocumentPatient { seq, path, ..DocumentPatient::default() } };
    let person = |steps: &str| role.at("patient").and_then(|patient| patient.at(steps));
    let own = telecoms(Some(role));
    let provider = role.at("providerOrganization");
    let deceased = person("sdtc:deceasedInd");
    DocumentPatient {
        seq,
        path,
        name: role.at("patient").map(current_name).unwrap_or_default(),
        birth_time: time(person("birthTime")),
        deceased: truth(deceased),
        deceased_null_flavor: deceased.and_then(|deceased| deceased.attribute("nullFlavor")).map(str::to_owned),
        deceased_time: time(person("sdtc:deceasedTime")),
        gender: code(person("administrativeGenderCode")),
        race: code(person("raceCode").or_else(|| person("sdtc:raceCode"))),
        ethnicity: code(person("ethnicGroupCode").or_else(|| person("sdtc:ethnicGroupCode"))),
        language: role.at("patient").map(preferred_language).unwrap_or_default(),
        marital: code(person("maritalStatusCode")),
        religion: code(person("religiousAffiliationCode")),
        birthplace: address(person("birthplace/place/addr")),
        address: role.children("addr").map(|addr| address(Some(addr))).find(|address| address.text.is_some()).unwrap_or_default(),
        phone: first(&own, Telecom::phone),
        email: first(&own, Telecom::email),
        provider_organization: provider.and_then(|provider| provider.at("name")).and_then(Element::text),
        provider_organization_id: first_telling(&ids_of(provider)),
        provider_organization_phone: first(&telecoms(provider), Telecom::phone),
    }
}

fn current_name(patient: Element) -> Name {
    let mut names: Vec<_> = patient.children("name").map(|name| names::name(Some(name))).collect();
    if names.is_empty() { Name::default() } else { names.swap_remove(names::current(&names)) }
}

fn preferred_language(patient: Element) -> Code {
    let is_preferred = |language: &Element| truth(language.at("preferenceInd")) == Some(true);
    let preferred = patient.children("languageCommunication").find(is_preferred);
    let language = preferred.or_else(|| patient.at("languageCommunication"));
    code(language.and_then(|language| language.at("languageCode")))
}

fn first(telecoms: &[Telecom], ask: impl Fn(&Telecom) -> Option<&str>) -> Option<String> {
    telecoms.iter().find_map(ask).map(str::to_owned)
}

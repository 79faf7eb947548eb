//! What a patient may have several of, a row for each one.

use super::super::{
    code_systems,
    data_types::{code, id, truth},
    element::Element,
    located::Located,
};
use super::{addresses::address, capped::Capped, names, parts::ids_of, telecoms};
use crate::domain::clinical::{
    HeaderRows, Issue,
    header::{OfPatient, PatientAddress, PatientGuardian, PatientId, PatientLanguage, PatientName, PatientRace, PatientTelecom, RaceKind},
};

#[derive(Default)]
pub(super) struct PatientParts {
    ids: Capped<PatientId>,
    names: Capped<PatientName>,
    addresses: Capped<PatientAddress>,
    telecoms: Capped<PatientTelecom>,
    races: Capped<PatientRace>,
    languages: Capped<PatientLanguage>,
    guardians: Capped<PatientGuardian>,
}

/// Adds a row of each element, told whose it is.
fn add_each<'e, 'a: 'e, T>(
    rows: &mut Capped<T>,
    patient_seq: u32,
    elements: impl Iterator<Item = Located<'e, 'a>>,
    row: impl Fn(OfPatient, Element) -> T,
) {
    for Located { element, path } in elements {
        rows.add(&path, |seq| row(OfPatient { patient_seq, seq, path: path.clone() }, element));
    }
}

impl PatientParts {
    /// Takes what the role of the patient with this place says.
    pub fn take(&mut self, seq: u32, role: &Located) {
        add_each(&mut self.ids, seq, role.children("id"), |of, element| {
            let id = id(element);
            let root_name = id.root.as_deref().and_then(|root| code_systems::name(code_systems::oid(root)));
            PatientId { of, id, root_name }
        });
        add_each(&mut self.addresses, seq, role.children("addr"), |of, element| PatientAddress { of, address: address(Some(element)) });
        add_each(&mut self.telecoms, seq, role.children("telecom"), |of, element| PatientTelecom {
            of,
            telecom: telecoms::telecom(element),
        });
        for patient in role.children("patient").take(1) {
            self.take_person(seq, &patient);
        }
    }

    fn take_person(&mut self, seq: u32, patient: &Located) {
        let all: Vec<_> = patient.element.children("name").map(|name| names::name(Some(name))).collect();
        let current = names::current(&all);
        for (at, (name, Located { path, .. })) in all.into_iter().zip(patient.children("name")).enumerate() {
            let of = |place| OfPatient { patient_seq: seq, seq: place, path: path.clone() };
            self.names.add(&path, |place| PatientName { of: of(place), is_current: at == current, name });
        }
        for (kind, names) in
            [(RaceKind::Race, ["raceCode", "sdtc:raceCode"]), (RaceKind::Ethnicity, ["ethnicGroupCode", "sdtc:ethnicGroupCode"])]
        {
            for name in names {
                add_each(&mut self.races, seq, patient.children(name), |of, element| PatientRace { of, kind, code: code(Some(element)) });
            }
        }
        add_each(&mut self.languages, seq, patient.children("languageCommunication"), |of, element| PatientLanguage {
            of,
            code: code(element.at("languageCode")),
            mode: code(element.at("modeCode")),
            proficiency: code(element.at("proficiencyLevelCode")),
            preferred: truth(element.at("preferenceInd")),
        });
        add_each(&mut self.guardians, seq, patient.children("guardian"), guardian);
    }

    pub fn finish(self, rows: &mut HeaderRows, issues: &mut Vec<Issue>) {
        rows.ids = self.ids.finish(issues);
        rows.names = self.names.finish(issues);
        rows.addresses = self.addresses.finish(issues);
        rows.telecoms = self.telecoms.finish(issues);
        rows.races = self.races.finish(issues);
        rows.languages = self.languages.finish(issues);
        rows.guardians = self.guardians.finish(issues);
    }
}

fn guardian(of: OfPatient, element: Element) -> PatientGuardian {
    PatientGuardian {
        of,
        ids: ids_of(Some(element)),
        code: code(element.at("code")),
        name: names::name(element.at("guardianPerson/name")),
        organization: element.at("guardianOrganization/name").and_then(Element::text),
        telecoms: telecoms::telecoms(Some(element)),
        address: address(element.at("addr")),
    }
}

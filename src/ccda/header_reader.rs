//! Picks the facts of the header up while the document goes by: each element has a place, and only named places say something.

use super::{
    header::{Header, PatientId, Person, collapse, present},
    references::attribute_value,
    start_tag::Attribute,
    timestamp::Timestamp,
    warning::{WarningCode, Warnings},
};

/// So many record targets, and ids of each, are kept: a hostile document must not make us hold more than it is.
const MOST_KEPT: usize = 64;

/// A title or a name is cut here. An attribute that is longer counts as absent: half an identifier would be another one.
const LONGEST_TEXT: usize = 4_096;

/// Where in a document an open element stands, as far as the header is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Document,
    Title,
    RecordTarget,
    PatientRole,
    Patient,
    Name,
    Family,
    Given,
    /// Nothing of the header is below it.
    Elsewhere,
}

impl Place {
    /// The place of a child of that name in HL7's namespace.
    fn child(self, local: &str) -> Self {
        match (self, local) {
            (Self::Document, "title") => Self::Title,
            (Self::Document, "recordTarget") => Self::RecordTarget,
            (Self::RecordTarget, "patientRole") => Self::PatientRole,
            (Self::PatientRole, "patient") => Self::Patient,
            (Self::Patient, "name") => Self::Name,
            (Self::Name, "family") => Self::Family,
            (Self::Name, "given") => Self::Given,
            _ => Self::Elsewhere,
        }
    }

    fn holds_text(self) -> bool {
        matches!(self, Self::Title | Self::Family | Self::Given)
    }
}

/// The header as far as it has gone by.
#[derive(Default)]
pub(super) struct HeaderReader {
    header: Header,
    /// The text of the innermost place that holds text.
    text: String,
    /// How many record targets there were, kept or not.
    targets: usize,
}

impl HeaderReader {
    /// An element of HL7's namespace begins at `offset`, a child of `parent`; gives its place.
    pub fn enter(&mut self, parent: Place, local: &str, attributes: &[Attribute], offset: usize, warnings: &mut Warnings) -> Place {
        match (parent, local) {
            (Place::Elsewhere, _) => return Place::Elsewhere,
            (Place::Document, "id") => self.take_document_id(attributes),
            (Place::Document, "code") => set_once(&mut self.header.code, value_of(attributes, "code")),
            (Place::Document, "effectiveTime") => self.take_effective_time(attributes, offset, warnings),
            (Place::Document, "recordTarget") => self.begin_person(),
            (Place::PatientRole, "id") => self.take_patient_id(attributes),
            (Place::Patient, "birthTime") => self.take_birth_time(attributes, offset, warnings),
            _ => {}
        }
        let place = parent.child(local);
        if place.holds_text() {
            self.text.clear();
        }
        place
    }

    /// Text directly in an element of that place, with references resolved.
    pub fn hear(&mut self, place: Place, text: &str) {
        if place.holds_text() {
            let room = LONGEST_TEXT.saturating_sub(self.text.len());
            self.text.push_str(&text[..text.floor_char_boundary(room)]);
        }
    }

    /// The element of that place ends.
    pub fn leave(&mut self, place: Place) {
        if !place.holds_text() {
            return;
        }
        let text = collapse(&self.text);
        match place {
            Place::Title => set_once(&mut self.header.title, text),
            Place::Family => self.with_person(|person| set_once(&mut person.family, text)),
            _ => self.with_person(|person| set_once(&mut person.given, text)),
        }
    }

    /// The header, once the document has gone by; what it lacks is warned of at `end`.
    pub fn finish(mut self, end: usize, warnings: &mut Warnings) -> Header {
        let first = self.header.persons.first();
        if let Some(id) = first.and_then(Person::record_number).cloned() {
            self.header.mrn_root = id.root;
            self.header.mrn_extension = id.extension;
        }
        let is_identified = self.header.persons.first().is_some_and(|person| person.ids.iter().any(PatientId::is_comparable));
        let lacks = [
            (self.header.document_root.is_none(), WarningCode::NoDocumentId),
            (self.header.effective_time_raw.is_none(), WarningCode::NoEffectiveTime),
            (self.targets == 0, WarningCode::NoPatient),
            (self.targets > 0 && !is_identified, WarningCode::NoPatientId),
            (self.targets > 1, WarningCode::SeveralPatients),
        ];
        for (_, code) in lacks.into_iter().filter(|(lacking, _)| *lacking) {
            warnings.add(code, end);
        }
        self.header
    }

    /// The first id with a root, else the first with an extension.
    fn take_document_id(&mut self, attributes: &[Attribute]) {
        let root = value_of(attributes, "root");
        if self.header.document_root.is_none() && (root.is_some() || self.header.document_extension.is_none()) {
            self.header.document_root = root;
            self.header.document_extension = value_of(attributes, "extension");
        }
    }

    fn take_effective_time(&mut self, attributes: &[Attribute], offset: usize, warnings: &mut Warnings) {
        let Some(raw) = value_of(attributes, "value").filter(|_| self.header.effective_time_raw.is_none()) else { return };
        match Timestamp::parse(&raw) {
            Ok(time) => self.header.effective_time = Some(time.iso),
            Err(_) => warnings.add(WarningCode::BadEffectiveTime, offset),
        }
        self.header.effective_time_raw = Some(raw);
    }

    fn begin_person(&mut self) {
        self.targets += 1;
        if self.targets <= MOST_KEPT {
            self.header.persons.push(Person::default());
        }
    }

    fn take_patient_id(&mut self, attributes: &[Attribute]) {
        let value = |name| value_of(attributes, name);
        self.with_person(|person| {
            if person.ids.len() < MOST_KEPT {
                person.ids.push(PatientId { root: value("root"), extension: value("extension"), null_flavor: value("nullFlavor") });
            }
        });
    }

    fn take_birth_time(&mut self, attributes: &[Attribute], offset: usize, warnings: &mut Warnings) {
        let raw = value_of(attributes, "value");
        if raw.as_deref().is_some_and(|raw| Timestamp::parse(raw).is_err()) {
            warnings.add(WarningCode::BadBirthTime, offset);
        }
        self.with_person(|person| set_once(&mut person.birth_time_raw, raw));
    }

    /// Does it to the person whose record target is open, unless that one is not kept.
    fn with_person(&mut self, act: impl FnOnce(&mut Person)) {
        if self.targets <= MOST_KEPT
            && let Some(person) = self.header.persons.last_mut()
        {
            act(person);
        }
    }
}

fn set_once(slot: &mut Option<String>, value: Option<String>) {
    if slot.is_none() {
        *slot = value;
    }
}

/// The value of an attribute that is in no namespace; blank ones and endless ones count as absent.
fn value_of(attributes: &[Attribute], name: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.name == name).filter(|it| it.value.len() <= LONGEST_TEXT)?;
    present(attribute_value(attribute.value).into_owned())
}

//! Rows of small headers, told by reading these.

use super::{super::flatten, HEAVIEST, capped::MOST_ROWS};
use crate::domain::clinical::{
    Flat, HeaderRows, IssueReason,
    header::{ActKind, DocumentPatient, RaceKind, Role},
};

fn flat(header: &str) -> Flat {
    flatten::flatten(format!("<ClinicalDocument xmlns='urn:hl7-org:v3' xmlns:x='urn:hl7-org:sdtc'>{header}</ClinicalDocument>").as_bytes())
}

fn header(header: &str) -> HeaderRows {
    let flat = flat(header);
    assert_eq!(flat.issues, []);
    flat.header
}

/// The header of a document about one patient.
fn about(role: &str, patient: &str) -> HeaderRows {
    header(&format!("<recordTarget><patientRole>{role}<patient>{patient}</patient></patientRole></recordTarget>"))
}

fn current_name(names: &str) -> (Option<String>, Vec<bool>) {
    let rows = about("", names);
    (rows.patients[0].name.text.clone(), rows.names.iter().map(|name| name.is_current).collect())
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_current_name_is_the_legal_one_that_has_not_ended_else_the_first_that_says_something() {
    let alias = "<name use='P SRCH'><given>Ally</given><family>B</family></name>";
    let legal = "<name use='L'><given>Alice</given><family>Born</family></name>";
    let former = "<name use='L'><given>Alice</given><family>Before</family><validTime><high value='2001'/></validTime></name>";
    let open = "<name use='L SRCH'><given>Alice</given><family>Now</family><validTime><low value='2001'/><high nullFlavor='NA'/></validTime></name>";
    assert_eq!(current_name(&format!("{alias}{legal}")), (some("Alice Born"), vec![false, true]));
    assert_eq!(current_name(&format!("{former}{open}")), (some("Alice Now"), vec![false, true]));
    assert_eq!(current_name(&format!("{legal}{open}")), (some("Alice Born"), vec![true, false]), "two that are legal: the first");
    assert_eq!(current_name(&format!("<name nullFlavor='UNK'/>{former}")), (some("Alice Before"), vec![false, true]));
    assert_eq!(current_name("<name nullFlavor='UNK'/>"), (None, vec![true]));
    assert_eq!(current_name(""), (None, vec![]));
}

#[test]
fn a_name_has_its_parts_in_the_order_of_speech_or_is_bare_text() {
    let parts = "<name use='L'><family qualifier='BR'>Smith</family><family>Jones</family><suffix>Jr.</suffix><prefix>Dr.</prefix><given>Isabella</given>\
                 <given qualifier='CL'>Isa</given><given>M.</given><given>K.</given></name>";
    let name = about("", parts).names.remove(0).name;
    assert_eq!(name.text, some("Dr. Isabella M. K. Jones Jr."));
    assert_eq!((name.given, name.middle, name.call_me), (some("Isabella"), some("M. K."), some("Isa")));
    assert_eq!((name.family, name.prefix, name.suffix), (some("Jones"), some("Dr."), some("Jr.")));
    assert_eq!((name.parts.len(), name.parts[0].qualifier.clone()), (8, some("BR")));
    let bare = about("", "<name>\n  Eve   Everywoman </name>").names.remove(0).name;
    assert_eq!((bare.text, bare.family, bare.parts.len()), (some("Eve Everywoman"), None, 0));
    let unknown = about("", "<name><given nullFlavor='UNK'/><family>Doe</family></name>").names.remove(0).name;
    assert_eq!((unknown.text, unknown.given, unknown.parts[0].null_flavor.clone()), (some("Doe"), None, some("UNK")));
}

#[test]
fn further_races_are_extensions_whatever_their_prefix_and_each_has_its_path() {
    let rows = about(
        "",
        "<raceCode code='2106-3' codeSystem='2.16.840.1.113883.6.238' displayName='White'/><x:raceCode code='2054-5'/><x:raceCode nullFlavor='ASKU'/>\
         <ethnicGroupCode code='2186-5' displayName='null'/><x:ethnicGroupCode code='2137-8'/><o:raceCode xmlns:o='urn:other' code='no'/>",
    );
    let told: Vec<_> =
        rows.races.iter().map(|race| (race.kind, race.code.code.as_deref(), race.of.path.rsplit('/').next().unwrap())).collect();
    assert_eq!(
        told,
        [
            (RaceKind::Race, Some("2106-3"), "raceCode"),
            (RaceKind::Race, Some("2054-5"), "sdtc:raceCode"),
            (RaceKind::Race, None, "sdtc:raceCode[2]"),
            (RaceKind::Ethnicity, Some("2186-5"), "ethnicGroupCode"),
            (RaceKind::Ethnicity, Some("2137-8"), "sdtc:ethnicGroupCode"),
        ]
    );
    assert_eq!(rows.races[2].code.null_flavor, some("ASKU"));
    let patient = &rows.patients[0];
    assert_eq!((patient.race.display.clone(), patient.race.system_name), (some("White"), Some("CDC Race and Ethnicity")));
    assert_eq!((patient.ethnicity.code.clone(), patient.ethnicity.display.clone()), (some("2186-5"), None));
}

#[test]
fn times_and_truths_of_a_person_are_as_precise_as_they_were_told() {
    let person = |patient: &str| about("", patient).patients.remove(0);
    let born = person("<birthTime value='19540323000000.000-0600'/>").birth_time;
    assert_eq!((born.iso, born.precision), (some("1954-03-23T00:00:00.000-06:00"), Some("fraction")));
    let year = person("<birthTime value='1954'/><x:deceasedInd value='true'/><x:deceasedTime value='20200102'/>");
    assert_eq!((year.birth_time.iso, year.birth_time.precision), (some("1954"), Some("year")));
    assert_eq!((year.deceased, year.deceased_time.iso), (Some(true), some("2020-01-02")));
    let placeholder = person("<birthTime value='00010101'/><x:deceasedInd nullFlavor='NASK'/>");
    assert_eq!((placeholder.birth_time.iso, placeholder.birth_time.raw), (None, some("00010101")));
    assert_eq!((placeholder.deceased, placeholder.deceased_null_flavor), (None, some("NASK")));
}

#[test]
fn an_id_that_is_masked_or_unknown_keeps_what_it_says() {
    let rows = about(
        "<id root='2.16.840.1.113883.4.1' nullFlavor='MSK' extension='***-**-2222'/><id nullFlavor='UNK'/><id root='1.2' extension='7' assigningAuthorityName='Us'/>",
        "",
    );
    let told: Vec<_> = rows.ids.iter().map(|row| (row.id.extension.as_deref(), row.id.null_flavor.as_deref(), row.root_name)).collect();
    assert_eq!(told, [(Some("***-**-2222"), Some("MSK"), Some("SSN")), (None, Some("UNK"), None), (Some("7"), None, None)]);
    assert_eq!(rows.ids[2].id.authority, some("Us"));
    assert_eq!(rows.ids[2].of.path, "ClinicalDocument/recordTarget/patientRole/id[3]");
}

#[test]
fn addresses_and_numbers_are_the_first_that_say_something() {
    let rows = about(
        "<addr nullFlavor='UNK'/><addr use='HP'><streetAddressLine>1 A St</streetAddressLine><streetAddressLine>Apt 2</streetAddressLine><city>Lynn</city>\
         <state nullFlavor='UNK'/><useablePeriod><low value='2001'/></useablePeriod></addr><addr>2 B Road\n Salem</addr>\
         <telecom nullFlavor='NI'/><telecom value='mailto:a@example.com'/><telecom value='fax:1'/><telecom use='MC' value='tel: +1(555)555-2003'/>",
        "",
    );
    let patient = &rows.patients[0];
    assert_eq!(
        (patient.address.street.clone(), patient.address.city.clone(), patient.address.state.clone()),
        (some("1 A St, Apt 2"), some("Lynn"), None)
    );
    assert_eq!((patient.phone.clone(), patient.email.clone()), (some("+1(555)555-2003"), some("a@example.com")));
    assert_eq!(
        (rows.addresses[1].address.text.clone(), rows.addresses[1].address.period.start.iso.clone()),
        (some("1 A St, Apt 2, Lynn"), some("2001"))
    );
    assert_eq!((rows.addresses[2].address.text.clone(), rows.addresses[2].address.street.clone()), (some("2 B Road Salem"), None));
    assert_eq!((rows.telecoms[0].telecom.null_flavor.clone(), rows.telecoms[3].telecom.usage.clone()), (some("NI"), some("MC")));
    let bare = about("<telecom value='someone@example.com'/><telecom value='555-2004'/>", "").patients.remove(0);
    assert_eq!((bare.phone, bare.email), (some("555-2004"), some("someone@example.com")));
}

#[test]
fn every_record_target_is_a_patient_and_its_rows_say_so() {
    let target = |name: &str| {
        format!("<recordTarget><patientRole><id root='1'/><patient><name>{name}</name></patient></patientRole></recordTarget>")
    };
    let rows = header(&format!("{}{}<recordTarget nullFlavor='NI'/>", target("Ann"), target("Bob")));
    let patients: Vec<_> = rows.patients.iter().map(|patient| (patient.seq, patient.path.as_str(), patient.name.text.as_deref())).collect();
    assert_eq!(
        patients,
        [
            (1, "ClinicalDocument/recordTarget", Some("Ann")),
            (2, "ClinicalDocument/recordTarget[2]", Some("Bob")),
            (3, "ClinicalDocument/recordTarget[3]", None)
        ]
    );
    let names: Vec<_> = rows.names.iter().map(|name| (name.of.patient_seq, name.of.seq, name.of.path.as_str())).collect();
    assert_eq!(
        names,
        [
            (1, 1, "ClinicalDocument/recordTarget/patientRole/patient/name"),
            (2, 2, "ClinicalDocument/recordTarget[2]/patientRole/patient/name"),
        ]
    );
}

#[test]
fn a_language_is_the_preferred_one_and_a_guardian_a_person_or_an_organization() {
    let rows = about(
        "",
        "<guardian><code code='MTH' codeSystem='2.16.840.1.113883.5.111'/><addr><city>Lynn</city></addr><telecom value='tel:1'/>\
         <guardianPerson><name><given>Eve</given><family>B</family></name></guardianPerson></guardian>\
         <guardian><guardianOrganization><name>Home &amp; Care</name></guardianOrganization></guardian>\
         <languageCommunication><languageCode code='eng'/><modeCode code='ESP'/></languageCommunication>\
         <languageCommunication><languageCode code='es'/><preferenceInd value='true'/></languageCommunication>",
    );
    assert_eq!(rows.patients[0].language.code, some("es"));
    assert_eq!(rows.languages.iter().map(|language| language.preferred).collect::<Vec<_>>(), [None, Some(true)]);
    let [mother, home] = &rows.guardians[..] else { panic!("{:?}", rows.guardians) };
    assert_eq!(
        (mother.name.text.clone(), mother.code.system_name, mother.telecoms[0].phone()),
        (some("Eve B"), Some("RoleCode"), Some("1"))
    );
    assert_eq!((home.organization.clone(), home.name.text.clone()), (some("Home & Care"), None));
}

#[test]
fn everybody_who_took_part_is_a_row_whatever_their_element_is_called() {
    let named = |person: &str, name: &str| format!("<{person}><name><given>{name}</given></name></{person}>");
    let rows = header(&format!(
        "<author><time value='20200102'/><assignedAuthor><id root='2.16.840.1.113883.4.6' extension='99'/>{}</assignedAuthor></author>
         <author><assignedAuthor><assignedAuthoringDevice><manufacturerModelName>EHR</manufacturerModelName><softwareName>v1</softwareName>
           </assignedAuthoringDevice><representedOrganization><id root='5'/><name>Clinic</name></representedOrganization></assignedAuthor></author>
         <informant><relatedEntity classCode='PRS'><code code='SPS'/>{}</relatedEntity></informant>
         <custodian><assignedCustodian><representedCustodianOrganization><id root='6'/><name>Keeper</name><telecom value='tel:2'/>
           </representedCustodianOrganization></assignedCustodian></custodian>
         <informationRecipient><intendedRecipient>{}</intendedRecipient></informationRecipient>
         <participant typeCode='IND'><time><low value='2019'/><high value='2020'/></time><associatedEntity classCode='NOK'>{}</associatedEntity></participant>
         <documentationOf><serviceEvent classCode='PCPR'><effectiveTime><low value='2001'/><high value='2002'/></effectiveTime>
           <performer><functionCode code='PCP'/><assignedEntity>{}</assignedEntity></performer></serviceEvent></documentationOf>
         <documentationOf><serviceEvent><code code='c'/></serviceEvent></documentationOf>
         <componentOf><encompassingEncounter><id root='7' extension='v'/><code code='AMB' codeSystem='2.16.840.1.113883.5.4'/><effectiveTime value='20200102'/>
           <responsibleParty><assignedEntity>{}</assignedEntity></responsibleParty><encounterParticipant typeCode='ATND'/>
           <location><healthCareFacility><location><name>Ward</name></location></healthCareFacility></location></encompassingEncounter></componentOf>",
        named("assignedPerson", "A"),
        named("relatedPerson", "B"),
        named("informationRecipient", "C"),
        named("associatedPerson", "D"),
        named("assignedPerson", "E"),
        named("assignedPerson", "F"),
    ));
    let told: Vec<_> = rows.participations.iter().map(|part| (part.role, part.name.text.as_deref())).collect();
    assert_eq!(
        told,
        [
            (Role::Author, Some("A")),
            (Role::Author, None),
            (Role::Informant, Some("B")),
            (Role::Custodian, None),
            (Role::InformationRecipient, Some("C")),
            (Role::Participant, Some("D")),
            (Role::Performer, Some("E")),
            (Role::ResponsibleParty, Some("F")),
            (Role::EncounterParticipant, None),
        ]
    );
    let [_, device, informant, custodian, _, contact, provider, ..] = &rows.participations[..] else { panic!() };
    assert_eq!((device.device.clone(), device.software.clone(), device.organization.clone()), (some("EHR"), some("v1"), some("Clinic")));
    assert_eq!((informant.class.clone(), informant.code.code.clone()), (some("PRS"), some("SPS")));
    assert_eq!((custodian.organization.clone(), custodian.ids.len(), custodian.telecoms[0].phone()), (some("Keeper"), 1, Some("2")));
    assert_eq!(
        (contact.class.clone(), contact.period.start.iso.clone(), contact.period.end.iso.clone()),
        (some("NOK"), some("2019"), some("2020"))
    );
    assert_eq!(
        (provider.function.code.clone(), provider.path.as_str()),
        (some("PCP"), "ClinicalDocument/documentationOf/serviceEvent/performer")
    );
    let acts: Vec<_> = rows.acts.iter().map(|act| (act.kind, act.path.as_str())).collect();
    assert_eq!(
        acts,
        [
            (ActKind::ServiceEvent, "ClinicalDocument/documentationOf/serviceEvent"),
            (ActKind::ServiceEvent, "ClinicalDocument/documentationOf[2]/serviceEvent"),
            (ActKind::EncompassingEncounter, "ClinicalDocument/componentOf/encompassingEncounter"),
        ]
    );
    let document = &rows.document;
    assert_eq!((document.service.start.iso.clone(), document.service.end.iso.clone()), (some("2001"), some("2002")));
    assert_eq!((document.visit_id.extension.clone(), document.visit_code.system_name), (some("v"), Some("ActCode")));
    assert_eq!(
        (document.visit.start.iso.clone(), document.location.clone(), document.responsible.clone()),
        (some("2020-01-02"), some("Ward"), some("F"))
    );
}

#[test]
fn a_document_tells_which_one_it_is_and_which_it_replaces() {
    let document = header(
        "<templateId root='1.1' extension='2015-08-01'/><templateId root='1.2'/><id nullFlavor='NI'/><id root='9' extension='d'/><code code='34133-9' codeSystem='2.16.840.1.113883.6.1'/>
         <title>Summary\n of care</title><effectiveTime value='20200102030405-0500'/><confidentialityCode code='R'/><languageCode code='en-US'/><setId root='8'/>
         <versionNumber value='2'/><relatedDocument typeCode='RPLC'><parentDocument><id root='9' extension='c'/><setId root='8'/><versionNumber value='1'/></parentDocument></relatedDocument>",
    )
    .document;
    assert_eq!((document.id.extension, document.set_id.root, document.version_number), (some("d"), some("8"), Some(2)));
    assert_eq!(
        (document.code.system_name, document.title, document.created.iso),
        (Some("LOINC"), some("Summary of care"), some("2020-01-02T03:04:05-05:00"))
    );
    assert_eq!((document.confidentiality.code, document.language.code, document.templates.len()), (some("R"), some("en-US"), 2));
    assert_eq!((document.related_type, document.parent_id.extension, document.parent_set_id.root), (some("RPLC"), some("c"), some("8")));
    let odd = header("<versionNumber value='1.0'/>").document;
    assert_eq!((odd.version_number, odd.version_number_raw), (None, some("1.0")));
}

#[test]
fn more_of_a_kind_than_any_header_has_is_left_out_and_said_once() {
    let ids = "<id/>".repeat(MOST_ROWS + 5);
    let flat = flat(&format!("<recordTarget><patientRole>{ids}<patient><name>Ann</name></patient></patientRole></recordTarget>"));
    assert_eq!((flat.header.ids.len(), flat.header.names.len()), (MOST_ROWS, 1));
    assert_eq!(flat.issues.len(), 1);
    assert_eq!(flat.issues[0].reason, IssueReason::TooMany);
    assert_eq!(flat.issues[0].path, format!("ClinicalDocument/recordTarget/patientRole/id[{}]", MOST_ROWS + 1));
}

#[test]
fn a_header_heavier_than_any_is_left_out_from_there_and_said_once() {
    let long = "x".repeat(HEAVIEST);
    let flat = flat(&format!("<recordTarget/><author><assignedAuthor><code code='{long}'/></assignedAuthor></author><custodian/>"));
    assert_eq!((flat.header.patients.len(), flat.header.participations.len()), (1, 0));
    let issues: Vec<_> = flat.issues.iter().map(|issue| (issue.reason, issue.path.as_str())).collect();
    assert_eq!(issues, [(IssueReason::TooLarge, "ClinicalDocument/author")]);
    assert_eq!(flat.header.patients[0], DocumentPatient { seq: 1, path: "ClinicalDocument/recordTarget".into(), ..Default::default() });
}

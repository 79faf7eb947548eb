//! Procedures that were done, refused or denied, and what is none.

use super::flat;
use crate::domain::clinical::{
    Assertion, Coded, Procedure, ProcedureKind,
    code_system::{ICD_10_PCS, SNOMED_CT},
};

const SECTION: &str = "<code code='47519-4'/>";

fn template(root: &str) -> String {
    format!("<templateId root='2.16.840.1.113883.10.20.22.{root}'/>")
}

fn procedures(statement: &str) -> Vec<Procedure> {
    flat(SECTION, &format!("<entry>{statement}</entry>")).procedures
}

/// A procedure activity of these attributes and this content.
fn activity(attributes: &str, content: &str) -> Procedure {
    procedures(&format!("<procedure {attributes}>{}{content}</procedure>", template("4.14"))).remove(0)
}

fn code(coded: &Coded) -> Option<&str> {
    coded.preferred()?.code.as_deref()
}

const COLONOSCOPY: &str = "<code code='73761001' codeSystem='2.16.840.1.113883.6.96' displayName='Colonoscopy'>
    <translation code='45378' codeSystem='2.16.840.1.113883.6.12' displayName='Diagnostic colonoscopy'/>
    <translation code='0DJD8ZZ' codeSystem='2.16.840.1.113883.6.4'/></code>";

#[test]
fn a_procedure_has_its_codes_and_who_did_it_where_with_what_and_why() {
    let told = activity(
        "classCode='PROC' moodCode='EVN'",
        &format!(
            "<id root='1.2' extension='7'/>{COLONOSCOPY}<text><reference value='#r1'/></text><statusCode code='Completed'/>
             <effectiveTime><low value='20120512'/><high value='20120513'/></effectiveTime><priorityCode code='EL' displayName='elective'/>
             <methodCode code='51316009' codeSystem='2.16.840.1.113883.6.96' displayName='Laparoscopic procedure'/>
             <targetSiteCode code='71854001' codeSystem='2.16.840.1.113883.6.96' displayName='Colon'/><targetSiteCode code='34402009' displayName='Rectum'/>
             <specimen><specimenRole><id root='1.3' extension='s'/><specimenPlayingEntity><code code='309226005' displayName='Polyp'/></specimenPlayingEntity></specimenRole></specimen>
             <performer><assignedEntity><id root='2.16.840.1.113883.4.6' extension='1234567893'/>
               <assignedPerson><name><family>Seven</family><given>Henry</given><prefix>Dr</prefix></name></assignedPerson></assignedEntity></performer>
             <performer><assignedEntity><representedOrganization><name>Good Health Clinic</name></representedOrganization></assignedEntity></performer>
             <performer><assignedEntity><id nullFlavor='UNK'/></assignedEntity></performer>
             <participant typeCode='LOC'><participantRole>{product}<id root='1.9'/></participantRole></participant>
             <participant typeCode='LOC'><participantRole><code code='1118-9' codeSystem='2.16.840.1.113883.6.259' displayName='Gastroenterology Clinic'/>
               <addr><streetAddressLine>17 Daws Rd.</streetAddressLine><city>Portland</city></addr><playingEntity><name>Endoscopy</name></playingEntity></participantRole></participant>
             <participant typeCode='DEV'><participantRole>{product}<id root='2.16.840.1.113883.3.3719' extension='(01)00643169007222'/>
               <playingDevice><code code='90412006' displayName='Colonoscope'/></playingDevice><scopingEntity><desc>Scopes Inc</desc></scopingEntity></participantRole></participant>
             <entryRelationship typeCode='COMP' inversionInd='true'><encounter><id root='1.5' extension='visit'/></encounter></entryRelationship>
             <entryRelationship typeCode='RSON'><observation>{indication}<value code='312824007' displayName='Family history of colon cancer'/></observation></entryRelationship>
             <entryRelationship typeCode='RSON'><act><entryRelationship><observation><value code='64226004' displayName='Colitis'/></observation></entryRelationship></act></entryRelationship>",
            product = template("4.37"),
            indication = template("4.19"),
        ),
    );
    let entry = &told.entry;
    assert_eq!((code(&entry.code), entry.code.display()), (Some("45378"), Some("Diagnostic colonoscopy")));
    assert_eq!(
        (told.billing.cpt.as_deref(), entry.code.of(SNOMED_CT), entry.code.of(ICD_10_PCS)),
        (Some("45378"), Some("73761001"), Some("0DJD8ZZ"))
    );
    assert_eq!((told.kind, entry.assertion, entry.context), (ProcedureKind::Procedure, Assertion::Present, "section"));
    assert_eq!((entry.status.as_deref(), entry.text.as_deref()), (Some("completed"), Some("Asthma | 2012")));
    assert_eq!(told.body_sites.iter().map(Coded::display).collect::<Vec<_>>(), [Some("Colon"), Some("Rectum")]);
    assert_eq!((code(&told.priority), code(&told.methods[0])), (Some("EL"), Some("51316009")));
    assert_eq!((told.specimen.display(), told.specimen_id.extension.as_deref()), (Some("Polyp"), Some("s")));
    assert_eq!(
        told.performers.iter().map(|performer| performer.label()).collect::<Vec<_>>(),
        [Some("Dr Henry Seven"), Some("Good Health Clinic")]
    );
    assert_eq!(told.performers[0].npi.as_deref(), Some("1234567893"));
    let location = &told.location;
    assert_eq!(
        (location.name.as_deref(), location.kind.display(), location.address.as_deref()),
        (Some("Endoscopy"), Some("Gastroenterology Clinic"), Some("17 Daws Rd., Portland"))
    );
    let devices: Vec<_> =
        told.devices.iter().map(|device| (device.code.display(), device.udi.as_deref(), device.manufacturer.as_deref())).collect();
    assert_eq!(devices, [(None, None, None), (Some("Colonoscope"), Some("(01)00643169007222"), Some("Scopes Inc"))]);
    assert_eq!(told.encounter_id.extension.as_deref(), Some("visit"));
    assert_eq!(told.indications.iter().map(Coded::display).collect::<Vec<_>>(), [Some("Family history of colon cancer"), Some("Colitis")]);
}

#[test]
fn the_kind_is_that_of_the_template_and_an_observation_has_a_value() {
    let told = |element: &str, root: &str, content: &str| {
        let content = format!("<{element} classCode='OBS'>{}{COLONOSCOPY}{content}</{element}>", template(root));
        procedures(&content).remove(0)
    };
    assert_eq!(told("procedure", "4.13", "").kind, ProcedureKind::Observation);
    assert_eq!(told("procedure", "4.12", "").kind, ProcedureKind::Act);
    assert_eq!(told("act", "4.14", "").kind, ProcedureKind::Procedure);
    let found = told("observation", "4.13", "<value xsi:type='PQ' value='60' unit='%'/>");
    assert_eq!(
        (found.kind, found.value.number.as_deref(), found.value.unit.as_deref()),
        (ProcedureKind::Observation, Some("60"), Some("%"))
    );
}

#[test]
fn a_system_is_preferred_by_its_oid_by_its_word_and_by_its_codes_shape() {
    let chosen = |translation: &str| {
        let content = format!("<code code='73761001' codeSystem='2.16.840.1.113883.6.96'><translation {translation}/></code>");
        let told = activity("", &content);
        let system = told.entry.code.preferred().and_then(|code| code.system.clone());
        (code(&told.entry.code).map(str::to_owned), system, told.billing)
    };
    let (code, system, billing) = chosen("code='45378' codeSystem='CPT'");
    assert_eq!((code.as_deref(), system.as_deref(), billing.cpt.as_deref()), (Some("45378"), Some("CPT"), Some("45378")));
    let (code, system, billing) = chosen("code='S9451' codeSystem='2.16.840.1.113883.6.13'");
    assert_eq!((code.as_deref(), billing.hcpcs.as_deref(), billing.cdt.as_deref()), (Some("S9451"), Some("S9451"), None));
    assert_eq!(system.as_deref(), Some("2.16.840.1.113883.6.13"), "as it was written");
    assert_eq!(chosen("code='45.23' codeSystem='2.16.840.1.113883.6.104'").0.as_deref(), Some("73761001"));
}

#[test]
fn one_that_was_not_done_was_refused_where_a_reason_says_so() {
    let because = |kind: &str, root: &str, content: &str| {
        let relation = format!(
            "<entryRelationship typeCode='{kind}'><observation><templateId root='{root}'/>{content}</observation></entryRelationship>"
        );
        let told = activity("negationInd='true'", &(COLONOSCOPY.to_owned() + &relation));
        (told.entry.assertion, code(&told.not_done_reason).map(str::to_owned), told.indications.len())
    };
    let declined = "<code code='77301-0' codeSystem='2.16.840.1.113883.6.1'/><value code='105480006' codeSystem='2.16.840.1.113883.6.96'/>";
    assert_eq!(because("REFR", "2.16.840.1.113883.10.20.24.3.88", declined), (Assertion::Refused, Some("105480006".into()), 0));
    assert_eq!(because("RSON", "2.16.840.1.113883.10.20.22.4.53", "<code code='PATOBJ'/>"), (Assertion::Refused, Some("PATOBJ".into()), 0));
    assert_eq!(because("RSON", "9.9", "<value nullFlavor='UNK'/>"), (Assertion::Absent, None, 0));
    assert_eq!(because("SUBJ", "9.9", "<value code='1'/>"), (Assertion::Absent, None, 0));
}

#[test]
fn that_no_procedures_are_known_is_no_procedure_nor_is_a_placeholder() {
    let assertion = |attributes: &str, code: &str| activity(attributes, code).entry.assertion;
    let negated = "negationInd='true'";
    assert_eq!(
        assertion(negated, "<code code='71388002' codeSystem='2.16.840.1.113883.6.96' displayName='Procedure'/>"),
        Assertion::NoKnown
    );
    assert_eq!(
        assertion(negated, "<code nullFlavor='NI'><originalText>Procedures not documented</originalText></code>"),
        Assertion::NoInformation
    );
    for placeholder in [
        "",
        "<code nullFlavor='UNK'/>",
        "<code nullFlavor='NI'><originalText>No Procedure Information Entered</originalText></code>",
        "<code code='UNK' nullFlavor='UNK' displayName='No Procedure Information'/>",
        "<code nullFlavor='NA'/><text>No Information</text>",
    ] {
        assert_eq!(assertion("", placeholder), Assertion::NoInformation, "{placeholder}");
        assert_eq!(assertion(negated, placeholder), Assertion::NoInformation, "negated {placeholder}");
    }
    assert_eq!(assertion("", "<code nullFlavor='UNK'><originalText>Repair of elbow</originalText></code>"), Assertion::Present);
    assert_eq!(assertion("", "<code nullFlavor='UNK'/><text>Repair of elbow</text>"), Assertion::Present);
    let device = |id: &str| {
        format!("<code nullFlavor='NI'/><participant typeCode='DEV'><participantRole>{id}<playingDevice/></participantRole></participant>")
    };
    let implant = device("<id root='2.16.840.1.113883.3.3719' extension='(01)00643169007222'/>");
    assert_eq!(assertion("", &implant), Assertion::Present, "only what was implanted is told");
    assert_eq!(assertion(negated, &implant), Assertion::NoInformation);
    assert_eq!(assertion("", &device("<id nullFlavor='NA' root='2.16.840.1.113883.3.3719'/>")), Assertion::NoInformation);
}

#[test]
fn entries_of_the_section_need_no_template_unless_they_are_something_else() {
    let count = |element: &str, root: &str| procedures(&format!("<{element}><templateId root='{root}'/>{COLONOSCOPY}</{element}>")).len();
    for element in ["procedure", "act", "observation"] {
        assert_eq!(count(element, "9.9"), 1, "{element}");
        assert_eq!(count(element, "2.16.840.1.113883.10.20.1.29"), 1, "{element}");
    }
    for (element, root) in
        [("act", "64"), ("act", "202"), ("act", "122"), ("act", "39"), ("procedure", "41"), ("observation", "44"), ("observation", "4")]
    {
        assert_eq!(count(element, &format!("2.16.840.1.113883.10.20.22.4.{root}")), 0, "{element} {root}");
    }
    assert_eq!(count("procedure", "2.16.840.1.113883.10.20.22.4.2"), 1, "a procedure of the section, whatever its template");
    assert_eq!(count("supply", "9.9"), 0);
    let both = format!("<observation>{}{}{COLONOSCOPY}</observation>", template("4.2"), template("4.13"));
    let told = flat(SECTION, &format!("<entry>{both}</entry>"));
    assert_eq!((told.procedures.len(), told.results.len()), (1, 0), "place decides");
    let told = flat("<code code='30954-2'/>", &format!("<entry>{both}</entry>"));
    assert_eq!((told.procedures.len(), told.results.len()), (0, 1), "place decides");
}

#[test]
fn elsewhere_the_template_makes_it_one_and_its_place_is_told() {
    let nested = format!("<entryRelationship typeCode='REFR'><procedure>{}{COLONOSCOPY}</procedure></entryRelationship>", template("4.14"));
    let planned = format!("<procedure moodCode='RQO'>{}{nested}</procedure>", template("4.41"));
    let contexts = |section: &str, entry: &str| {
        let told = flat(section, &format!("<entry>{entry}</entry>")).procedures;
        told.iter().map(|row| row.entry.context).collect::<Vec<_>>()
    };
    assert_eq!(contexts("<code code='18776-5'/>", &planned), ["plan_of_treatment"]);
    assert_eq!(contexts("<code code='46264-8'/>", &format!("<procedure>{}</procedure>", template("4.14"))), ["medical_devices"]);
    assert_eq!(contexts("<code code='46264-8'/>", &format!("<procedure>{}</procedure>", template("4.41"))), [""; 0]);
    assert_eq!(contexts(SECTION, &format!("<act>{}{nested}</act>", template("4.64"))), ["section"], "in an entry that is none");
}

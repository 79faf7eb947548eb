//! Encounters with their diagnoses, and what only fills a section.

use super::flat;
use crate::domain::clinical::{Assertion, Coded, Encounter, Flat};

const SECTION: &str = "<code code='46240-8'/>";

fn template(root: &str) -> String {
    format!("<templateId root='2.16.840.1.113883.10.20.22.{root}'/>")
}

fn told(attributes: &str, content: &str) -> Flat {
    flat(SECTION, &format!("<entry><encounter {attributes}>{}{content}</encounter></entry>", template("4.49")))
}

fn encounter(attributes: &str, content: &str) -> Encounter {
    told(attributes, content).encounters.remove(0)
}

fn problem(attributes: &str, value: &str) -> String {
    format!("<observation {attributes}>{}<value xsi:type='CD' {value}/></observation>", template("4.4"))
}

fn related(kind: &str, content: &str) -> String {
    format!("<entryRelationship typeCode='{kind}'>{content}</entryRelationship>")
}

#[test]
fn an_encounter_has_its_class_who_saw_whom_where_and_where_to() {
    let told = encounter(
        "moodCode='EVN'",
        "<code code='99213' codeSystem='2.16.840.1.113883.6.12' displayName='Office visit'>
           <translation code='AMB' codeSystem='2.16.840.1.113883.5.4'/></code>
         <effectiveTime><low value='201208061030-0500'/><high value='201208061100-0500'/></effectiveTime>
         <sdtc:dischargeDispositionCode code='01' codeSystem='2.16.840.1.113883.12.112' displayName='Home'/>
         <performer><assignedEntity><assignedPerson><name>Provider, One</name></assignedPerson></assignedEntity></performer>
         <performer><assignedEntity><assignedPerson><name><given>Two</given><family>Provider</family></name></assignedPerson></assignedEntity></performer>
         <participant typeCode='LOC'><participantRole><code code='1160-1' codeSystem='2.16.840.1.113883.6.259' displayName='Urgent Care Center'/></participantRole></participant>",
    );
    let entry = &told.entry;
    assert_eq!(entry.code.preferred().and_then(|code| code.code.as_deref()), Some("99213"));
    assert_eq!((told.class.as_deref(), told.billing.cpt.as_deref()), (Some("AMB"), Some("99213")));
    assert_eq!((entry.status.as_deref(), entry.assertion, entry.context), (None, Assertion::Present, "section"));
    assert_eq!(entry.times.start.as_ref().and_then(|time| time.iso.as_deref()), Some("2012-08-06T10:30-05:00"));
    assert_eq!(told.disposition.display(), Some("Home"));
    assert_eq!(
        told.performers.iter().map(|performer| performer.label()).collect::<Vec<_>>(),
        [Some("Provider, One"), Some("Two Provider")]
    );
    assert_eq!((told.location.name.as_deref(), told.location.kind.display()), (None, Some("Urgent Care Center")));
}

#[test]
fn its_type_is_preferred_to_its_class() {
    let chosen = |content: &str| {
        let told = encounter("", content);
        (told.entry.code.preferred().and_then(|code| code.code.clone()).unwrap(), told.class)
    };
    let inpatient =
        "<code code='IMP' codeSystem='2.16.840.1.113883.5.4'><translation code='32485007' codeSystem='2.16.840.1.113883.6.96'/></code>";
    assert_eq!(chosen(inpatient), ("32485007".into(), Some("IMP".into())));
    let wellness =
        "<code code='G0438' codeSystem='2.16.840.1.113883.6.285'><translation code='AMB' codeSystem='2.16.840.1.113883.5.4'/></code>";
    assert_eq!(chosen(wellness), ("G0438".into(), Some("AMB".into())));
    assert_eq!(chosen("<code code='GENRL' codeSystem='2.16.840.1.113883.5.4'/>"), ("GENRL".into(), None));
    assert_eq!(chosen("<code code='45' codeSystem='1.2.3'/>"), ("45".into(), None));
}

#[test]
fn diagnoses_are_rows_of_problems_within_it_and_reasons_are_none() {
    let diagnosis = |content: &str| format!("<act>{}{}</act>", template("4.80"), related("SUBJ", content));
    let asthma = problem("", "code='195967001' codeSystem='2.16.840.1.113883.6.96' displayName='Asthma, mild'");
    let unnamed = problem("", "code='I10' codeSystem='2.16.840.1.113883.6.90'");
    let denied = problem("negationInd='true'", "code='84229001' displayName='Fatigue'");
    let fever = problem("", "code='386661006' displayName='Fever'");
    let indication = format!("<observation>{}<value code='49727002' displayName='Cough'/></observation>", template("4.19"));
    let untyped = format!("<act>{}</act>", related("SUBJ", &unnamed));
    let content = [
        related("REFR", &diagnosis(&asthma)),
        related("RSON", &diagnosis(&denied)),
        related("SUBJ", &untyped),
        related("RSON", &fever),
        related("RSON", &indication),
    ];
    let told = told("", &format!("<code code='99213' codeSystem='2.16.840.1.113883.6.12'/>{}", content.concat()));
    let encounter = &told.encounters[0];
    assert_eq!(encounter.diagnoses, ["Asthma, mild", "I10"]);
    assert_eq!(encounter.indications.iter().map(Coded::display).collect::<Vec<_>>(), [Some("Fever"), Some("Cough")]);
    assert!(told.problems.len() == 4 && told.problems.iter().all(|problem| problem.entry.parent_seq == Some(encounter.entry.seq)));
}

#[test]
fn one_with_a_time_took_place_and_one_that_says_nothing_did_not() {
    let assertion = |attributes: &str, content: &str| encounter(attributes, content).entry.assertion;
    let no_code = "<code nullFlavor='UNK'/>";
    assert_eq!(assertion("", &format!("{no_code}<effectiveTime value='20170630'/>")), Assertion::Present);
    assert_eq!(assertion("", "<code nullFlavor='NI'><originalText>Office visit</originalText></code>"), Assertion::Present);
    assert_eq!(assertion("", &format!("{no_code}<effectiveTime nullFlavor='UNK'/>")), Assertion::NoInformation);
    assert_eq!(assertion("", "<code nullFlavor='NI'><originalText>No Information Entered</originalText></code>"), Assertion::NoInformation);
    assert_eq!(assertion("negationInd='true'", "<code code='99213' codeSystem='2.16.840.1.113883.6.12'/>"), Assertion::Absent);
    assert_eq!(assertion("negationInd='true'", &format!("{no_code}<effectiveTime value='20170630'/>")), Assertion::NoInformation);
}

#[test]
fn encounters_of_the_section_need_no_template_and_elsewhere_only_those_with_it_are_rows() {
    let rows = |section: &str, entry: &str| {
        let told = flat(section, &format!("<entry>{entry}</entry>")).encounters;
        told.into_iter().map(|row| (row.entry.context, row.entry.mood)).collect::<Vec<_>>()
    };
    let activity = format!("<encounter moodCode='EVN'>{}</encounter>", template("4.49"));
    let planned = |content: &str| format!("<encounter moodCode='INT'>{}{content}</encounter>", template("4.40"));
    let (plan, happened, intended) = ("<code code='18776-5'/>", Some("EVN".to_owned()), Some("INT".to_owned()));
    assert_eq!(rows(SECTION, "<encounter moodCode='EVN'/>"), [("section", happened.clone())]);
    assert_eq!(rows(SECTION, &planned("")), [("section", intended)]);
    assert_eq!(rows(plan, &planned("")), []);
    assert_eq!(rows(plan, &planned(&related("REFR", &activity))), [("plan_of_treatment", happened.clone())]);
    assert_eq!(
        rows("<code code='30954-2'/>", &format!("<organizer><component>{activity}</component></organizer>")),
        [("results", happened)]
    );
    let pointed_to = format!("<procedure>{}{}</procedure>", template("4.14"), related("COMP", "<encounter><id root='1'/></encounter>"));
    assert_eq!(rows(SECTION, &pointed_to), [], "it only points to one");
    assert_eq!(rows(SECTION, "<act/>"), []);
}

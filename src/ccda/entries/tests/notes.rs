//! Notes: where they are found, of which type they are, and where their text comes from.

use super::flat;
use crate::domain::clinical::{Assertion, Coded, Note};

const NOTES: &str = "<templateId root='2.16.840.1.113883.10.20.22.2.65'/><code code='34746-8'/>";
const LOINC: &str = "codeSystem='2.16.840.1.113883.6.1'";

fn activity(attributes: &str, content: &str) -> String {
    format!("<act moodCode='EVN' {attributes}><templateId root='2.16.840.1.113883.10.20.22.4.202'/>{content}</act>")
}

fn rows(section: &str, statement: &str) -> Vec<Note> {
    flat(section, &format!("<entry>{statement}</entry>")).notes
}

fn note(content: &str) -> Note {
    rows(NOTES, &activity("", content)).remove(0)
}

fn code(coded: &Coded) -> Option<&str> {
    coded.preferred()?.code.as_deref()
}

#[test]
fn a_note_has_its_type_its_text_its_author_and_its_encounter() {
    let told = note(&format!(
        "<code code='34109-9' {LOINC} displayName='Note'>
           <translation code='371530004' codeSystem='2.16.840.1.113883.6.96' displayName='Clinical consultation report'/>
           <translation code='11488-4' {LOINC} displayName='Consult note'/></code>
         <text><reference value='#r1'/></text><statusCode code='completed'/><effectiveTime value='20260301'/>
         <author><time value='202603021200'/><assignedAuthor><assignedPerson><name>Henry Eighth</name></assignedPerson></assignedAuthor></author>
         <entryRelationship typeCode='COMP' inversionInd='true'><encounter><id root='1.2.3' extension='E1'/></encounter></entryRelationship>"
    ));
    assert_eq!((code(&told.entry.code), told.entry.code.display()), (Some("11488-4"), Some("Consult note")));
    assert_eq!((told.entry.text.as_deref(), told.entry.context), (Some("Asthma | 2012"), "notes"));
    assert_eq!((told.entry.assertion, told.entry.author.name.as_deref()), (Assertion::Present, Some("Henry Eighth")));
    assert_eq!((told.encounter.root.as_deref(), told.encounter.extension.as_deref()), (Some("1.2.3"), Some("E1")));
    assert_eq!((told.media_type, told.representation, told.body_bytes), (None, None, None));
}

#[test]
fn the_type_may_be_the_code_itself_and_is_a_note_where_nothing_else_is_told() {
    let kind = |content: &str| code(&note(content).entry.code).map(str::to_owned);
    assert_eq!(kind(&format!("<code code='28570-0' {LOINC}/>")).as_deref(), Some("28570-0"));
    assert_eq!(kind(&format!("<code code='34109-9' {LOINC}><translation code='N7' codeSystem='1.2.3'/></code>")).as_deref(), Some("N7"));
    assert_eq!(kind(&format!("<code code='34109-9' {LOINC}/>")).as_deref(), Some("34109-9"));
    assert_eq!(kind("<code nullFlavor='UNK'/>"), None);
}

#[test]
fn its_text_stands_in_it_in_the_narrative_or_in_bytes() {
    let inline =
        note("<text mediaType='text/plain' representation='TXT'>Seen <paragraph>today.</paragraph><paragraph>Well.</paragraph></text>");
    assert_eq!((inline.entry.text.as_deref(), inline.representation.as_deref()), (Some("Seen\ntoday.\nWell."), Some("TXT")));
    let plain = note("<text mediaType='text/plain' representation='B64'>U2VlbiB0b2RheS4NCldlbGwu<reference value='#r1'/></text>");
    assert_eq!((plain.entry.text.as_deref(), plain.body_bytes), (Some("Seen today.\nWell."), Some(18)));
    let rich = note("<text mediaType='text/rtf' representation='B64'>e1xydGYxIFdlbGx9<reference value='#r1'/></text>");
    assert_eq!(
        (rich.entry.text.as_deref(), rich.body_bytes, rich.media_type.as_deref()),
        (Some("Asthma | 2012"), Some(12), Some("text/rtf"))
    );
    let page = note("<text mediaType='application/pdf' representation='B64'>JVBERi0xLjQ=</text>");
    assert_eq!((page.entry.text, page.body_bytes, page.entry.assertion), (None, Some(8), Assertion::Present));
}

#[test]
fn notes_are_found_in_any_section_and_within_other_statements() {
    let inner = activity("", "<text>Well</text>");
    let problem = format!(
        "<observation><templateId root='2.16.840.1.113883.10.20.22.4.4'/><value code='1'/><entryRelationship typeCode='COMP'>{inner}</entryRelationship></observation>"
    );
    let organizer = format!("<organizer><component>{inner}</component></organizer>");
    let told = |section: &str, statement: &str| -> Vec<_> {
        rows(section, statement).iter().map(|row| (row.entry.context, row.entry.parent_seq)).collect()
    };
    assert_eq!(told("<code code='11450-4'/>", &problem), [("problems", Some(1))]);
    assert_eq!(told("<code code='8648-8'/>", &organizer), [("hospital_course", None)]);
    // An act of the section that has a text is a note too.
    assert_eq!(told(NOTES, "<act><code code='11506-3'/><text>Well</text></act>"), [("notes", None)]);
    assert_eq!(told(NOTES, "<act><code code='11506-3'/></act>"), []);
    assert_eq!(told("<code code='8648-8'/>", "<act><text>Well</text></act>"), []);
    let planned = "<act moodCode='INT'><templateId root='2.16.840.1.113883.10.20.22.4.39'/><text>In a year</text></act>";
    assert_eq!((told(NOTES, planned), flat(NOTES, &format!("<entry>{planned}</entry>")).plan_of_treatment.len()), (vec![], 1));
}

#[test]
fn a_note_without_anything_written_says_nothing() {
    let said = |attributes: &str, content: &str| rows(NOTES, &activity(attributes, content)).remove(0).entry.assertion;
    let kind = "<code code='28570-0'/>";
    assert_eq!([said("", kind), said("nullFlavor='NI'", "<text/>")], [Assertion::NoInformation; 2]);
    assert_eq!(said("negationInd='true'", "<text>No note was written</text>"), Assertion::Absent);
    // What cannot be found was written all the same.
    assert_eq!(said("", "<text><reference value='#nowhere'/></text>"), Assertion::Present);
}

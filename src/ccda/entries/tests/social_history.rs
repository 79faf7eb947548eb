//! Social history: where its observations are found, what they are about, and what they assert.

use super::flat;
use crate::domain::clinical::{Assertion, SocialObservation, code_system};

const SOCIAL_HISTORY: &str = "<code code='29762-2'/>";
const LOINC: &str = "codeSystem='2.16.840.1.113883.6.1'";
const SNOMED_CT: &str = "codeSystem='2.16.840.1.113883.6.96'";

/// An observation with this template, where one is given.
fn observation(root: &str, attributes: &str, content: &str) -> String {
    let root = if root.starts_with("4.") { format!("2.16.840.1.113883.10.20.22.{root}") } else { root.to_owned() };
    let template = if root.is_empty() { String::new() } else { format!("<templateId root='{root}'/>") };
    format!("<observation classCode='OBS' moodCode='EVN' {attributes}>{template}{content}</observation>")
}

fn rows(section: &str, statement: &str) -> Vec<SocialObservation> {
    flat(section, &format!("<entry>{statement}</entry>")).social_history
}

fn row(root: &str, attributes: &str, content: &str) -> SocialObservation {
    rows(SOCIAL_HISTORY, &observation(root, attributes, content)).remove(0)
}

fn asked(root: &str, code: &str) -> &'static str {
    row(root, "", &format!("<code code='{code}' {LOINC}/><value xsi:type='ST'>x</value>")).kind
}

#[test]
fn a_question_has_its_answer() {
    let told = row(
        "4.78",
        "",
        &format!(
            "<code code='72166-2' {LOINC} displayName='Tobacco smoking status'/><text><reference value='#r1'/></text><statusCode code='completed'/>
             <effectiveTime value='20260301'/><value xsi:type='CD' code='8517006' {SNOMED_CT} displayName='Ex-smoker'/>"
        ),
    );
    assert_eq!((told.kind, told.entry.assertion, told.entry.context), ("smoking_status", Assertion::Present, "social_history"));
    assert_eq!((told.entry.code.display(), told.entry.text.as_deref()), (Some("Tobacco smoking status"), Some("Asthma | 2012")));
    assert_eq!(told.entry.template_root.as_deref(), Some("2.16.840.1.113883.10.20.22.4.78"));
    assert_eq!((told.value.text.as_deref(), told.value.code.of(code_system::SNOMED_CT)), (Some("Ex-smoker"), Some("8517006")));
    let packs = row("4.38", "", "<code code='8663-7'/><value xsi:type='PQ' value='1.5' unit='{pack}/d'/>");
    assert_eq!((packs.value.number.as_deref(), packs.value.unit.as_deref(), packs.kind), (Some("1.5"), Some("{pack}/d"), "social_history"));
}

#[test]
fn the_template_tells_what_it_is_about_and_of_the_general_one_the_question_does() {
    // R1.1 says "assertion" and nothing else.
    let assertion = "<code code='ASSERTION' codeSystem='2.16.840.1.113883.5.4'/><value xsi:type='CD' code='266919005'/>";
    assert_eq!(row("4.78", "", assertion).kind, "smoking_status");
    assert_eq!(row("2.16.840.1.113883.10.20.15.3.8", "", assertion).kind, "pregnancy");
    for (code, kind) in [
        ("72166-2", "smoking_status"),
        ("11367-0", "tobacco_use"),
        ("76689-9", "birth_sex"),
        ("76691-5", "gender_identity"),
        ("82810-3", "pregnancy"),
        ("74013-4", "social_history"),
    ] {
        assert_eq!((asked("4.38", code), asked("", code)), (kind, kind), "{code}");
    }
    let local = format!("<code code='SMK' codeSystem='1.2.3'><translation code='72166-2' {LOINC}/></code><value xsi:type='ST'>x</value>");
    let foreign = "<code code='72166-2' codeSystem='1.2.3'/><value xsi:type='ST'>x</value>";
    assert_eq!([row("4.38", "", &local).kind, row("4.38", "", foreign).kind], ["smoking_status", "social_history"]);
    assert_eq!(
        [asked("4.511", "72166-2"), asked("4.511", "11367-0"), asked("4.511", "8664-5")],
        ["smoking_status", "tobacco_use", "tobacco_use"]
    );
    // Some write both templates; the one that tells less comes first.
    let both = "<templateId root='2.16.840.1.113883.10.20.22.4.506'/><code code='91'/><value xsi:type='CD' code='91'/>";
    let told = row("4.38", "", both);
    assert_eq!((told.kind, told.entry.template_root.as_deref()), ("tribal_affiliation", Some("2.16.840.1.113883.10.20.22.4.506")));
}

#[test]
fn observations_of_the_section_are_rows_whatever_their_template_and_elsewhere_the_template_decides() {
    let plain = observation("", "", "<code code='1'/><value xsi:type='ST'>x</value>");
    let organizer = format!("<organizer><component>{plain}</component><component>{}</component></organizer>", plain.replace("'1'", "'2'"));
    let contexts = |section: &str, statement: &str| rows(section, statement).iter().map(|row| row.entry.context).collect::<Vec<_>>();
    assert_eq!(contexts(SOCIAL_HISTORY, &organizer), ["social_history"; 2]);
    assert_eq!(contexts("<code code='47420-5'/>", &organizer), [""; 0]);
    let caregiver = observation("4.72", "", "<code code='1'/><value xsi:type='ST'>x</value>");
    assert_eq!(contexts("<code code='47420-5'/>", &caregiver), ["functional_status"]);
    let concern =
        format!("<act><templateId root='2.16.840.1.113883.10.20.22.4.132'/><entryRelationship>{caregiver}</entryRelationship></act>");
    assert_eq!(contexts("<code code='75310-3'/>", &concern), ["health_concern"]);
    let problem = observation("4.4", "", "<value xsi:type='CD' code='38341003'/>");
    assert_eq!((rows(SOCIAL_HISTORY, &problem).len(), flat(SOCIAL_HISTORY, &format!("<entry>{problem}</entry>")).problems.len()), (0, 1));
}

#[test]
fn a_scale_and_its_items_are_rows_in_this_section_alone() {
    let item = observation("4.86", "", "<code code='71802-3'/><value xsi:type='CD' code='LA31993-1'/>");
    let scale = observation("4.69", "", &format!("<code code='93025-5'/><entryRelationship typeCode='COMP'>{item}</entryRelationship>"));
    let told: Vec<_> = rows(SOCIAL_HISTORY, &scale).iter().map(|row| (row.kind, row.entry.parent_seq)).collect();
    assert_eq!(told, [("assessment_scale", None), ("assessment_item", Some(1))]);
    assert_eq!(rows("<code code='10190-7'/>", &scale), []);
    let industry = observation("4.504", "", "<code code='86188-0'/><value xsi:type='CD' code='x'/>");
    let occupation = observation(
        "4.503",
        "",
        &format!("<code code='11341-5'/><value xsi:type='CD' code='y'/><entryRelationship>{industry}</entryRelationship>"),
    );
    let told: Vec<_> = rows(SOCIAL_HISTORY, &occupation).iter().map(|row| (row.kind, row.entry.parent_seq)).collect();
    assert_eq!(told, [("occupation", None), ("industry", Some(1))]);
}

#[test]
fn what_is_denied_what_is_not_known_and_what_says_nothing_are_told_apart() {
    let said = |attributes: &str, content: &str| row("4.38", attributes, content).entry.assertion;
    let question = format!("<code code='11367-0' {LOINC}/>");
    let smoker = format!("{question}<value xsi:type='CD' code='77176002' {SNOMED_CT} displayName='Smoker'/>");
    let unknown = format!("{question}<value xsi:type='CD' code='266927001' {SNOMED_CT}/>");
    let null = format!("{question}<value xsi:type='CD' nullFlavor='UNK'/>");
    let in_words = format!("{question}<value xsi:type='CD' nullFlavor='UNK'><originalText>Never smoker</originalText></value>");
    assert_eq!([said("", &smoker), said("negationInd='true'", &smoker)], [Assertion::Present, Assertion::Absent]);
    assert_eq!([said("", &unknown), said("negationInd='true'", &unknown)], [Assertion::Present, Assertion::NoInformation]);
    assert_eq!([said("", &null), said("negationInd='true'", &null)], [Assertion::NoInformation; 2]);
    assert_eq!([said("", &in_words), said("negationInd='true'", &question)], [Assertion::Present, Assertion::NoInformation]);
    // Without a value, the code or the text says it.
    let finding = "<code code='266917007' displayName='Trivial drinker'/>";
    let told = "<code nullFlavor='NA'><originalText><reference value='#r1'/></originalText></code>";
    let dash = "<code nullFlavor='NA'><originalText>-</originalText></code>";
    assert_eq!([said("", finding), said("", told), said("", dash)], [Assertion::Present, Assertion::Present, Assertion::NoInformation]);
    let nothing = "<code code='ASSERTION' codeSystem='2.16.840.1.113883.5.4' displayName='Assertion'/>";
    assert_eq!([said("", nothing), said("", "")], [Assertion::NoInformation; 2]);
}

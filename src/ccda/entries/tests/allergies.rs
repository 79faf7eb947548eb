//! Allergies, and the ways in which it is said that none are known.

use super::flat;
use crate::domain::clinical::{Allergy, Assertion};

fn allergy(attributes: &str, content: &str) -> Allergy {
    let observation = format!("<observation {attributes}><templateId root='2.16.840.1.113883.10.20.22.4.7'/>{content}</observation>");
    let act = format!(
        "<entry><act><templateId root='2.16.840.1.113883.10.20.22.4.30'/><statusCode code='active'/><entryRelationship>{observation}\
         </entryRelationship></act></entry>"
    );
    flat("<code code='48765-2'/>", &act).allergies.remove(0)
}

fn allergen(code: &str) -> String {
    format!("<participant typeCode='CSM'><participantRole><playingEntity>{code}</playingEntity></participantRole></participant>")
}

fn kind(code: &str) -> String {
    format!("<value xsi:type='CD' code='{code}' codeSystem='2.16.840.1.113883.6.96'/>")
}

#[test]
fn an_allergy_has_its_allergen_its_kind_and_its_reactions_with_the_severity_where_it_is_told() {
    let severity = "<entryRelationship typeCode='SUBJ'><observation><templateId root='2.16.840.1.113883.10.20.22.4.8'/>\
        <value xsi:type='CD' code='6736007' codeSystem='2.16.840.1.113883.6.96' displayName='Moderate'/></observation></entryRelationship>";
    let reaction = |more: &str| {
        format!(
            "<entryRelationship typeCode='MFST' inversionInd='true'><observation><templateId root='2.16.840.1.113883.10.20.22.4.9'/>\
             <value xsi:type='CD' code='247472004' codeSystem='2.16.840.1.113883.6.96' displayName='Hives'/>{more}</observation></entryRelationship>"
        )
    };
    let penicillin = allergen("<code code='7980' codeSystem='2.16.840.1.113883.6.88' displayName='Penicillin G'/><name>Pen G</name>");
    let told = allergy("", &format!("{}{penicillin}{}{}", kind("416098002"), reaction(severity), reaction("")));
    assert_eq!(
        (told.entry.code.display(), told.entry.context, told.entry.assertion),
        (Some("Penicillin G"), "section", Assertion::Present)
    );
    assert_eq!(told.entry.code.original_text.as_deref(), Some("Pen G"));
    assert_eq!((told.concern_status.as_deref(), told.reactions.len()), (Some("active"), 2));
    assert_eq!((told.severity.display(), told.severity_of), (Some("Moderate"), Some("reaction")));
    let older = allergy("", &format!("{}{penicillin}{}{severity}", kind("416098002"), reaction("")));
    assert_eq!((older.severity.display(), older.severity_of), (Some("Moderate"), Some("allergy")), "R1.1 tells it of the allergy");
}

#[test]
fn no_known_allergies_are_told_in_each_of_their_ways_and_are_never_an_allergy() {
    let of = |attributes: &str, content: String| allergy(attributes, &content).entry.assertion;
    let none = allergen("<code nullFlavor='NA'/>");
    let codeine = allergen("<code code='2670' codeSystem='2.16.840.1.113883.6.88'/>");
    let negated = "negationInd='true'";
    assert_eq!(of(negated, kind("419199007") + &none), Assertion::NoKnown);
    assert_eq!(of(negated, kind("416098002") + &none), Assertion::NoKnownDrug);
    assert_eq!(of(negated, kind("414285001") + &none), Assertion::NoKnownFood);
    let said_by_code = allergen("<code code='716186003' codeSystem='2.16.840.1.113883.6.96'/>");
    assert_eq!(of("", kind("419199007") + &said_by_code), Assertion::NoKnown);
    assert_eq!(of("", kind("409137002")), Assertion::NoKnownDrug);
    assert_eq!(of(negated, kind("419199007") + &codeine), Assertion::NotAllergicTo);
    assert_eq!(of(negated, format!("<value xsi:type='CD' nullFlavor='NA'/>{none}")), Assertion::NoInformation);
    assert_eq!(of("", kind("419199007") + &codeine), Assertion::Present);
    assert_eq!(of("", kind("419199007") + &allergen("<code nullFlavor='UNK'/><name>Bee stings</name>")), Assertion::Present);
    assert_eq!(of("", kind("419199007") + &none), Assertion::NoInformation);
}

#[test]
fn an_allergen_that_stands_for_all_of_its_kind_is_not_one_that_somebody_is_not_allergic_to() {
    let of = |attributes: &str, allergen: &str, of_kind: &str| allergy(attributes, &(kind(of_kind) + allergen)).entry.assertion;
    let snomed = |code: &str| allergen(&format!("<code code='{code}' codeSystem='2.16.840.1.113883.6.96'/>"));
    let negated = "negationInd='true'";
    assert_eq!(of(negated, &snomed("105590001"), "419199007"), Assertion::NoKnown, "substance");
    assert_eq!(of(negated, &snomed("105590001"), "416098002"), Assertion::NoKnownDrug);
    assert_eq!(of(negated, &snomed("410942007"), "419199007"), Assertion::NoKnownDrug);
    assert_eq!(of(negated, &snomed("255620007"), "419199007"), Assertion::NoKnownFood);
    assert_eq!(of("", &snomed("105590001"), "419199007"), Assertion::Present);
    let retired = allergen("<code nullFlavor='UNK'><translation code='160244002' codeSystem='2.16.840.1.113883.6.96'/></code>");
    assert_eq!(of("", &retired, "420134006"), Assertion::NoKnown);
}

#[test]
fn an_observation_that_is_null_is_a_placeholder_whatever_its_words() {
    let words = allergen("<code nullFlavor='NI'><originalText>No information about allergies</originalText></code>");
    assert_eq!(allergy("nullFlavor='NI'", &(kind("419511003") + &words)).entry.assertion, Assertion::NoInformation);
    let codeine = allergen("<code code='2670' codeSystem='2.16.840.1.113883.6.88'/>");
    assert_eq!(allergy("nullFlavor='NI'", &(kind("419511003") + &codeine)).entry.assertion, Assertion::Present);
}

#[test]
fn a_reaction_whose_code_has_no_name_has_that_of_its_text() {
    let reaction = "<entryRelationship typeCode='MFST'><observation><templateId root='2.16.840.1.113883.10.20.22.4.9'/><text>Hives</text>\
        <value xsi:type='CD' code='247472004' codeSystem='2.16.840.1.113883.6.96'/></observation></entryRelationship>";
    let told = allergy("", &(kind("419199007") + reaction));
    assert_eq!((told.reactions[0].code.display(), told.reactions[0].code.chosen), (Some("Hives"), Some(0)));
}

#[test]
fn an_allergen_without_a_name_has_the_words_of_a_kind_that_has_none_either() {
    let told = |attributes: &str, allergen: &str, name: &str| {
        let words = "<originalText>Ampicillin powder</originalText>";
        let kind = format!("<value xsi:type='CD' code='419511003' codeSystem='2.16.840.1.113883.6.96'{name}>{words}</value>");
        allergy(attributes, &(kind + allergen)).entry.code.display().map(str::to_owned)
    };
    let unknown = allergen("<code nullFlavor='UNK' codeSystem='2.16.840.1.113883.6.88'/>");
    assert_eq!(told("", &unknown, "").as_deref(), Some("Ampicillin powder"));
    assert_eq!(told("", &allergen("<code code='733' codeSystem='2.16.840.1.113883.6.88'/>"), "").as_deref(), Some("Ampicillin powder"));
    assert_eq!(told("", &allergen("<code nullFlavor='UNK'/><name>Bee stings</name>"), "").as_deref(), Some("Bee stings"));
    assert_eq!(told("", &unknown, " displayName='Propensity to adverse reactions to drug'"), None, "there the words are of the kind");
    assert_eq!(told("negationInd='true'", &unknown, ""), None);
}

//! Immunizations that were given, refused, or only fill an empty section.

use super::flat;
use crate::domain::clinical::{Assertion, Coded, Immunization, code_system::NDC};

fn immunizations(content: &str) -> Vec<Immunization> {
    flat("<code code='11369-6'/>", &format!("<entry>{content}</entry>")).immunizations
}

fn activity(attributes: &str, content: &str) -> Immunization {
    let template = "<templateId root='2.16.840.1.113883.10.20.22.4.52'/>";
    let element = format!("<substanceAdministration moodCode='EVN' {attributes}>{template}{content}</substanceAdministration>");
    immunizations(&element).remove(0)
}

fn vaccine(code: &str, more: &str) -> String {
    let material = format!("<manufacturedMaterial>{code}<lotNumberText>AAJN11K</lotNumberText></manufacturedMaterial>");
    format!("<consumable><manufacturedProduct>{material}{more}</manufacturedProduct></consumable>")
}

const INFLUENZA: &str = "<code code='88' codeSystem='2.16.840.1.113883.12.292' displayName='Influenza'>\
                         <translation code='49281-0396' codeSystem='2.16.840.1.113883.6.69'/></code>";

fn code(coded: &Coded) -> Option<&str> {
    coded.preferred()?.code.as_deref()
}

#[test]
fn an_immunization_has_its_vaccine_its_lot_and_who_gave_it() {
    let manufacturer = "<manufacturerOrganization><name>Sanofi</name><standardIndustryClassCode code='PMC'/></manufacturerOrganization>";
    let told = activity(
        "negationInd='false'",
        &format!(
            "<statusCode code='completed'/><effectiveTime value='20121104'/><repeatNumber value='2'/>
             <routeCode code='C28161' codeSystem='2.16.840.1.113883.3.26.1.1' displayName='Intramuscular'/>
             <approachSiteCode code='368208006' codeSystem='2.16.840.1.113883.6.96' displayName='Left upper arm'/>
             <doseQuantity value='0.5' unit='mL'/>{}
             <performer><assignedEntity><assignedPerson><name><given>Amanda</given><family>Assigned</family></name></assignedPerson>
               <representedOrganization><name>Good Health Clinic</name></representedOrganization></assignedEntity></performer>
             <entryRelationship typeCode='COMP' inversionInd='true'><sequenceNumber value='3'/>
               <act><templateId root='2.16.840.1.113883.10.20.22.4.118'/></act></entryRelationship>
             <entryRelationship typeCode='CAUS'><observation><templateId root='2.16.840.1.113883.10.20.22.4.9'/>
               <value code='247472004' codeSystem='2.16.840.1.113883.6.96' displayName='Hives'/></observation></entryRelationship>",
            vaccine(INFLUENZA, manufacturer)
        ),
    );
    assert_eq!((code(&told.entry.code), told.entry.code.of(NDC)), (Some("88"), Some("49281-0396")));
    assert_eq!((told.entry.assertion, told.entry.context), (Assertion::Present, "section"));
    assert_eq!(told.entry.times.time.as_ref().unwrap().iso.as_deref(), Some("2012-11-04"));
    let (lot, manufacturer, mvx) = (told.lot.as_deref(), told.manufacturer.as_deref(), told.manufacturer_code.as_deref());
    assert_eq!((lot, manufacturer, mvx), (Some("AAJN11K"), Some("Sanofi"), Some("PMC")));
    assert_eq!((told.dose_number.as_deref(), told.series.as_deref()), (Some("2"), Some("3")));
    assert_eq!((told.dose.as_deref(), told.dose_unit.as_deref()), (Some("0.5"), Some("mL")));
    assert_eq!((told.route.display(), told.site.display()), (Some("Intramuscular"), Some("Left upper arm")));
    assert_eq!(told.performer_name.as_deref(), Some("Amanda Assigned"));
    assert_eq!(told.performer_organization.as_deref(), Some("Good Health Clinic"));
    assert_eq!(told.reactions.iter().map(Coded::display).collect::<Vec<_>>(), [Some("Hives")]);
}

#[test]
fn one_that_was_not_given_says_so_and_why() {
    let because = |content: &str| {
        let observation = format!("<observation><templateId root='2.16.840.1.113883.10.20.22.4.53'/>{content}</observation>");
        let relation = format!("<entryRelationship typeCode='RSON'>{observation}</entryRelationship>");
        activity("negationInd='true'", &(vaccine(INFLUENZA, "") + &relation))
    };
    let in_code = because("<code code='PATOBJ' codeSystem='2.16.840.1.113883.5.8' displayName='patient objection'/>");
    let in_value =
        because("<code code='71798-3' codeSystem='2.16.840.1.113883.6.1'/><value code='PATOBJ' codeSystem='2.16.840.1.113883.5.8'/>");
    let nowhere = because("<code nullFlavor='UNK'/>");
    for (told, reason) in [(in_code, Some("PATOBJ")), (in_value, Some("PATOBJ")), (nowhere, None)] {
        assert_eq!((told.entry.assertion, told.entry.negated, code(&told.not_given_reason)), (Assertion::Refused, true, reason));
    }
}

#[test]
fn what_fills_an_empty_section_is_no_refusal() {
    let none = vaccine("<code nullFlavor='NA'/>", "");
    let no_vaccine = vaccine("<code code='998' codeSystem='2.16.840.1.113883.12.292' displayName='no vaccine administered'/>", "");
    for (attributes, content) in [("negationInd='true'", &none), ("", &none), ("negationInd='true'", &no_vaccine), ("", &no_vaccine)] {
        assert_eq!(activity(attributes, content).entry.assertion, Assertion::NoInformation, "{attributes} {content}");
    }
    assert_eq!(activity("negationInd='true'", "").entry.assertion, Assertion::NoInformation);
}

#[test]
fn no_vaccine_of_any_kind_is_no_known_immunization_but_for_a_reason() {
    let any = vaccine(
        "<code nullFlavor='OTH'><translation code='71181003' codeSystem='2.16.840.1.113883.6.96' displayName='vaccine'/></code>",
        "",
    );
    assert_eq!(activity("negationInd='true'", &any).entry.assertion, Assertion::NoKnown);
    assert_eq!(activity("", &any).entry.assertion, Assertion::Present);
    let reason = "<observation><templateId root='2.16.840.1.113883.10.20.22.4.53'/><code code='RELIG'/></observation>";
    let all = format!("{any}<entryRelationship typeCode='RSON'>{reason}</entryRelationship>");
    assert_eq!(activity("negationInd='true'", &all).entry.assertion, Assertion::Refused);
}

#[test]
fn an_administration_of_the_section_needs_no_template_and_one_that_is_planned_is_none() {
    let administration = |template: &str| {
        let template = format!("<templateId root='2.16.840.1.113883.10.20.22.{template}'/>");
        format!("<substanceAdministration moodCode='EVN'>{template}{}</substanceAdministration>", vaccine(INFLUENZA, ""))
    };
    assert_eq!(immunizations(&administration("9.9")).len(), 1);
    assert_eq!(immunizations(&administration("4.120")), []);
    let elsewhere = flat("<code code='18776-5'/>", &format!("<entry>{}</entry>", administration("4.52"))).immunizations;
    assert_eq!(elsewhere.iter().map(|row| row.entry.context).collect::<Vec<_>>(), ["plan_of_treatment"]);
}

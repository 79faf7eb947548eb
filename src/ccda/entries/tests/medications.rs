//! Medications, with and without what the guide wants of them.

use super::flat;
use crate::domain::clinical::{Assertion, Medication, code_system::NDC};

fn medications(content: &str) -> Vec<Medication> {
    flat("<templateId root='2.16.840.1.113883.10.20.22.2.1.1'/>", &format!("<entry>{content}</entry>")).medications
}

fn activity(attributes: &str, content: &str) -> Medication {
    let template = "<templateId root='2.16.840.1.113883.10.20.22.4.16'/>";
    let element = format!("<substanceAdministration moodCode='EVN' {attributes}>{template}{content}</substanceAdministration>");
    medications(&element).remove(0)
}

fn drug(code: &str) -> String {
    format!("<consumable><manufacturedProduct><manufacturedMaterial>{code}</manufacturedMaterial></manufacturedProduct></consumable>")
}

#[test]
fn a_medication_has_its_drug_its_times_and_its_directions() {
    let albuterol = drug(
        "<code code='573621' codeSystem='2.16.840.1.113883.6.88' displayName='albuterol'>\
         <translation code='0173-0682' codeSystem='2.16.840.1.113883.6.69'/></code>",
    );
    let told = activity(
        "",
        &format!(
            "<text><reference value='#r1'/></text><statusCode code='active'/>
             <effectiveTime xsi:type='PIVL_TS' institutionSpecified='true' operator='A'><period value='6' unit='h'/></effectiveTime>
             <effectiveTime xsi:type='IVL_TS'><low value='20120806'/><high nullFlavor='UNK'/></effectiveTime>
             <routeCode code='C38216' codeSystem='2.16.840.1.113883.3.26.1.1' displayName='INHALATION'/>
             <doseQuantity><low value='1' unit='{{puff}}'/><high value='2' unit='{{puff}}'/></doseQuantity>
             <maxDoseQuantity><numerator value='8' unit='{{puff}}'/><denominator value='1' unit='d'/></maxDoseQuantity>{albuterol}
             <entryRelationship typeCode='RSON'><observation><templateId root='2.16.840.1.113883.10.20.22.4.19'/>
               <value xsi:type='CD' code='195967001' codeSystem='2.16.840.1.113883.6.96' displayName='Asthma'/></observation></entryRelationship>
             <entryRelationship typeCode='COMP'><substanceAdministration><templateId root='2.16.840.1.113883.10.20.22.4.147'/>
               <text>2 puffs every 6 hours</text></substanceAdministration></entryRelationship>
             <entryRelationship typeCode='REFR'><supply><templateId root='2.16.840.1.113883.10.20.22.4.17'/><repeatNumber value='3'/>
               <quantity value='1'/></supply></entryRelationship>
             <precondition><criterion><value xsi:type='CD' code='56018004' codeSystem='2.16.840.1.113883.6.96' displayName='Wheezing'/></criterion></precondition>"
        ),
    );
    assert_eq!((told.entry.code.display(), told.entry.code.of(NDC)), (Some("albuterol"), Some("0173-0682")));
    assert_eq!((told.entry.context, told.entry.status.as_deref(), told.entry.assertion), ("section", Some("active"), Assertion::Present));
    let times = &told.entry.times;
    assert_eq!((times.start.as_ref().unwrap().iso.as_deref(), times.end_null_flavor.as_deref()), (Some("2012-08-06"), Some("UNK")));
    let timing = &told.timing;
    assert_eq!((timing.period.as_deref(), timing.period_unit.as_deref(), timing.institution_specified), (Some("6"), Some("h"), Some(true)));
    assert!(timing.raw.contains("PIVL_TS") && timing.raw.contains("20120806"), "{}", timing.raw);
    assert_eq!((told.dose.as_deref(), told.dose_max.as_deref(), told.dose_unit.as_deref()), (Some("1"), Some("2"), Some("{puff}")));
    assert_eq!((told.max_dose.as_deref(), told.route.display()), (Some("8 {puff} in 1 d"), Some("INHALATION")));
    assert_eq!((told.as_needed, told.as_needed_reason.display(), told.indications[0].display()), (true, Some("Wheezing"), Some("Asthma")));
    let supply = &told.supply;
    assert_eq!(
        (told.sig.as_deref(), supply.repeats.as_deref(), supply.quantity.as_deref()),
        (Some("2 puffs every 6 hours"), Some("3"), Some("1"))
    );
}

#[test]
fn a_medication_without_types_templates_or_codes_is_one_all_the_same() {
    let named = drug("<code nullFlavor='UNK'/><name>Herbal tea</name>");
    let element = format!(
        "<substanceAdministration><effectiveTime value='20170331'><low value='2017'/></effectiveTime>{named}</substanceAdministration>"
    );
    let told = medications(&element);
    assert_eq!((told.len(), told[0].entry.code.display(), told[0].entry.template_root.as_deref()), (1, Some("Herbal tea"), None));
    let times = &told[0].entry.times;
    assert_eq!(
        (times.start.as_ref().unwrap().iso.as_deref(), times.time.as_ref().unwrap().iso.as_deref()),
        (Some("2017"), Some("2017-03-31"))
    );
    let planned = "<substanceAdministration><templateId root='2.16.840.1.113883.10.20.22.4.42'/></substanceAdministration>";
    assert_eq!(medications(planned), [], "what is planned is no medication");
    assert_eq!(flat("<code code='11450-4'/>", &format!("<entry>{element}</entry>")).medications, [], "elsewhere it takes the template");
}

#[test]
fn no_known_medications_and_placeholders_are_told_apart() {
    let of = |attributes: &str, code: &str| activity(attributes, &drug(code)).entry.assertion;
    let negated = "negationInd='true'";
    let any = "<code nullFlavor='OTH'><translation code='410942007' codeSystem='2.16.840.1.113883.6.96'/></code>";
    assert_eq!(of(negated, any), Assertion::NoKnown);
    let said_of_the_act = "<code code='182849000' codeSystem='2.16.840.1.113883.6.96' displayName='No drug therapy prescribed'/>";
    assert_eq!(activity("", &(said_of_the_act.to_owned() + &drug("<code nullFlavor='UNK'/>"))).entry.assertion, Assertion::NoKnown);
    assert_eq!(of(negated, "<code nullFlavor='NA'/>"), Assertion::NoInformation);
    assert_eq!(of(negated, "<code code='573621' codeSystem='2.16.840.1.113883.6.88'/>"), Assertion::Absent);
    assert_eq!(of("", "<code nullFlavor='NA'/>"), Assertion::NoInformation);
}

#[test]
fn a_word_where_a_pointer_belongs_is_the_text_and_a_pointer_to_nowhere_is_none() {
    let route = |value: &str| {
        let route = format!("<routeCode nullFlavor='NA'><originalText><reference value='{value}'/></originalText></routeCode>");
        activity("", &route).route.original_text
    };
    assert_eq!(route("Oral").as_deref(), Some("Oral"));
    assert_eq!(route("EUROPEAN").as_deref(), Some("EUROPEAN"));
    assert_eq!(route("by mouth").as_deref(), Some("by mouth"));
    for pointer in ["#Oral", "PtrToSectionText", "ref_1", "9", "lefthand.gif", "D:9-POI:9", ""] {
        assert_eq!(route(pointer), None, "{pointer}");
    }
}

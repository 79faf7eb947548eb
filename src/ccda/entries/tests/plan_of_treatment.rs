//! The plan of treatment: what is a plan, of which kind, when it is due, and what is only a placeholder.

use super::flat;
use crate::domain::clinical::{Assertion, Coded, Flat, PlannedItem};

const PLAN: &str = "<code code='18776-5'/>";
const SNOMED_CT: &str = "codeSystem='2.16.840.1.113883.6.96'";

/// A statement of this element, mood and template.
fn statement(local: &str, mood: &str, root: &str, content: &str) -> String {
    let template = format!("<templateId root='2.16.840.1.113883.10.20.22.{root}'/>");
    format!("<{local} moodCode='{mood}'>{template}{content}</{local}>")
}

fn read(section: &str, statement: &str) -> Flat {
    flat(section, &format!("<entry>{statement}</entry>"))
}

fn rows(section: &str, statement: &str) -> Vec<PlannedItem> {
    read(section, statement).plan_of_treatment
}

fn planned(local: &str, root: &str, content: &str) -> PlannedItem {
    rows(PLAN, &statement(local, "INT", root, content)).remove(0)
}

fn code(coded: &Coded) -> Option<&str> {
    coded.preferred()?.code.as_deref()
}

fn kinds(section: &str, statement: &str) -> Vec<&'static str> {
    rows(section, statement).iter().map(|row| row.kind).collect()
}

#[test]
fn a_planned_procedure_has_its_time_its_reason_and_who_is_to_do_it() {
    let told = planned(
        "procedure",
        "4.41",
        &format!(
            "<code code='73761001' {SNOMED_CT} displayName='Colonoscopy'/><text><reference value='#r1'/></text><statusCode code='active'/>
             <effectiveTime><center value='20260613'/></effectiveTime><priorityCode code='A' codeSystem='2.16.840.1.113883.5.7' displayName='ASAP'/>
             <performer><assignedEntity><assignedPerson><name><given>Amanda</given><family>Assigned</family></name></assignedPerson>
               <representedOrganization><name>Good Health Clinic</name></representedOrganization></assignedEntity></performer>
             <participant typeCode='LOC'><participantRole><playingEntity><name>Room 4</name></playingEntity></participantRole></participant>
             <entryRelationship typeCode='RSON'><observation><templateId root='2.16.840.1.113883.10.20.22.4.19'/>
               <value code='59621000' {SNOMED_CT} displayName='Hypertension'/></observation></entryRelationship>
             <entryRelationship typeCode='RSON'><observation><code/><text>bleeding</text></observation></entryRelationship>
             <entryRelationship typeCode='RSON'><act><templateId root='2.16.840.1.113883.10.20.22.4.122'/><code nullFlavor='NP'/></act></entryRelationship>
             <entryRelationship typeCode='RSON'><observation><templateId root='2.16.840.1.113883.10.20.22.4.143'/><value code='394849002'/></observation></entryRelationship>
             <entryRelationship typeCode='SUBJ'><act><templateId root='2.16.840.1.113883.10.20.22.4.20'/><text>Drink nothing</text></act></entryRelationship>"
        ),
    );
    assert_eq!((code(&told.entry.code), told.kind, told.entry.context), (Some("73761001"), "procedure", "plan_of_treatment"));
    assert_eq!((told.entry.mood.as_deref(), told.entry.assertion), (Some("INT"), Assertion::Present));
    assert_eq!(told.planned_for.as_ref().unwrap().iso.as_deref(), Some("2026-06-13"));
    assert_eq!((told.priority.display(), told.location.as_deref()), (Some("ASAP"), Some("Room 4")));
    assert_eq!(told.performer_name.as_deref(), Some("Amanda Assigned"));
    assert_eq!(told.performer_organization.as_deref(), Some("Good Health Clinic"));
    assert_eq!(told.reasons.iter().map(Coded::display).collect::<Vec<_>>(), [Some("Hypertension"), Some("bleeding")]);
    assert_eq!((told.instructions.as_deref(), told.entry.text.as_deref()), (Some("Drink nothing"), Some("Asthma | 2012")));
}

#[test]
fn of_what_is_given_the_material_is_planned() {
    let consumable = |material: &str| format!("<consumable><manufacturedProduct>{material}</manufacturedProduct></consumable>");
    let drug =
        "<manufacturedMaterial><code code='197806' codeSystem='2.16.840.1.113883.6.88' displayName='Ibuprofen'/></manufacturedMaterial>";
    let given = "<effectiveTime xsi:type='PIVL_TS'><period value='6' unit='h'/></effectiveTime><effectiveTime value='20260613'/>
                 <routeCode code='C38288' codeSystem='2.16.840.1.113883.3.26.1.1' displayName='Oral'/><doseQuantity value='2' unit='{tablet}'/>";
    let told = planned("substanceAdministration", "4.42", &(given.to_owned() + &consumable(drug)));
    assert_eq!((code(&told.entry.code), told.kind, told.route.display()), (Some("197806"), "medication", Some("Oral")));
    assert_eq!((told.dose.as_deref(), told.dose_unit.as_deref()), (Some("2"), Some("{tablet}")));
    assert_eq!(told.planned_for.as_ref().unwrap().iso.as_deref(), Some("2026-06-13"));
    let vaccine = "<manufacturedMaterial><code code='49281-0396' codeSystem='2.16.840.1.113883.6.69'>\
                   <translation code='88' codeSystem='2.16.840.1.113883.12.292'/></code></manufacturedMaterial>";
    let told = planned("substanceAdministration", "4.120", &consumable(vaccine));
    assert_eq!((code(&told.entry.code), told.kind), (Some("88"), "immunization"));
    let old = planned(
        "substanceAdministration",
        "9.9",
        &consumable("<manufacturedLabeledDrug><code code='10312003'/></manufacturedLabeledDrug>"),
    );
    assert_eq!((code(&old.entry.code), old.kind), (Some("10312003"), "medication"));
    let product = format!("<quantity value='3' unit='{{box}}'/><product><manufacturedProduct>{drug}</manufacturedProduct></product>");
    let told = planned("supply", "4.43", &product);
    assert_eq!(
        (code(&told.entry.code), told.quantity.as_deref(), told.quantity_unit.as_deref()),
        (Some("197806"), Some("3"), Some("{box}"))
    );
}

#[test]
fn the_template_tells_the_kind_whichever_element_has_it_and_without_one_the_element_does() {
    let of = |local: &str, root: &str| planned(local, root, "<code code='1'/>").kind;
    assert_eq!([of("observation", "4.39"), of("act", "4.44"), of("act", "4.20")], ["act", "observation", "instruction"]);
    assert_eq!(
        [of("act", "4.130"), of("act", "4.140"), of("act", "4.146"), of("act", "4.129")],
        ["nutrition", "referral", "intervention", "coverage"]
    );
    let plain = ["act", "encounter", "procedure", "substanceAdministration", "supply", "observation"].map(|local| of(local, "9.9"));
    assert_eq!(plain, ["act", "encounter", "procedure", "medication", "supply", "observation"]);
}

#[test]
fn plans_are_found_by_template_anywhere_and_by_place_in_each_section_of_plans() {
    let test = statement("observation", "RQO", "4.44", "<code code='1'/>");
    let intervention = statement("act", "INT", "4.146", &format!("<code code='2'/><entryRelationship>{test}</entryRelationship>"));
    let told: Vec<_> =
        rows("<code code='62387-6'/>", &intervention).iter().map(|row| (row.kind, row.entry.context, row.entry.parent_seq)).collect();
    assert_eq!(told, [("intervention", "interventions", None), ("observation", "interventions", Some(1))]);
    let plain = statement("act", "INT", "9.9", "<code code='1'/>");
    for (section, context) in [("18776-5", "plan_of_treatment"), ("51847-2", "assessment_and_plan"), ("59772-4", "planned_procedure")] {
        let told = rows(&format!("<code code='{section}'/>"), &plain);
        assert_eq!(told.iter().map(|row| row.entry.context).collect::<Vec<_>>(), [context]);
    }
    assert_eq!(kinds("<code code='42349-1'/>", &plain), [""; 0]);
    assert_eq!(kinds("<code code='42349-1'/>", &statement("act", "INT", "4.140", "<code code='1'/>")), ["referral"]);
}

#[test]
fn goals_what_has_happened_and_what_another_domain_tells_are_no_plans() {
    let none = |local: &str, mood: &str, root: &str| kinds(PLAN, &statement(local, mood, root, "<code code='1'/>")).is_empty();
    assert!(none("observation", "GOL", "4.44") && none("observation", "GOL", "4.121") && none("observation", "GOL", "9.9"));
    assert!(none("act", "EVN", "4.3") && none("act", "EVN", "4.141") && none("procedure", "INT", "4.14") && none("act", "INT", "4.122"));
    // With its own template it is one, whatever the mood.
    assert!(!none("observation", "EVN", "4.44"));
    let told = read(PLAN, &statement("observation", "INT", "4.281", "<code code='86645-9'/><value code='1'/>"));
    assert_eq!((told.plan_of_treatment.len(), told.social_history.len()), (0, 1));
    let told = read("<code code='29762-2'/>", &statement("observation", "INT", "4.44", "<code code='1'/>"));
    assert_eq!((told.plan_of_treatment.len(), told.social_history.len()), (1, 0));
    let given =
        "<consumable><manufacturedProduct><manufacturedMaterial><code code='1'/></manufacturedMaterial></manufacturedProduct></consumable>";
    let told = read(PLAN, &statement("substanceAdministration", "INT", "4.16", given));
    assert_eq!((told.plan_of_treatment.len(), told.medications.len()), (0, 1));
}

#[test]
fn a_bare_plan_is_told_by_what_it_refers_to_with_its_own_id() {
    let told = |id: &str, own: &str| {
        let visit = format!(
            "<encounter moodCode='EVN'><id root='1.2' extension='{id}'/><code code='1'/><effectiveTime value='20260613'/></encounter>"
        );
        let relation = format!("<entryRelationship typeCode='REFR'>{visit}</entryRelationship>");
        let item = planned("encounter", "4.40", &format!("<id root='1.2' extension='7'/>{own}{relation}"));
        (code(&item.entry.code).map(str::to_owned), item.planned_for.and_then(|time| time.iso), item.entry.assertion)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(told("7", ""), (some("1"), some("2026-06-13"), Assertion::Present));
    assert_eq!(told("8", ""), (None, None, Assertion::NoInformation));
    assert_eq!(told("7", "<code code='2'/>"), (some("2"), None, Assertion::Present));
}

#[test]
fn a_plan_needs_no_code_but_something_that_it_says() {
    let said = |attributes: &str, content: &str| {
        let template = "<templateId root='2.16.840.1.113883.10.20.22.4.40'/>";
        rows(PLAN, &format!("<encounter moodCode='INT' {attributes}>{template}{content}</encounter>")).remove(0).entry.assertion
    };
    let seen_by = "<performer><assignedEntity><assignedPerson><name>Albert Davis</name></assignedPerson></assignedEntity></performer>";
    let some = ["<code code='1'/>", "<text>In a year</text>", "<effectiveTime><low value='20260613'/></effectiveTime>", seen_by];
    assert_eq!(some.map(|content| said("", content)), [Assertion::Present; 4]);
    let none = ["", "<code nullFlavor='NI'/>", "<effectiveTime value='00010101'/>", "<statusCode code='active'/>"];
    assert_eq!(none.map(|content| said("", content)), [Assertion::NoInformation; 4]);
    assert_eq!([said("negationInd='true'", some[0]), said("negationInd='true'", none[1])], [Assertion::Absent, Assertion::NoInformation]);
}

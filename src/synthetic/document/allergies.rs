//! Allergies and Intolerances Section: a concern act around each observation, with reaction, severity and criticality; or the negated observation that
//! says that no allergies are known.

use super::{
    narrative::{self, Table},
    section::SectionKind,
    vocabulary::{
        Template, act_code, coded, coded_value, concern_code, entry, id, interval, part_id, related, related_inversely, status,
        text_reference,
    },
    xml::Element,
};
use crate::synthetic::{
    chart::{Allergy, Chart},
    code::{Code, loinc, snomed},
};

const SECTION: SectionKind = SectionKind {
    templates: &[Template("2.6", Some("2015-08-01")), Template("2.6.1", Some("2015-08-01"))],
    code: loinc("48765-2", "Allergies and adverse reactions Document"),
    title: "Allergies and Intolerances",
};

const CONCERN: Template = Template("4.30", Some("2015-08-01"));
const OBSERVATION: Template = Template("4.7", Some("2014-06-09"));
const REACTION: Template = Template("4.9", Some("2014-06-09"));
const SEVERITY: Template = Template("4.8", Some("2014-06-09"));
const CRITICALITY: Template = Template("4.145", None);

const CRITICALITY_CODE: Code = loinc("82606-5", "Allergy or intolerance criticality");
const TO_SUBSTANCE: Code = snomed("419199007", "Allergy to substance");

/// The list, or that there is nothing to list.
pub(super) fn section(chart: &Chart) -> Element {
    if chart.allergies.is_empty() {
        return no_known_allergies(chart);
    }
    let mut table = Table::new(&["Allergen", "Kind", "Reaction", "Severity", "Since"]);
    for (at, allergy) in chart.allergies.iter().enumerate() {
        let since = narrative::date(allergy.onset);
        let [allergen, kind] = [allergy.allergen.code, allergy.allergen.kind].map(|code| (None, code.display.to_owned()));
        let reaction = (Some(reaction_row(at)), allergy.reaction.display.to_owned());
        let severity = (None, allergy.severity.display.to_owned());
        table.row_of_cells([(Some(row_id(at)), allergen.1), kind, reaction, severity, (None, since)]);
    }
    SECTION.filled(table.into_text(), chart.allergies.iter().enumerate().map(|(at, allergy)| concern(at, allergy)))
}

fn row_id(at: usize) -> String {
    format!("allergy-{}", at + 1)
}

fn reaction_row(at: usize) -> String {
    format!("reaction-{}", at + 1)
}

fn concern(at: usize, allergy: &Allergy) -> Element {
    concern_act(id(&allergy.concern_id), interval(allergy.onset, None), observation(at, allergy))
}

fn concern_act(id: Element, time: Element, observation: Element) -> Element {
    let act = entry("act", "ACT", "EVN", CONCERN).child(id).child(concern_code()).child(status("active"));
    act.child(time).child(related("SUBJ", observation))
}

fn observation(at: usize, allergy: &Allergy) -> Element {
    entry("observation", "OBS", "EVN", OBSERVATION)
        .child(id(&allergy.id))
        .child(act_code("ASSERTION"))
        .child(text_reference(&row_id(at)))
        .child(status("completed"))
        .child(interval(allergy.onset, None))
        .child(coded_value(allergy.allergen.kind))
        .child(participant(coded("code", allergy.allergen.code)))
        .child(related_inversely("MFST", reaction(at, allergy)))
        .child(related_inversely("SUBJ", criticality(allergy)))
}

fn participant(code: Element) -> Element {
    let entity = Element::new("playingEntity").with("classCode", "MMAT").child(code);
    let role = Element::new("participantRole").with("classCode", "MANU").child(entity);
    Element::new("participant").with("typeCode", "CSM").child(role)
}

fn reaction(at: usize, allergy: &Allergy) -> Element {
    let severity =
        entry("observation", "OBS", "EVN", SEVERITY).child(act_code("SEV")).child(status("completed")).child(coded_value(allergy.severity));
    entry("observation", "OBS", "EVN", REACTION)
        .child(id(&allergy.reaction_id))
        .child(act_code("ASSERTION"))
        .child(text_reference(&reaction_row(at)))
        .child(status("completed"))
        .child(coded_value(allergy.reaction))
        .child(related_inversely("SUBJ", severity))
}

fn criticality(allergy: &Allergy) -> Element {
    entry("observation", "OBS", "EVN", CRITICALITY)
        .child(coded("code", CRITICALITY_CODE))
        .child(status("completed"))
        .child(coded_value(allergy.criticality))
}

/// The observation of an allergy to something, negated, with an allergen that does not apply.
fn no_known_allergies(chart: &Chart) -> Element {
    let since = || interval(chart.last_written().date_naive(), None);
    let part = |part: &str| part_id(&chart.practice.mrn_root, format!("{}-{part}", chart.person.mrn));
    let observation = entry("observation", "OBS", "EVN", OBSERVATION)
        .with("negationInd", "true")
        .child(part("no-known-allergies"))
        .child(act_code("ASSERTION"))
        .child(text_reference("no-known-allergies"))
        .child(status("completed"))
        .child(since())
        .child(coded_value(TO_SUBSTANCE))
        .child(participant(Element::new("code").with("nullFlavor", "NA")));
    let act = concern_act(part("allergies-concern"), since(), observation);
    SECTION.filled(narrative::sentence("no-known-allergies", "No known allergies"), [act])
}

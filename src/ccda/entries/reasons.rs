//! Why something was done, or why it was not.

use super::{related, template};
use crate::{
    ccda::{element::Element, narratives::Narratives, values},
    domain::clinical::{
        Coded,
        code_system::{ICD_10_CM, SNOMED_CT},
    },
};

const INDICATION: &str = template!("4.19");
const ENCOUNTER_DIAGNOSIS: &str = template!("4.80");
/// Why it was not given; why it was done or not (of quality reporting).
const OF_NOT_DOING: [&str; 2] = [template!("4.53"), "2.16.840.1.113883.10.20.24.3.88"];

const PREFERRED: [&str; 2] = [SNOMED_CT, ICD_10_CM];

/// Why it was done: each indication (2.16.840.1.113883.10.20.22.4.19) and whatever is related as a reason.
pub(super) fn indications(element: Element, narratives: &mut Narratives) -> Vec<Coded> {
    let reasons = observations(element).into_iter().map(|observation| read(observation, narratives));
    reasons.filter(Coded::says_something).collect()
}

/// Why it was not done: the first reason, before all others one that is meant for this.
pub(super) fn of_not_doing(element: Element, narratives: &mut Narratives) -> Coded {
    let reasons = observations(element);
    let is_meant = |reason: &&Element| OF_NOT_DOING.iter().any(|root| reason.has_template(root));
    let reason = reasons.iter().find(is_meant).or_else(|| reasons.first());
    reason.map(|reason| read(*reason, narratives)).unwrap_or_default()
}

/// The observations that are reasons, and those that an act holds which is one. The diagnoses of an encounter are related as reasons by some.
fn observations<'s, 'a>(element: Element<'s, 'a>) -> Vec<Element<'s, 'a>> {
    let is_reason = |(kind, related): &(Option<&str>, Element)| {
        let by_template = || [INDICATION].iter().chain(&OF_NOT_DOING).any(|root| related.has_template(root));
        (*kind == Some("RSON") || by_template()) && !related.has_template(ENCOUNTER_DIAGNOSIS)
    };
    let mut found = Vec::new();
    for (_, reason) in related(element).filter(is_reason) {
        if reason.is("act") {
            found.extend(related(reason).map(|(_, within)| within).filter(|within| within.is("observation")));
        } else {
            found.push(reason);
        }
    }
    found
}

/// The reason stands in the value; before R3 that of not doing stands in the code.
fn read(observation: Element, narratives: &mut Narratives) -> Coded {
    let mut of = |name| observation.child(name).map(|element| values::coded(element, &PREFERRED, narratives));
    of("value").filter(Coded::says_something).or_else(|| of("code")).unwrap_or_default()
}

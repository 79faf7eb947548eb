//! Acts that a header tells of: which document this one replaces, which care and which visit it is about, whose order it fulfils, what was consented to.

use super::super::{
    data_types::{code, id, interval},
    located::Located,
};
use super::{capped::Capped, parts::ids_of};
use crate::domain::clinical::header::{ActKind, HeaderAct};

pub(super) fn holds(local: &str) -> bool {
    kind(local).is_some()
}

/// The act that a part of the header holds, and the element that it is.
fn kind(local: &str) -> Option<(ActKind, &'static str)> {
    Some(match local {
        "relatedDocument" => (ActKind::RelatedDocument, "parentDocument"),
        "documentationOf" => (ActKind::ServiceEvent, "serviceEvent"),
        "componentOf" => (ActKind::EncompassingEncounter, "encompassingEncounter"),
        "inFulfillmentOf" => (ActKind::Order, "order"),
        "authorization" => (ActKind::Consent, "consent"),
        _ => return None,
    })
}

#[derive(Default)]
pub(super) struct Acts(pub Capped<HeaderAct>);

impl Acts {
    pub fn take(&mut self, part: &Located) {
        let Some((kind, name)) = kind(part.element.local()) else { return };
        for act in part.children(name) {
            let element = act.element;
            let typed = if kind == ActKind::RelatedDocument { part.element.attribute("typeCode") } else { element.attribute("classCode") };
            self.0.add(&act.path, |seq| HeaderAct {
                seq,
                path: act.path.clone(),
                kind,
                type_code: typed.map(str::to_owned),
                ids: ids_of(Some(element)),
                set_id: element.at("setId").map(id).unwrap_or_default(),
                code: code(element.at("code")),
                status: element.at("statusCode").and_then(|status| status.attribute("code")).map(str::to_lowercase),
                period: interval(element.at("effectiveTime")),
            });
        }
    }
}

//! An act that a header tells of.

use super::super::{Code, InstanceId, Interval};

/// One of them, in the document's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderAct {
    pub seq: u32,
    pub path: String,
    pub kind: ActKind,
    /// Of a related document how (RPLC, APND, XFRM), of another act its class (PCPR).
    pub type_code: Option<String>,
    /// All of them; the first that says something is the act's.
    pub ids: Vec<InstanceId>,
    /// Of a related document.
    pub set_id: InstanceId,
    pub code: Code,
    /// In lower case.
    pub status: Option<String>,
    pub period: Interval,
}

crate::domain::words! {
    /// What sort of an act it is.
    pub enum ActKind {
        /// `relatedDocument/parentDocument`
        RelatedDocument = "related_document",
        /// `documentationOf/serviceEvent`
        ServiceEvent = "service_event",
        /// `componentOf/encompassingEncounter`
        EncompassingEncounter = "encompassing_encounter",
        /// `inFulfillmentOf/order`
        Order = "order",
        /// `authorization/consent`
        Consent = "consent",
    }
}
